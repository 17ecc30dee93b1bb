"""What is in the wheel and the sdist, and that an installed Fanout does its work outside any checkout."""

from __future__ import annotations

import email
import json
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.package.conftest import Installed, build
from tests.support.page_server import HANDSHAKE, PageServer, serving
from tests.support.processes import PROJECT

pytestmark = pytest.mark.slow
SHIPPED = "jobs/runtime/share/"
MODULE = ("python", "-m", "jobs")


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file and folder below this one, with its time and size."""
    found = {str(path): path.lstat() for path in sorted(folder.rglob("*"))}
    return {path: (status.st_mtime_ns, status.st_size) for path, status in found.items()}


def test_the_wheel_holds_what_the_program_needs_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    sources = {str(path.relative_to(PROJECT)) for path in (PROJECT / "jobs").rglob("*.py")}
    samples = {f"{SHIPPED}data/{path.name}" for path in (PROJECT / "data").glob("*.csv")}
    site = {f"{SHIPPED}data/sample_site/{name}" for name in ("page.html", "pages.toml")}

    assert sources | samples | site <= names
    assert {
        f"{SHIPPED}streamlit_app.py",
        f"{SHIPPED}.streamlit/config.toml",
        "jobs/ui/icon.svg",
        "jobs/ui/logo.svg",
    } <= names
    assert {name.partition("/")[0] for name in names} == {"jobs", "fanout_jobs-0.1.0.dist-info"}
    assert [
        name for name in names if {"tests", "conftest.py", "secrets.toml", "store.sqlite3"} & {*name.split("/")}
    ] == []


def test_the_wheel_requires_what_requirements_txt_names(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = email.message_from_bytes(archive.read("fanout_jobs-0.1.0.dist-info/METADATA"))
    lines = (PROJECT / "requirements.txt").read_text("utf-8").splitlines()
    named = [line for line in lines if line.strip() and not line.startswith("#")]

    required = metadata.get_all("Requires-Dist", [])
    assert metadata["Name"] == "fanout-jobs"
    assert sorted(normal(line) for line in required if "extra ==" not in line) == sorted(map(normal, named))


def normal(line: str) -> tuple[str, str, str]:
    """A requirement by its canonical name, its versions and its marker."""
    found = Requirement(line)
    return canonicalize_name(found.name), str(found.specifier), str(found.marker or "")


def test_the_sdist_builds_the_same_wheel(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
        names = archive.getnames()
    again = build(next(tmp_path.iterdir()), "wheel")

    assert [name for name in names if "data/runs" in name or "secrets.toml" in name] == []
    assert zipfile.ZipFile(again).namelist() == zipfile.ZipFile(wheel).namelist()


def test_it_is_the_installed_program_that_runs(installed: Installed) -> None:
    said = installed.run("-c", "import jobs; print(jobs.__file__)", program=("python",))

    assert Path(said.stdout.strip()) == installed.package / "__init__.py"


def test_both_samples_run_and_nothing_is_written_to_where_it_is_installed(installed: Installed) -> None:
    writable = installed.package.stat().st_mode
    before = tree(installed.place)
    for folder in (installed.package, installed.package.parent):
        folder.chmod(0o555)
    try:
        factorial = installed.run("sample", "factorial", "--json")
        scrape = installed.run("sample", "scrape", "--json")
        status = installed.run("status", "--json")
    finally:
        for folder in (installed.package, installed.package.parent):
            folder.chmod(writable)

    assert (factorial.returncode, json.loads(factorial.stdout)["ok"]) == (0, 4), factorial.stderr
    assert (scrape.returncode, json.loads(scrape.stdout)["items"]) == (1, 48), scrape.stderr
    assert json.loads(scrape.stdout)["ok"] >= 40
    assert json.loads(status.stdout)["home"] == str(installed.user / "data of mine" / "fanout" / "runs")
    assert {
        path: at for path, at in tree(installed.place).items() if before.get(path, at) != at or path not in before
    } == {}
    assert list(installed.folder.iterdir()) == []


def test_a_home_of_ones_own_is_taken(installed: Installed, tmp_path: Path) -> None:
    said = installed.run("status", JOBS_HOME=str(tmp_path / "my runs"))

    assert f"in {tmp_path / 'my runs'}" in said.stdout


@pytest.mark.parametrize(("program", "name"), [(("fanout",), "fanout"), (MODULE, "python -m jobs")])
def test_messages_name_the_program_as_it_was_called(installed: Installed, program: tuple[str, ...], name: str) -> None:
    unknown = installed.run("show", "abc", program=program)
    helped = installed.run("run", "--help", program=program)
    nothing = installed.run("run", "scrape", program=program)

    assert unknown.stderr == f"there is no run abc (see: {name} runs)\n"
    assert helped.stdout.startswith(f"Usage: {name} run ")
    assert f"\n  {name} run " in helped.stdout
    assert f"({name} run scrape --help)" in nothing.stderr


def test_a_new_job_runs_by_the_command_that_is_told(installed: Installed) -> None:
    written = installed.run("new", "word_count")
    command = written.stdout.splitlines()[-1].partition("fanout ")[2].replace('"two words"', "two")
    ran = installed.run(*command.split())
    again = installed.run("new", "word_count")

    assert str(installed.user / "data of mine" / "fanout" / "jobs" / "word_count.py") in written.stdout
    assert (ran.returncode, "1 item: 1 ok" in ran.stdout) == (0, True), ran.stderr
    assert (again.returncode, "is taken" in again.stderr) == (2, True)


def test_a_package_called_jobs_in_the_present_folder_does_not_disturb(installed: Installed) -> None:
    own = installed.folder / "jobs"
    own.mkdir()
    (own / "__init__.py").write_text("raise SystemExit('the wrong jobs')", "utf-8")
    try:
        ran = installed.run("run", "factorial", "--item", "5")
    finally:
        (own / "__init__.py").unlink()
        own.rmdir()

    assert (ran.returncode, "1 item: 1 ok" in ran.stdout) == (0, True), ran.stderr


@pytest.fixture(scope="module")
def page(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    """`fanout` alone, in an empty folder; the port is given by the environment, as nothing else is."""
    folder = tmp_path_factory.mktemp("page") / "an empty folder"
    folder.mkdir()
    environment = {**installed.environment, "STREAMLIT_SERVER_HEADLESS": "true"}
    with serving([str(installed.bin / "fanout")], folder, environment, path=()) as server:
        yield server


def test_the_page_listens_on_this_machine_alone(page: PageServer) -> None:
    listening = [one.laddr.ip for one in psutil.Process(page.process.pid).net_connections() if one.status == "LISTEN"]

    assert listening
    assert set(listening) <= {"127.0.0.1", "::1"}
    assert b"<title>" in page.ask("GET", "/").content


def test_the_page_refuses_strangers_and_asks_nobody_elsewhere(page: PageServer) -> None:
    name = page.ask("GET", "/", {"Host": "evil.example"})
    origin = page.ask("GET", "/_stcore/stream", {**HANDSHAKE, "Origin": "http://evil.example"})
    upload = page.ask("PUT", "/_stcore/upload_file/a/b", {"Content-Type": "text/csv"}, b"1")
    own = page.ask("GET", "/_stcore/stream", {**HANDSHAKE, "Origin": page.origin})

    assert (name.status, origin.status, upload.status, own.status) == (403, 403, 403, 101)
    assert page.ask("GET", "/").headers["X-Frame-Options"] == "SAMEORIGIN"
    assert page.asked_of_others() == []


def test_the_page_takes_no_larger_uploads_than_the_shipped_ones(page: PageServer) -> None:
    with page.open_page() as opened:
        large = page.put(f"/_stcore/upload_file/{opened.session_id}/f", megabytes=21)

    assert large == 413


def test_the_page_is_drawn(page: PageServer) -> None:
    with page.open_page() as opened:
        pass

    assert len(opened.drawn) > 10
    assert "exception" not in opened.drawn
