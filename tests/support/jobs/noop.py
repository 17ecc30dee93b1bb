"""Do nothing, as quickly as it can be done."""

from jobs import job


@job(bound="io")
def noop(text: str) -> str:
    return text
