"""What a person reads where the store cannot be used: on the pages, and of the command line."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from jobs.runtime import client
from jobs.runtime.core import settings
from jobs.runtime.core.errors import IllegalMove
from jobs.runtime.store.connection import FILE
from tests.faults.test_durability import fanout, small_disk
from tests.support.machine import Machine, until

pytestmark = pytest.mark.slow

PAGES = ("new_run", "runs", "run", "compare", "lesson")


def page(name: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(settings.PROJECT / "streamlit_app.py"), default_timeout=60)
    app.switch_page(f"jobs/ui/{name}/{name}.py")
    for key, value in query.items():
        app.query_params[key] = value
    return shown(app.run())


def shown(app: AppTest) -> AppTest:
    assert [raised.message for raised in app.exception] == []
    return app


def said(app: AppTest) -> str:
    return "\n".join(text.value for text in app.text)


def check_refusal(home: Path, sentence: str) -> None:
    """Each page is that sentence, without the path; each command ends with it, on standard error, and changes
    nothing."""
    for name in PAGES:
        assert sentence.replace(str(home), "JOBS_HOME") in said(page(name, run="abc")), name
    for words in (["status"], ["runs"], ["retry", "abc"], ["run", "noop", "--item", "a"], ["runner"]):
        ended = fanout(*words)
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1), words
        assert sentence in ended.stderr


@pytest.mark.parametrize(
    "content",
    [pytest.param(b"garbage " * 5_000, id="garbage", marks=pytest.mark.slow), pytest.param(None, id="half a file")],
)
def test_d09_a_store_that_is_none_is_said_to_be_none_and_is_kept(machine: Machine, content: bytes | None) -> None:
    machine.perform(["ok"] * 50)
    client.stop_runner()
    path = machine.home / FILE
    whole = path.read_bytes()
    broken = whole[: len(whole) // 2] if content is None else content
    for leftover in machine.home.glob(FILE + "-*"):
        leftover.unlink()
    path.write_bytes(broken)

    check_refusal(machine.home, f"{path} is not a store of Fanout, or is damaged")
    assert path.read_bytes() == broken


def test_d09_a_store_that_cannot_be_written_is_said_to_be_so(machine: Machine) -> None:
    with small_disk(machine, "64m") as disk:
        machine.perform(["ok"])
        client.stop_runner()
        remount = ["mount", "-o", "remount,ro", str(disk)]
        until(lambda: subprocess.run(remount, check=False).returncode == 0)  # when the last log of a worker is closed

        check_refusal(disk, f"{disk / FILE} cannot be written")


def test_d09_a_limit_to_the_size_of_files_is_thought_of(machine: Machine) -> None:
    limited = [sys.executable, "-c", LIMITED]

    ended = subprocess.run(limited, cwd=settings.PROJECT, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert f"{machine.home / FILE} cannot be read or written" in ended.stderr
    assert "how large a file may be (ulimit -f)" in ended.stderr


LIMITED = """
import resource, sys
from jobs.__main__ import main
resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, 65_536))
sys.exit(main(["run", "noop", "--item", "a"]))
"""


def test_d09_a_folder_that_cannot_be_made_is_named(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    machine.move_to(tmp_path / "file" / "home")

    check_refusal(machine.home, f"the folder {machine.home} cannot be made: Not a directory")


@pytest.mark.parametrize(
    ("name", "words"), [("runner.log", ["run", "noop", "--item", "a"]), ("runner.lock", ["runner"])]
)
def test_a_file_of_the_home_that_cannot_be_opened_is_named(machine: Machine, name: str, words: list[str]) -> None:
    client.runs()
    (machine.home / name).mkdir()

    ended = fanout(*words)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert str(machine.home / name) in ended.stderr
    assert "Is a directory" in ended.stderr
    assert ended.stderr.endswith(": see the rights of its folder, or set JOBS_HOME\n")


def test_d08_a_full_disk_is_said_and_what_was_asked_is_done_when_there_is_room(machine: Machine) -> None:
    with small_disk(machine, "1500k") as disk:
        watched = subprocess.Popen(
            [sys.executable, "-m", "jobs", "run", "act", *["--item", "return large"] * 300, "--item", "sleep 600"],
            cwd=settings.PROJECT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        until(client.trouble, 30)
        (run,) = client.runs()
        sentence = f"there is no room left for {disk / FILE}: free some space on its disk"

        for name in PAGES:
            assert f"nothing more starts: {sentence}. It goes on".replace(str(disk), "JOBS_HOME") in said(
                page(name, run=run.id)
            )
        for words in (["status"], ["show", run.id]):
            assert f"nothing can be stored now, so nothing more starts: {sentence}" in fanout(*words).stdout
        asked = fanout("cancel", run.id)
        pressed = shown(page("run", run=run.id).button(key="cancel").click().run())
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        with contextlib.suppress(IllegalMove):
            client.cancel(run.id)  # where the disk was so full that not even the wish could be noted
        _, told = watched.communicate(timeout=60)

        assert (asked.returncode, asked.stdout) == (2, "")
        assert sentence in asked.stderr
        assert sentence.replace(str(disk), "JOBS_HOME") in said(pressed)
        assert sentence in told
        assert (watched.returncode, client.run(run.id).state, client.trouble()) == (130, "cancelled", "")
        machine.check_books(client.run(run.id))


@contextlib.contextmanager
def another_writer(machine: Machine, seconds: float) -> Iterator[None]:
    """Hold the write lock of the store for so long, from now on."""
    held = threading.Event()

    def hold() -> None:
        with contextlib.closing(sqlite3.connect(machine.home / FILE, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            held.set()
            time.sleep(seconds)
            other.execute("COMMIT")

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    yield
    holder.join()


@pytest.mark.slow
def test_d10_what_is_pressed_and_typed_beside_another_writer_waits_for_it(machine: Machine) -> None:
    run = machine.submit(["sleep 600"] * 3)
    until(lambda: client.progress(run.id).doing)
    opened, new = page("run", run=run.id), page("new_run", job="noop")
    new.text_area(key="text:noop").set_value("a\nb").run()

    with another_writer(machine, 3.0):
        paused = shown(opened.button(key="pause").click().run())
        assert "locked" not in said(paused)
    assert client.run(run.id).state == "paused"
    with another_writer(machine, 3.0):
        typed = fanout("resume", run.id)
    assert (typed.returncode, typed.stderr) == (0, "")
    with another_writer(machine, 3.0):
        shown(new.button(key="start").click().run())
    assert client.runs()[0].items == 2
    assert "locked" not in machine.log()
