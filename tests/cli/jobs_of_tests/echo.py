"""Say a text again, or fail with it."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from jobs import Artifact, ItemError, job


class Said(TypedDict, total=False):
    said: Annotated[str, Field(description="the text")]
    length: int
    file: Artifact


@job(bound="io", codes={"refused": "the text begins with bad", "later": "never"})
def echo(
    text: str,
    *,
    times: Annotated[int, Field(ge=1, le=9, description="how often")] = 1,
    voice: Annotated[Literal["quiet", "loud"], Field(description="how it is said")] = "quiet",
    add_dots: Annotated[bool, Field(description="dots at the end")] = False,
    words: Annotated[list[str], Field(description="words before it")] = [],  # noqa: B006
    keep: Annotated[bool, Field(description="an artifact too")] = False,
) -> Said:
    """Say it."""
    print(f"about to say\n{text}")
    if text.startswith("bad"):
        raise ItemError("refused", f"{text} is refused")
    said = " ".join([*words, *[text.upper() if voice == "loud" else text] * times]) + ("…" if add_dots else "")
    row = Said(said=said, length=len(said))
    if keep:
        row["file"] = Artifact(f"{text}.txt", said)
    return row
