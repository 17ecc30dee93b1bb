"""One row in, one row out, whatever happens to the item; over every kind of pool."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.runtime import client, inputs
from jobs.runtime.store import outcomes, runs
from jobs.runtime.store.connection import Store
from jobs.runtime.store.outcomes import OutcomeRow
from tests.support.machine import Machine, until

POOLS = [(1, 1), (1, 8), (2, 1), (2, 4)]


@pytest.mark.parametrize("pool", POOLS, ids=["sequential", "threads", "processes", "both"])
def test_each_item_gets_its_own_outcome_in_every_pool(machine: Machine, pool: tuple[int, int]) -> None:
    cells = ["ok", "fail", "bug", "leave_python", "return set", "return object", "return column", "return list"]
    cells += ["return deep", "return surrogate", "return huge", "return code", "return file", "later 0.05", "", "heed"]

    found = machine.perform(cells, pool=pool, deadline=3.0)

    assert [(outcome.state.value, outcome.code) for outcome in found] == [
        ("ok", ""),
        ("failed", "foreseen"),
        ("failed", "bug"),
        ("failed", "bug"),
        ("failed", "unencodable"),
        ("failed", "unencodable"),
        ("failed", "unencodable"),
        ("failed", "unencodable"),
        ("failed", "unencodable"),
        ("ok", ""),
        ("ok", "row_cut"),
        ("ok", "noted"),
        ("ok", ""),
        ("ok", ""),
        ("failed", "invalid_item"),
        ("failed", "too_slow"),
    ]


def test_an_outcome_says_what_happened_when_and_where(machine: Machine) -> None:
    ok, failed, bug = machine.perform(["sleep 0.2", "fail", "bug"], params={"prefix": "> "})

    assert ok.row == {"said": "> sleep 0.2", "number": 1, "anything": None}
    assert ok.seconds is not None
    assert 0.2 <= ok.seconds < 5
    assert ok.cpu_seconds is not None
    assert ok.cpu_seconds < ok.seconds
    assert ok.worker
    assert ok.slot
    assert ok.started_at
    assert ok.waited_seconds is not None
    assert (failed.error, failed.detail, failed.row) == ("this was foreseen", "raw words", {"said": "partly"})
    assert bug.error == "RuntimeError: not foreseen"
    assert "act.py" in bug.detail


def test_text_is_stored_without_control_characters_and_surrogates(machine: Machine) -> None:
    (outcome,) = machine.perform(["return surrogate"])

    assert outcome.row == {"said": "a\ufffdbc"}


def test_try_later_counts_as_attempts_and_becomes_the_failure(machine: Machine) -> None:
    run = machine.finish(machine.submit(["later 0.05 1", "later 0.05 9"], attempts=2))
    good, bad = machine.outcomes(run)

    assert (good.state.value, good.attempts) == ("ok", 2)
    assert (bad.state.value, bad.code, bad.error, bad.attempts) == ("failed", "busy", "it is busy now", 2)
    assert [(attempt.position, attempt.kind, attempt.code) for attempt in client.attempts(run.id)] == [
        (1, "later", "busy"),
        (2, "later", "busy"),
    ]


def test_an_item_that_moves_to_another_group_takes_what_it_carries_and_no_attempt(machine: Machine) -> None:
    (outcome,) = machine.perform(["move elsewhere@here"])

    assert (outcome.state.value, outcome.attempts) == ("ok", 1)


def test_equal_keys_are_performed_once_and_copied(machine: Machine) -> None:
    run = machine.finish(machine.submit(["ab", "b", "AB", "9", "Ab", "9"], "keyed"))
    found = machine.outcomes(run)

    assert [outcome.code for outcome in found] == ["", "", "duplicate", "over_budget", "duplicate", "over_budget"]
    assert [outcome.duplicate_of for outcome in found] == [None, None, 1, None, 1, None]
    assert found[2].row == found[0].row
    assert (run.ok, run.failed) == (4, 2)


def test_the_dearest_items_start_first_and_results_keep_the_input_order(machine: Machine) -> None:
    found = machine.perform(["1", "333", "22", "4444"], "keyed", pool=(1, 1))

    starts = [outcome.started_at or 0 for outcome in found]
    assert [outcome.row["text"] for outcome in found if outcome.row] == ["1", "333", "22", "4444"]
    assert sorted(range(4), key=lambda index: starts[index]) == [3, 1, 2, 0]


def test_an_artifact_is_a_whole_file_under_a_safe_name(machine: Machine) -> None:
    run = machine.finish(machine.submit(["return file"]))
    (outcome,) = machine.outcomes(run)

    assert outcome.row is not None
    path = client.artifact(run.id, outcome.row["file"])
    assert path.read_bytes() == b"abcabcabc"
    assert path.is_relative_to(machine.home / "artifacts" / run.id)
    assert sorted(path.name for path in path.parent.iterdir()) == [path.name]


def test_files_of_one_row_are_kept_apart_when_their_names_are_equal(machine: Machine, tmp_path, monkeypatch) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "twin.py").write_text(
        '"""Two files a row."""\nfrom typing import TypedDict\nfrom jobs import Artifact, job\n'
        "class Row(TypedDict):\n    left: Artifact\n    right: Artifact\n"
        '@job(bound="io")\ndef twin(text: str) -> Row:\n'
        '    return {"left": Artifact("a.txt", [b"left"]), "right": Artifact("a.txt", [b"right"])}\n'
    )
    monkeypatch.setenv("JOBS_PATH", str(tmp_path / "jobs"))

    run = machine.finish(machine.submit(["x"], "twin"))
    (outcome,) = machine.outcomes(run)

    assert outcome.row is not None
    assert client.artifact(run.id, outcome.row["left"]).read_bytes() == b"left"
    assert client.artifact(run.id, outcome.row["right"]).read_bytes() == b"right"


def test_files_of_attempts_that_did_not_count_are_swept(machine: Machine) -> None:
    run = machine.finish(machine.submit(["return file", "kept_later", "kept_badly"]))
    ok, later, badly = machine.outcomes(run)

    assert (ok.code, later.attempts, badly.code) == ("", 2, "unencodable")
    folder = machine.home / "artifacts" / run.id
    until(lambda: [path.name for path in folder.iterdir()] == [Path(str((ok.row or {})["file"])).name])


def test_progress_shows_what_is_in_progress(machine: Machine) -> None:
    from tests.support.machine import until

    run = machine.submit(["report 0.5 3"], pool=(1, 1))
    until(lambda: any(doing.phase for doing in client.progress(run.id).doing))
    (doing,) = client.progress(run.id).doing

    assert (doing.position, doing.slot, doing.share, doing.phase) == (1, 1, 0.5, "half way")
    client.cancel(run.id)


def test_a_broken_job_ends_the_run_with_the_reason(machine: Machine, tmp_path, monkeypatch) -> None:
    (tmp_path / "jobs").mkdir()
    source = tmp_path / "jobs" / "fragile.py"
    source.write_text(
        '"""Breaks in the worker."""\nfrom jobs import job\n@job(bound="io")\n'
        "def fragile(text: str) -> str: return text\n"
    )
    monkeypatch.setenv("JOBS_PATH", str(tmp_path / "jobs"))
    client.catalog()
    source.write_text(
        source.read_text() + "\nimport os\nif os.getppid() and 'spawn' in str(__import__('sys').argv): pass\n"
        "import multiprocessing\nif multiprocessing.parent_process(): raise ImportError('no such thing')\n"
    )

    run = machine.finish(machine.submit(["x"], "fragile"))

    assert run.state == "failed"
    assert "no such thing" in run.error


def test_what_a_job_loads_is_ready_before_the_first_item(machine: Machine, tmp_path, monkeypatch) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "heavy.py").write_text(
        '"""Loads much."""\nimport threading\nfrom jobs import job\nloaded = []\n'
        "def ready() -> None: loaded.append(threading.current_thread().name)\n"
        '@job(bound="io", ready=ready)\ndef heavy(text: str) -> str: return " ".join(loaded)\n'
    )
    monkeypatch.setenv("JOBS_PATH", str(tmp_path / "jobs"))

    run = machine.finish(machine.submit(["a", "b", "c"], "heavy", pool=(1, 2)))

    assert [outcome.row for outcome in machine.outcomes(run)] == [{"result": "MainThread"}] * 3


def test_the_reason_says_that_loading_failed_where_the_import_did_not(machine: Machine, tmp_path, monkeypatch) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "heavy.py").write_text(
        '"""Loads what is gone."""\nfrom jobs import job\n'
        "def ready() -> None: raise OSError('no model file')\n"
        '@job(bound="io", ready=ready)\ndef heavy(text: str) -> str: return text\n'
    )
    monkeypatch.setenv("JOBS_PATH", str(tmp_path / "jobs"))

    run = machine.finish(machine.submit(["a"], "heavy"))

    assert run.error == "what heavy loads in each worker (ready) raised OSError: no model file"


def test_a_snapshot_stays_as_it_was_whatever_happens_meanwhile(machine: Machine) -> None:
    run = machine.submit_only(["ok", "ok"])
    late = OutcomeRow(position=2, state="ok", code="", error="", detail="", row="{}", attempts=1)

    with client.snapshot(run.id) as (then, rows):
        with Store(machine.home).write() as db:
            outcomes.add(db, runs.find(db, run.id).number, [late], duplicates=False)
        found = [outcome for window in rows(1, 2) for _, _, outcome in window]

    assert (then.ok, found) == (0, [None, None])
    assert (client.run(run.id).ok, client.rows(run.id, 2, 2)[0][2] is None) == (1, False)


def test_items_whose_key_is_none_are_no_duplicates_and_a_key_that_fails_is_its_items_failure(machine: Machine) -> None:
    report = inputs.read_items(["alone 1", "alone 2", "keyless", "a", "A"], job=client.catalog().job("keyed"))
    found = machine.perform(["alone 1", "alone 2", "keyless", "a", "A"], "keyed")

    assert report.duplicates == 1
    assert [outcome.code for outcome in found] == ["", "", "bug", "", "duplicate"]
    assert [(outcome.row or {}).get("text") for outcome in found] == ["alone 1", "alone 2", None, "a", "a"]
