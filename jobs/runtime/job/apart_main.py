"""The process that computes for `apart`: limits first, then the function, then it ends.

`python -m jobs.runtime.job.apart_main`: standard input is the request, a line of JSON, and after it the bytes; what the
function returns is standard output.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

from jobs.runtime.core import people, process_limits
from jobs.runtime.core.errors import ItemError

FAILED = 70
OUT_OF_MEMORY = 71
"""Exit codes: the function raised an ItemError, which is the output; or MemoryError."""


def main() -> int:
    """Compute what the request asks for."""
    request = json.loads(sys.stdin.buffer.readline())
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the function prints is no answer
    if request["parent"]:
        process_limits.follow_parent(request["parent"])
    person = people.of_owner(request["owner"])
    people.otherwise(lambda: person)
    function = getattr(importlib.import_module(request["module"]), request["name"])
    octets = sys.stdin.buffer.read()
    process_limits.limit_memory(request["memory"])
    process_limits.limit_use(cpu=request["cpu"], output=None)
    try:
        answer, code = function(octets), 0
    except ItemError as error:
        told = {"code": error.code, "message": error.message, "detail": error.detail}
        answer, code = json.dumps(told).encode(), FAILED
    except MemoryError:
        return OUT_OF_MEMORY
    with out:
        out.write(answer)
    return code


if __name__ == "__main__":
    sys.exit(main())
