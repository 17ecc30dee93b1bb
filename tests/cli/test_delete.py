"""Many runs deleted at once, by their age, in a home of this module's own."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Terminal


def run_one(fanout) -> str:
    """A run that has ended."""
    return fanout("run", "echo", "--item", "a", "--json").json["id"]


def test_delete_of_old_runs_counts_and_asks(fanout) -> None:
    run = run_one(fanout)
    number = len(fanout("runs", "--json").json)
    some = "1 run" if number == 1 else f"{number} runs"

    asked = fanout("delete", "--older-than", "0s", "--job", "echo")
    kept = fanout("show", run)
    gone = fanout("delete", "--older-than", "0s", "--job", "echo", "--yes")

    assert (asked.code, kept.code) == (2, 0)
    assert f"{some} would be" in asked.err
    assert (gone.code, gone.out.startswith(f"{some} deleted")) == (0, True)
    assert fanout("show", run).code == 2


@pytest.mark.parametrize(("said", "code"), [("n\n", 2), ("\n", 2), ("y\n", 0)])
def test_a_person_at_the_terminal_is_asked_with_the_count(
    fanout, monkeypatch: pytest.MonkeyPatch, said: str, code: int
) -> None:
    run = run_one(fanout)
    number = len([one for one in fanout("runs", "--json").json if one["job"] == "echo"])
    monkeypatch.setattr("sys.stdin", Terminal(said))

    done = fanout("delete", "--older-than", "0s", "--job", "echo")

    some = "1 run with 1 item" if number == 1 else f"{number} runs with {number} items"
    assert f"This deletes {some}. Go on? [y/N]" in done.err
    assert (done.code, fanout("show", run).code) == (code, 2 if code == 0 else 0)


@pytest.mark.parametrize("words", [["--older-than", "30d"], ["--older-than", "0s", "--job", "factorial"]])
def test_delete_of_old_runs_spares_the_others(fanout, words: list[str]) -> None:
    run = run_one(fanout)

    done = fanout("delete", *words, "--yes")

    assert (done.code, fanout("show", run).code) == (0, 0)
    assert "nothing is deleted" in done.out
