"""Jobs whose items are URLs, numbers and texts, read from source as any job is."""

from __future__ import annotations

import types

import pytest

from jobs.runtime.job.definition import Job, read_job

SOURCE = """
from typing import Annotated
from pydantic import Field
from jobs import Url, job

@job(bound="io"{hooks})
def perform({item}) -> int:
    return 1
"""


def job_of(item: str, hooks: str = "") -> Job:
    """A job with this first parameter, as in `url: Url`."""
    module = types.ModuleType("jobs.of_a_test")
    exec(compile(SOURCE.format(item=item, hooks=hooks), "of_a_test", "exec"), module.__dict__)
    return read_job("of_a_test", module)


@pytest.fixture(scope="session")
def urls() -> Job:
    return job_of("url: Url")


@pytest.fixture(scope="session")
def numbers() -> Job:
    return job_of("n: int")


@pytest.fixture(scope="session")
def texts() -> Job:
    return job_of("text: str")
