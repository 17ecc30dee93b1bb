"""The reader: a process that reads one file for one job, within limits, writes what it found, and ends.

`python -m jobs.runtime.reader.main`: standard input is the request, a line of JSON, and after it the file unless the
request names a path; the spool is standard output.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from jobs.runtime import catalog, inputs
from jobs.runtime.core import process_limits
from jobs.runtime.core.errors import FanoutError, Refused
from jobs.runtime.reader import sitemap_index, spool

OUT_OF_MEMORY = 71
SPOOL_FULL = 72
"""Exit codes that say what a reader met."""


def main() -> int:
    """Read what the request asks for."""
    request = json.loads(sys.stdin.buffer.readline())
    stream = _spool()
    if request["parent"]:
        process_limits.follow_parent(request["parent"])
    job = catalog.load(request["job"])
    if request["params"]:
        from jobs.runtime.job.params import typed_without_secrets  # pydantic costs 190 ms

        job = job.with_params(typed_without_secrets(job, request["params"]))
    _limit(request)
    try:
        _read(stream, request, job)
        stream.close()
    except MemoryError:
        return OUT_OF_MEMORY
    except OSError as error:
        print(error, file=sys.stderr)
        return SPOOL_FULL
    return 0


def _spool() -> IO[bytes]:
    """Standard output, taken away from whatever a job prints."""
    stream = os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    os.dup2(2, 1)
    return stream


def _read(stream: IO[bytes], request: Mapping[str, Any], job: Any) -> None:
    if request["folder"]:
        os.chdir(request["folder"])  # a path is as it was given
    source = Path(request["path"]) if request["path"] else sys.stdin.buffer.read()
    try:
        if request["sitemaps"]:
            _read_sitemaps(stream, request, job, source)
            return
        found = inputs.read(
            source,
            name=request["name"],
            job=job,
            column=request["column"],
            sheet=request["sheet"],
            options=inputs.ReadOptions(**request["options"]),
            binding=request["binding"],
        )
    except FanoutError as error:
        spool.write_refusal(stream, error if isinstance(error, Refused) else Refused(str(error)))
        return
    spool.write_report(stream, found)
    spool.write_items(stream, found.items_iter())


def _read_sitemaps(stream: IO[bytes], request: Mapping[str, Any], job: Any, source: bytes | Path) -> None:
    """The same of the entries of all sitemaps that an index names."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", errors="replace", suffix=".xml") as joined:
        note = sitemap_index.join_sitemaps(source, request["name"], job.mark.fetch, joined)
        joined.flush()
        found = inputs.read(
            Path(joined.name),
            name=request["name"].removesuffix(".gz"),
            job=job,
            column=request["column"],
            binding=request["binding"],
        )
        found = replace(found, notes=(note, *found.notes))
        spool.write_report(stream, found)
        spool.write_items(stream, found.items_iter())


def _limit(request: Mapping[str, Any]) -> None:
    """No more memory, processor time and output than the request allows; where the system has no such limits, none."""
    if request["memory"]:
        process_limits.limit_memory(request["memory"])
    process_limits.limit_use(cpu=request["cpu"], output=request["output"])


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # whatever threads the job's module has begun
