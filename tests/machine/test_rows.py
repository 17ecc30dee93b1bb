"""What a job may return in a column of any type."""

from __future__ import annotations

import json
from typing import Any

import numpy
import pytest

from jobs.runtime.records import Column
from jobs.runtime.rows import encode_row


@pytest.mark.parametrize(
    ("returned", "stored"),
    [
        (numpy.bool_(True), True),
        ([numpy.bool_(False), numpy.int64(3), numpy.float32(1.5)], [False, 3, 1.5]),
        (numpy.float64("nan"), None),
        ({1: (2, {"deep": 2**63})}, {"1": [2, {"deep": "9223372036854775808"}]}),
    ],
)
def test_values_of_numpy_and_python_are_stored_as_plain_ones(returned: Any, stored: Any) -> None:
    columns = (Column(name="any", type="json"),)

    _, row = encode_row(columns, {"any": returned}, scalar=False, keep=lambda *_: "")

    assert json.loads(row) == {"any": stored}
