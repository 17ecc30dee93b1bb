"""The params of a run as its items get them."""

from pathlib import Path
from typing import Any

import pytest

from jobs.runtime.home import literal_secrets
from jobs.runtime.job import params
from jobs.runtime.worker import run_params
from tests.support.probe import define

HEAD = """
import base64
from pydantic import AfterValidator, BaseModel, Json, SecretStr
class Account(BaseModel):
    user: str = 'somebody'
    word: SecretStr = SecretStr('')
def decoded(text):
    return base64.b64decode(text).decode()
"""


@pytest.mark.parametrize(
    ("annotation", "given"),
    [
        ("SecretStr", "hush-hush"),
        ("Json[Account]", '{"user": "somebody", "word": "hush-hush"}'),
        ("Json[list[Account]]", '[{"word": "hush-hush"}]'),
        ("Annotated[str, AfterValidator(decoded), Field(json_schema_extra={'secret': True})]", "aHVzaC1odXNo"),
        ("Annotated[SecretStr, AfterValidator(lambda s: SecretStr(decoded(s.get_secret_value())))]", "aHVzaC1odXNo"),
    ],
)
def test_what_is_read_from_a_secret_is_one(tmp_path: Path, annotation: str, given: Any) -> None:
    default = "'e30='" if "Json" not in annotation else "'[]'" if "list" in annotation else "'{}'"
    job = define(f"{HEAD}\n@job(bound='cpu')\ndef probe(n: int, *, p: {annotation} = {default}) -> int: return n")
    shown, hidden = params.conceal(job, params.validate_params(job, {"p": given}))
    literal_secrets.keep(tmp_path, "0" * 32, hidden)

    _, blotter = run_params.read(job, tmp_path, "0" * 32, shown)

    assert blotter.text("hush-hush of somebody") == "(hidden) of somebody"
