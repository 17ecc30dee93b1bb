"""Work on the command line, and be broken in a worker."""

import sys

from jobs import job

if "click" not in sys.modules:
    raise RuntimeError("this job cannot be loaded here")


@job(bound="io")
def lame(text: str) -> str:
    """Never called."""
    return text
