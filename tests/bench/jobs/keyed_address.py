"""Take a URL and do nothing with it, once for all that are equal."""

from jobs import Url, job
from jobs.web import urls


@job(bound="io", key=urls.key)
def keyed_address(url: Url) -> str:
    return url[-3:]
