"""The jobs there are: each a Job, or broken with the sentence why.

discovery       the package and JOBS_PATH, walked; a job by its name
job_files       which files could be jobs, and which cannot
import_guard    what a job does at its import (prints, Ctrl-C, settings of the process) is kept from everybody else
code_hash       a name for the code as it stands: all that the runner asks, so that the others are loaded when asked
"""

from typing import TYPE_CHECKING, Any

from jobs.runtime.catalog.code_hash import code_hash

if TYPE_CHECKING:
    from jobs.runtime.catalog.discovery import Broken, Catalog, extend_path, find, find_job, load
    from jobs.runtime.catalog.job_files import NOT_JOBS

__all__ = ["NOT_JOBS", "Broken", "Catalog", "code_hash", "extend_path", "find", "find_job", "load"]


def __getattr__(name: str) -> Any:
    """What is here is read when the first of it is asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from jobs.runtime.catalog import discovery

    return getattr(discovery, name)
