"""Every format that is written can be read: the same columns, and the same items."""

from __future__ import annotations

import io

import pytest

from jobs.runtime import exports, inputs
from jobs.runtime.exports.export import FORMATS
from tests.exports.conftest import Found, rows_of, run_of
from tests.inputs.conftest import job_of

URLS = job_of("url: Url")


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_what_is_written_is_read_back(format: str, mixed: Found) -> None:
    run, stream = run_of(len(mixed)), io.BytesIO()
    options = {"raw": True} if format == "csv" else {}
    exports.export(run, rows_of(mixed), stream, format=format, **options)  # type: ignore[arg-type]
    found = inputs.read(stream.getvalue(), name=f"table.{format}", job=URLS, column="url")
    place = found.columns.index("note")

    assert found.columns[:3] == ("id", "url", "note")
    assert [item.cell for item in found.items_iter()] == [item.cell for _, item, _ in mixed]
    assert [item.others[place - 1] for item in found.items_iter()] == [item.others[1] for _, item, _ in mixed]
