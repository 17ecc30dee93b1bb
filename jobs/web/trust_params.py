"""The params of a job that say whom TLS trusts, looked at before a run starts."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

_GROUP = "Certificates"
"""Their group of the form."""


def check_ca(path: str) -> str:
    """The same path, made absolute. Raises ValueError with a sentence where no certificates can be read from it."""
    if not path.strip():
        return ""
    from jobs.web.trust import check_ca_file  # requests costs 270 ms: only where there is a file

    return check_ca_file(path)


CaFile = Annotated[
    str,
    Field(
        title="Authorities of your own, a PEM file",
        description="a file of certificates (PEM) of authorities that are trusted beside the usual ones",
        json_schema_extra={"group": _GROUP},
    ),
    AfterValidator(check_ca),
]

Insecure = Annotated[
    bool,
    Field(
        title="Do not verify certificates",
        description="do not verify certificates: for your own test sites only",
        json_schema_extra={"group": _GROUP},
    ),
]
