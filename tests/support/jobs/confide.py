"""Say what the item says with a secret: how it leaks, through every way out that an item has."""

import logging
import os
import signal
import sys
import threading
import warnings
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr
from typing_extensions import TypedDict

from jobs import ItemError, TryLater, attempt, job, pace, progress, secret


class Told(TypedDict, total=False):
    said: Annotated[str, Field(description="what was said")]
    anything: Annotated[Any, Field(description="whatever was returned")]


def in_parts(value: str) -> None:
    sys.stdout.buffer.write(f"bytes {value}\nparts ".encode())
    for letter in value:
        print(letter, end="")


def long(text: str) -> str:
    if len(text) < 5:
        raise ValueError(f"{text} is too short")
    return text


NO_TOKEN = SecretStr("")


@job(bound="io", codes={"known": "it was foreseen"})
def confide(
    text: str,
    *,
    token: SecretStr = NO_TOKEN,
    greeting: Annotated[tuple[str, ...], Field(json_schema_extra={"secret": True})] = (),
    checked: Annotated[str, Field(json_schema_extra={"secret": True}), AfterValidator(long)] = "12345",
    pin: Annotated[int, Field(json_schema_extra={"secret": True})] = 0,
    template: str = "",
) -> Told:
    value = token.get_secret_value() or "".join(greeting) or template
    if text == "length":
        return {"anything": [type(token).__name__, len(value), pin]}
    if text == "row":
        return {"said": f"<{value}>", "anything": {value: [value, {"deep": value}], "n": 1}}
    if text == "bug":
        raise ValueError(f"no {value} here" + " " * 1_990 + value)
    if text == "note":
        error = ValueError("plain")
        error.add_note(value)
        raise error
    if text == "known":
        raise ItemError("known", f"no {value}", row={"said": value}, detail=value)
    if text == "later" and attempt() == 1:
        pace(why=value, error=True)
        raise TryLater(0, "known", f"later {value}", detail=value)
    if text == "print":
        print("out", value)
        print("err", value, file=sys.stderr)
        logging.warning("log %s", value)
        warnings.warn(f"warned {value}", stacklevel=1)
        in_parts(value)
        threading.Thread(target=lambda: 1 / 0 if value else None, name=value).start()
    if text == "print and die":
        print("out", value)
        in_parts(value)
        os.kill(os.getpid(), signal.SIGKILL)
    if text == "own":
        return {"said": secret("OWN")}
    progress(0.5, value)
    return {"said": "nothing"}
