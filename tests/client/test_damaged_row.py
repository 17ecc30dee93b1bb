"""A row that is damaged in the store: what reads it says which, and other runs are whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.cli import main
from tests.support.stage import Stage


@pytest.mark.parametrize("verb", ["export", "compare"])
def test_a_row_that_is_damaged_is_named(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    first, second = (stage.run(["5", "6"], [{"digits": 1}, {"digits": 2}]) for _ in range(2))
    with stage.store.write() as db:
        db.execute("UPDATE outcomes SET row = '{' WHERE run = 2 AND position = 2")
    more = ["--out", str(tmp_path / "table.csv")] if verb == "export" else [first.id]

    assert main.main([verb, second.id, *more]) != 0
    said = capsys.readouterr().err

    assert "what is stored of the row of item 2 is damaged" in said
    assert "Traceback" not in said
    assert main.main(["export", first.id, "--out", str(tmp_path / "other.csv")]) == 0
    assert {run.id for run in client.runs()} == {first.id, second.id}
