"""Jobs of a few lines, defined from their source as a module would define them."""

from types import ModuleType

from jobs.runtime.job import params
from jobs.runtime.job.definition import Job, read_job

HEAD = """
import enum, typing, numpy
from typing import Annotated, Any, Literal, NotRequired, Optional
from pydantic import Field
from typing_extensions import TypedDict
from jobs import Artifact, Files, ItemError, Kind, Pace, Sample, TryLater, URL, Url, job
"""


def define(source: str, name: str = "probe") -> Job:
    """The job of a module with this source."""
    module = ModuleType(f"jobs.{name}", "A probe.\n\nIt tells nothing.")
    exec(HEAD + source, vars(module))
    found = read_job(name, module)
    params.form_fields(found)
    return found


def define_params(signature: str) -> Job:
    return define(f'@job(bound="cpu")\ndef probe(n: int, *, {signature}) -> int: return n')
