"""The catalog: the jobs found, by name, and the broken ones with the sentence why."""

import decimal
import gc
import logging
import os
import signal
import socket
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs.runtime import catalog
from jobs.runtime.catalog.code_hash import NOT_OF_RUNNER
from jobs.runtime.core import settings
from jobs.runtime.core.errors import UnknownJob
from jobs.runtime.job import context
from tests.support.processes import Python

GOOD = '"""A good job."""\nfrom jobs import job\n\n@job(bound="cpu")\ndef f(n: int) -> int:\n    return n + 1\n'
Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write a file into a folder on JOBS_PATH: `write("good.py", GOOD)`."""
    folder = tmp_path / "my jobs"
    folder.mkdir()
    monkeypatch.setenv("JOBS_PATH", str(folder))

    def write_file(name: str, source: str) -> Path:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")
        return file

    yield write_file
    for name in [key for key, module in sys.modules.items() if str(folder) in str(getattr(module, "__file__", ""))]:
        del sys.modules[name]
    monkeypatch.undo()
    catalog.find()


def test_the_project_comes_with_its_jobs() -> None:
    found = catalog.find()

    assert "factorial" in found.shown
    assert {"runtime", "ui", "__main__"}.isdisjoint({*found.jobs, *found.broken})


def test_a_file_on_the_path_is_a_job(write: Write) -> None:
    write("good.py", GOOD)

    found = catalog.find()

    assert found.job("good").function(1) == 2
    assert catalog.load("good").title == "A good job"
    assert "factorial" in found.jobs


def test_a_package_on_the_path_is_a_job(write: Write) -> None:
    write("folded/inner.py", GOOD)
    write("folded/__init__.py", '"""Folded."""\nfrom jobs.folded.inner import f\n')

    assert catalog.find().job("folded").function(1) == 2


def test_jobs_leave_the_list_with_their_path(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("good.py", GOOD)
    assert "good" in catalog.find().jobs

    monkeypatch.delenv("JOBS_PATH")

    assert "good" not in catalog.find().jobs


def test_hidden_jobs_are_in_no_list_and_run_when_named(write: Write) -> None:
    write("hushed.py", GOOD.replace('bound="cpu"', 'bound="cpu", hidden=True'))

    found = catalog.find()

    assert "hushed" not in found.shown
    assert found.job("hushed").function(1) == 2


BROKEN = [
    ("oops.py", "def f(:\n", "oops.py, line 1: "),
    ("indent.py", "x = 1\n  y = 2\n", "indent.py, line 2: unexpected indent"),
    ("latin.py", None, "latin.py, line 1: (unicode error)"),
    ("nul.py", "x = '\x00'\n", "source code string cannot contain null bytes"),
    ("lost.py", "import nowhere_at_all\n", "importing it raised ModuleNotFoundError: No module named 'nowhere_at_all'"),
    ("fails.py", "1 / 0\n", "importing it raised ZeroDivisionError: division by zero"),
    ("quits.py", "raise SystemExit(3)\n", "importing it raised SystemExit: 3"),
    ("leaves.py", "import sys\nsys.exit()\n", "importing it raised SystemExit"),
    ("presses.py", "raise KeyboardInterrupt\n", "importing it raised KeyboardInterrupt"),
    ("odd.py", "class Odd(BaseException): ...\nraise Odd('a\\n b')\n", "importing it raised Odd: a b"),
    ("deep.py", "def f(): f()\nf()\n", "importing it raised RecursionError: maximum recursion depth exceeded"),
    ("empty.py", "", "no function in empty is marked with @job(…)"),
    (
        "bare.py",
        "from jobs import job\n@job\ndef f(n: int) -> int: ...\n",
        "job() takes 0 positional arguments but 1 was given: "
        'write @job(bound="io") or @job(bound="cpu") above the function',
    ),
    (
        "unbound.py",
        "from jobs import job\n@job()\ndef f(n: int) -> int: ...\n",
        "job() missing 1 required keyword-only argument: 'bound': "
        'write @job(bound="io") or @job(bound="cpu") above the function',
    ),
    ("progress.py", GOOD, "progress is one of the names that jobs import from jobs: rename the file"),
    ("two-words.py", GOOD, "two-words is no name for a Python module: rename the file to letters, digits and _"),
    ("class.py", GOOD, "class is no name for a Python module: rename the file to letters, digits and _"),
    ("borrowed.py", "from jobs.factorial import factorial\n", "no function in borrowed is marked with @job(…)"),
]


@pytest.mark.parametrize(("name", "source", "reason"), BROKEN, ids=[name for name, _, _ in BROKEN])
def test_a_broken_file_is_listed_with_its_reason_and_harms_no_other(
    write: Write, name: str, source: str | None, reason: str
) -> None:
    write("good.py", GOOD)
    file = write(name, source or "")
    if source is None:
        file.write_bytes("x = 'é'\n".encode("latin-1"))

    found = catalog.find()

    assert reason in found.broken[file.stem].reason
    assert "\n" not in found.broken[file.stem].reason
    assert {"good", "factorial"} <= set(found.jobs)
    assert not {"good", "factorial"} & set(found.broken)
    with pytest.raises(UnknownJob, match=f"job {file.stem} is broken: "):
        found.job(file.stem)


def test_a_file_with_an_authors_name_does_not_hide_that_name(write: Write) -> None:
    write("progress.py", GOOD)
    catalog.find()

    import jobs

    assert jobs.progress is context.progress


def test_a_link_to_nothing_is_listed_as_broken(write: Write) -> None:
    good = write("good.py", GOOD)
    (good.parent / "dangling.py").symlink_to(good.parent / "nowhere.py")

    found = catalog.find()

    assert "dangling" in found.broken
    assert "good" in found.jobs


@pytest.mark.parametrize("name", ["scrape", "factorial", "demo_wait", "good"])
def test_a_second_file_of_a_name_is_listed_with_the_first_and_harms_it_not(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write("good.py", GOOD)
    second = write(f"../more/{name}.py", GOOD.replace("n + 1", "n + 2"))
    first = catalog.find().jobs[name].folder
    monkeypatch.setenv("JOBS_PATH", f"{tmp_path / 'my jobs'}{os.pathsep}{tmp_path / 'more'}")

    found = catalog.find()

    assert found.jobs[name].folder == first
    assert [path for path in found.broken if path.endswith(f"{name}.py")] == [str(second.resolve())]
    assert f"{name} is the name of another job already ({first}" in found.broken[str(second.resolve())].reason


@pytest.mark.parametrize("name", ["runtime", "ui", "web", "demos"])
def test_a_file_of_the_name_of_a_room_is_listed_and_harms_no_room(write: Write, name: str) -> None:
    file = write(f"{name}.py", "raise SystemExit")

    found = catalog.find()

    assert found.broken[str(file.resolve())].reason == f"{name} is a name of Fanout's own: rename the file"
    assert {"factorial", "scrape"} <= found.jobs.keys()
    with pytest.raises(UnknownJob):
        catalog.load(name)


def test_a_file_whose_name_is_no_utf8_is_listed_and_harms_nothing(write: Write) -> None:
    good = write("good.py", GOOD)
    Path(os.fsdecode(os.fsencode(good.parent) + b"/caf\xe9.py")).write_text(GOOD)

    found = catalog.find()

    assert found.broken["caf\\xe9"].reason.startswith("caf\\xe9 is no name for a Python module: rename the file")
    assert "good" in found.jobs
    assert len(catalog.code_hash()) == 16


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("missing", "is not there: make it, or take it out of JOBS_PATH"),
        ("file", "is a file: name the folder that it is in"),
    ],
)
def test_a_folder_that_is_none_is_listed_and_harms_nothing(
    write: Write, monkeypatch: pytest.MonkeyPatch, kind: str, reason: str
) -> None:
    good = write("good.py", GOOD)
    named = good if kind == "file" else good.parent / "nowhere"
    monkeypatch.setenv("JOBS_PATH", f"{named}{os.pathsep}{good.parent}")

    found = catalog.find()

    assert found.broken[str(named)].reason == f"JOBS_PATH names this as a folder of jobs, but it {reason}"
    assert found.job("good").function(1) == 2


def test_folders_that_may_not_be_entered_and_links_to_themselves_are_passed_over(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write("good.py", GOOD).parent
    (folder / "lost+found").mkdir()
    (folder / "loop").symlink_to("loop")
    stat = os.stat

    def refuse(path: object, **more: object) -> os.stat_result:
        if "lost+found/" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", refuse)

    assert "good" in catalog.find().jobs
    assert len(catalog.code_hash()) == 16


def test_names_with_an_underscore_and_folders_without_a_package_are_no_jobs(write: Write) -> None:
    write("_shared.py", GOOD)
    write("notes/readme.py", GOOD)

    found = catalog.find()

    assert not {"_shared", "notes"} & {*found.jobs, *found.broken}


def test_a_changed_file_is_read_again_even_within_the_same_second(write: Write) -> None:
    file = write("good.py", GOOD)
    assert catalog.find().job("good").function(1) == 2
    stamp = file.stat().st_mtime_ns

    write("good.py", GOOD.replace("n + 1", "n + 7"))
    os.utime(file, ns=(stamp, stamp + 1))

    assert catalog.find().job("good").function(1) == 8


def test_an_unchanged_file_is_not_read_again(write: Write) -> None:
    write("good.py", GOOD)

    assert catalog.find().job("good") is catalog.find().job("good")


def test_a_broken_file_works_once_it_is_mended(write: Write) -> None:
    write("good.py", "def f(:\n")
    assert "good" in catalog.find().broken

    write("good.py", GOOD)

    assert catalog.find().job("good").function(1) == 2


def test_a_part_of_a_package_that_changed_is_read_again(write: Write) -> None:
    write("folded/inner.py", GOOD)
    write("folded/__init__.py", '"""Folded."""\nfrom jobs.folded.inner import f\n')
    assert catalog.find().job("folded").function(1) == 2

    write("folded/inner.py", GOOD.replace("n + 1", "n + 100"))

    assert catalog.find().job("folded").function(1) == 101


def test_a_deleted_file_is_no_job_any_more(write: Write) -> None:
    file = write("good.py", GOOD)
    assert "good" in catalog.find().jobs

    file.unlink()

    assert "good" not in catalog.find().jobs


def test_what_a_job_prints_at_import_stays_off_standard_output(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write("loud.py", f"print('hello')\n{GOOD}")

    assert "loud" in catalog.find().jobs

    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "hello\n")


@pytest.mark.parametrize(
    "closing",
    [
        "sys.stdout.close()",
        "sys.stdout.buffer.close()",
        "sys.stdout = io.TextIOWrapper(sys.stdout.buffer, 'utf-8')",
        "sys.stdout = io.TextIOWrapper(sys.stdout.detach(), 'utf-8')",
    ],
)
def test_a_job_that_closes_standard_output_at_import_closes_nobodys(
    write: Write, capsys: pytest.CaptureFixture[str], closing: str
) -> None:
    write("mute.py", f"import io, sys\n{closing}\n{GOOD}")

    assert "mute" in catalog.find().jobs
    gc.collect()
    print("out")
    print("err", file=sys.stderr)

    assert tuple(capsys.readouterr()) == ("out\n", "err\n")


def test_a_job_may_print_at_import_where_there_is_no_standard_error(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("loud.py", f"print('hello')\n{GOOD}")
    monkeypatch.setattr(sys, "stderr", None)

    assert "loud" in catalog.find().jobs


def test_an_unknown_job_is_refused_with_those_there_are(write: Write) -> None:
    write("hushed.py", GOOD.replace('bound="cpu"', 'bound="cpu", hidden=True'))

    with pytest.raises(UnknownJob) as refused:
        catalog.find().job("nowhere")

    assert str(refused.value).startswith("there is no job 'nowhere' (there are: factorial")
    assert "hushed" not in str(refused.value)


@pytest.mark.parametrize("name", ["runtime", "ui", "__main__"])
def test_rooms_of_the_house_are_no_jobs(name: str) -> None:
    with pytest.raises(UnknownJob):
        catalog.load(name)


def test_neither_a_runner_nor_a_worker_loads_what_the_name_of_the_code_leaves_out(python: Python) -> None:
    loads = "from jobs.runtime.runner import loop; from jobs.runtime.worker import main; import jobs.scrape, sys"
    loaded = python("-c", f"{loads}; print(*sys.modules)").stdout.split()

    folders = [f"jobs.{name.replace('/', '.')}" for name in NOT_OF_RUNNER]
    assert "jobs.runtime.runner.loop" in loaded
    assert [name for name in loaded if name.startswith(tuple(folders))] == []


def test_code_hash_changes_with_a_job(write: Write) -> None:
    before = catalog.code_hash()
    write("good.py", GOOD)
    between = catalog.code_hash()
    write("good.py", GOOD.replace("n + 1", "n + 2"))

    assert len({before, between, catalog.code_hash()}) == 3


def test_listing_the_jobs_loads_nothing_heavy() -> None:
    script = (
        "import sys; from jobs.runtime import catalog; catalog.find().job('factorial')\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=settings.PROJECT, capture_output=True, text=True, check=True
    )

    assert not {"gmpy2", "pandas", "streamlit", "pyarrow", "numpy", "sqlite3"} & set(done.stdout.split())


def test_one_job_is_found_as_its_file_is_now_and_no_other_is_read(write: Write) -> None:
    file = write("good.py", GOOD)
    write("other.py", f"{GOOD}\nraise RuntimeError('read')\n")
    assert catalog.find_job("good").function(1) == 2

    file.write_text(GOOD.replace("n + 1", "n + 20"), encoding="utf-8")

    assert catalog.find_job("good").function(1) == 21
    assert not any("other" in name for name in sys.modules if name.startswith("jobs."))


def test_a_job_that_is_broken_or_not_there_is_said(write: Write) -> None:
    write("broken.py", "raise RuntimeError('no')\n")

    with pytest.raises(UnknownJob, match="broken is broken: importing it raised RuntimeError: no"):
        catalog.find_job("broken")
    with pytest.raises(UnknownJob, match="there is no job 'nothing'"):
        catalog.find_job("nothing")


def test_a_package_and_a_file_of_one_name_are_told_apart(write: Write) -> None:
    write("twice/__init__.py", GOOD)
    write("twice.py", GOOD)

    found = catalog.find()

    assert found.job("twice").function(1) == 2
    assert [entry.reason for name, entry in found.broken.items() if name.endswith("twice.py")] == [
        f"twice is the name of another job already ({settings.job_folders()[0]}/twice): rename one"
    ]


def test_what_a_job_sets_at_its_import_does_not_hold_for_who_looks_at_it(write: Write) -> None:
    write("exact.py", f"import decimal\ndecimal.getcontext().prec = 3\n{GOOD}")

    catalog.find_job("exact")

    assert decimal.getcontext().prec == decimal.DefaultContext.prec


SETTING = """
import io, logging, os, signal, socket, sys, warnings
os.chdir("/")
os.environ["TZ"] = "Asia/Tokyo"
os.environ["JOBS_HOME"] = "/elsewhere"
os.environ.pop("PATH", None)
os.umask(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
socket.setdefaulttimeout(0.001)
logging.basicConfig(level=0)
logging.disable(logging.CRITICAL)
warnings.simplefilter("error")
sys.stderr = io.StringIO()
sys.argv.clear()
sys.setrecursionlimit(5_000)
"""


def test_what_a_job_sets_of_the_process_at_its_import_is_put_back(write: Write) -> None:
    def process() -> list[object]:
        mask = os.umask(0o77)
        os.umask(mask)
        environment, streams = dict(os.environ), (sys.stderr, list(sys.argv), sys.getrecursionlimit())
        loggers = (list(logging.root.handlers), logging.root.level, logging.root.manager.disable)
        handler = signal.getsignal(signal.SIGTERM)
        return [
            Path.cwd(),
            environment,
            mask,
            handler,
            socket.getdefaulttimeout(),
            *loggers,
            warnings.filters[:],
            *streams,
        ]

    write("sets.py", f"{SETTING}\n{GOOD}")
    before = process()

    assert "sets" in catalog.find().jobs

    assert process() == before


def test_what_children_print_at_import_stays_off_standard_output(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    write("loud.py", f"import os\nos.write(1, b'raw ')\nos.system('echo child')\n{GOOD}")

    assert "loud" in catalog.find().jobs
    os.write(1, b"table")

    assert tuple(capfd.readouterr()) == ("table", "raw child\n")


@pytest.mark.parametrize("ending", ["", "raise RuntimeError"])
def test_a_thread_that_a_job_begins_at_import_keeps_no_command_from_ending(write: Write, ending: str) -> None:
    write(
        "lasting.py",
        f"import threading, time\nthreading.Thread(target=time.sleep, args=(300,)).start()\n{ending}\n{GOOD}",
    )

    done = subprocess.run(
        [sys.executable, "-m", "jobs", "list", "--json"], capture_output=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
    assert b"lasting" in done.stdout
