"""The file that a table is written to: its rights, its links, and a disk that is full."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.runtime.core.errors import Refused
from jobs.runtime.exports import output_file

root_only = pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() != 0, reason="only root can give files away")


@pytest.fixture
def mask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def write(out: Path, content: bytes = b"new") -> os.stat_result:
    with output_file.opened(out) as stream:
        stream.write(content)
    return out.stat()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o664, 0o400, 0o666])
@pytest.mark.usefixtures("mask")
def test_x25_a_file_that_was_there_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    out = tmp_path / "table.csv"
    out.touch()
    out.chmod(mode)

    assert (stat.S_IMODE(write(out).st_mode), out.read_bytes()) == (mode, b"new")


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
@pytest.mark.usefixtures("mask")
def test_x25_a_new_file_has_what_the_umask_leaves(tmp_path: Path, umask: int, mode: int) -> None:
    os.umask(umask)

    assert stat.S_IMODE(write(tmp_path / "table.csv").st_mode) == mode


@pytest.mark.usefixtures("mask")
def test_x25_nobody_else_reads_a_table_while_it_takes_the_place_of_a_private_one(tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    out.touch(0o600)

    with output_file.opened(out) as stream:
        stream.write(b"secret")
        modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    assert modes == {0o600}


@root_only
@pytest.mark.usefixtures("mask")
def test_x25_owner_and_group_stay(tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    out.touch(0o640)
    os.chown(out, 12_345, 54_321)

    after = write(out)

    assert (after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)) == (12_345, 54_321, 0o640)


@root_only
@pytest.mark.usefixtures("mask")
def test_x25_a_group_that_cannot_be_kept_hands_no_rights_to_another(tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    out.touch(0o660)
    os.chown(out, 65_534, 54_321)
    tmp_path.chmod(0o777)
    for above in tmp_path.parents:
        above.chmod(above.stat().st_mode | 0o001)
    script = (
        "import sys; from pathlib import Path; from jobs.runtime.exports import output_file\n"
        "with output_file.opened(Path(sys.argv[1])) as stream: stream.write(b'new')"
    )
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c", script, str(out)]
    project = Path(__file__).resolve().parents[2]
    if subprocess.run([*command[:4], "test", "-r", str(project / "jobs")], check=False).returncode:
        pytest.skip("another user cannot read the project")

    subprocess.run(command, cwd=project, check=True, capture_output=True)

    after = out.stat()
    assert (after.st_gid, stat.S_IMODE(after.st_mode), out.read_bytes()) == (65_534, 0o600, b"new")


@pytest.mark.usefixtures("mask")
def test_x25_an_access_list_stays(tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    out.touch(0o600)
    try:
        os.setxattr(out, "user.note", b"mine")
    except OSError:
        pytest.skip("this file system keeps no attributes")

    write(out)

    assert os.getxattr(out, "user.note") == b"mine"


@pytest.mark.usefixtures("mask")
def test_x25_a_link_stays_a_link_and_what_it_leads_to_keeps_its_mode(tmp_path: Path) -> None:
    target, out = tmp_path / "elsewhere" / "real.csv", tmp_path / "table.csv"
    target.parent.mkdir()
    target.touch(0o600)
    out.symlink_to(target)

    write(out)

    assert (out.is_symlink(), target.read_bytes(), stat.S_IMODE(target.stat().st_mode)) == (True, b"new", 0o600)
    assert [path.name for path in target.parent.iterdir()] == ["real.csv"]


def test_x25_a_link_that_leads_nowhere_yet_is_followed(tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    out.symlink_to(tmp_path / "real.csv")

    write(out)

    assert (out.is_symlink(), (tmp_path / "real.csv").read_bytes()) == (True, b"new")


def test_x25_a_device_is_not_replaced_by_a_table(tmp_path: Path) -> None:
    out, pipe = tmp_path / "table.csv", tmp_path / "pipe.csv"
    out.symlink_to("/dev/null")
    os.mkfifo(pipe)

    for path in (out, pipe):
        with pytest.raises(Refused, match="is no ordinary file"):
            write(path)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.parametrize("format", ["xlsx", "csv", "parquet", "jsonl"])
def test_x17_an_export_onto_a_full_disk_is_one_sentence(tmp_path: Path, format: str) -> None:
    """In a process of its own: what is printed while objects are let go of is seen there alone."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("a small file system cannot be mounted here (needs root)")
    script = f"""
import gc, sys
from secrets import token_hex
from pathlib import Path
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.records import *
from jobs.runtime.exports import export
run = Run(id="a", job="noop", name="", state=RunState.FINISHED, items=4000, params={{}}, submitted_at=0.0,
          pool=Pool(processes=1, threads=1), limits=Limits(attempts=1, deadline=None, at_once=None, pause=0),
          table=Table(item_column="text"))
rows = lambda first, last: [[ItemResult(n, Item(cell=token_hex(100)), None) for n in range(first, last + 1)]]
try:
    export(run, rows, Path({str(disk / "table")!r} + ".{format}"), format="{format}")
except Refused as error:
    print(error)
gc.collect()
"""
    try:
        ended = subprocess.run([sys.executable, "-X", "dev", "-c", script], capture_output=True, text=True, check=False)
        left = [path.name for path in disk.iterdir()]
    finally:
        with contextlib.suppress(OSError):
            subprocess.run(["umount", "-l", str(disk)], check=False)

    assert (ended.returncode, ended.stderr, left) == (0, "", [])
    assert ended.stdout.count("\n") == 1
    assert "cannot be written: No space left on device" in ended.stdout
