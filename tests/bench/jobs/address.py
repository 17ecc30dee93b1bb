"""Take a URL and do nothing with it."""

from jobs import Url, job


@job(bound="io")
def address(url: Url) -> str:
    return url[-3:]
