"""What of a row counts as changed from one run to the next."""

from __future__ import annotations

from jobs.runtime import catalog
from jobs.runtime.core.row_changes import never_compared


def test_of_a_page_its_times_files_and_how_it_was_asked_for_are_not_compared() -> None:
    columns = catalog.load("scrape").columns({"columns": "everything", "save_pages": True})

    left_out = [column.name for column in columns if never_compared(column)]

    assert [name for name in left_out if not name.endswith("_seconds")] == ["fetch_notes", "page_warc"]
    assert {"status", "title", "text_hash", "reading_notes"}.isdisjoint(left_out)
