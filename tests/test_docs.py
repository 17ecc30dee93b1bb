"""README says what is: settings, commands, files, and an example that runs."""

from __future__ import annotations

import csv
import json
import re
import shlex
from pathlib import Path

import click
import pytest

from jobs.runtime.cli.entry import verbs
from jobs.runtime.settings import SETTINGS

PROJECT = Path(__file__).resolve().parents[1]
README = (PROJECT / "README.md").read_text("utf-8")
COMMANDS = [shlex.split(line.split("#")[0])[3:] for line in README.splitlines() if line.startswith("python -m jobs ")]


def rows_below(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    section = re.split(r"\n#+ ", README.partition(f"# {heading}\n")[2])[0]
    table = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert table is not None
    lines = table.group().splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def example() -> tuple[str, str, list[str]]:
    """The job of "Add a job in twenty lines": its file, its code, and the command that runs it."""
    section = README.partition("## Add a job in twenty lines\n")[2].partition("\n## ")[0]
    file, code = re.search(r"`(jobs/\w+\.py)`", section), re.search(r"```python\n(.*?)```", section, re.DOTALL)
    command = re.search(r"```sh\npython -m jobs (.*)\n```", section)
    assert file
    assert code
    assert command
    return file[1], code[1], shlex.split(command[1])


def test_the_settings_table_is_that_of_the_code() -> None:
    told = [[f"`{setting.name}`", setting.default or "–", setting.meaning] for setting in SETTINGS]

    assert rows_below("Settings") == told


def test_every_command_is_told_and_no_other() -> None:
    assert {words[0] for words in COMMANDS} == set(verbs.commands)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_told_can_be_read(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, code, _ = example()
    (tmp_path / Path(file).name).write_text(code, "utf-8")
    monkeypatch.setenv("JOBS_PATH", str(tmp_path))
    group = click.Context(verbs, info_name="jobs", **verbs.context_settings)

    verbs.commands[words[0]].make_context(words[0], words[1:], parent=group)


def test_every_make_target_told_exists() -> None:
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))

    assert set(re.findall(r"`?make (\w+)(?=[`\s]+[^\w]|`)", README)) <= targets
    assert set(re.findall(r"^make (\w+)", README, re.MULTILINE)) == {"run", "test"}


def test_every_file_of_the_component_table_exists() -> None:
    files = [name for row in rows_below("What is where") for name in re.findall(r"`([^`]+)`", row[1])]

    assert files
    assert [name for name in files if not (PROJECT / name).exists()] == []


def test_every_file_told_exists() -> None:
    told = re.findall(r"`((?:jobs|data|tests|\.streamlit)/[\w./]+)`", README) + re.findall(r"\]\(([\w./]+)\)", README)
    made = {example()[0], "data/runs"}

    assert [name for name in told if name not in made and not (PROJECT / name).exists()] == []


def test_the_job_of_the_example_is_twenty_lines() -> None:
    lines = [line for line in example()[1].splitlines() if line.strip()]

    assert len(lines) <= 24


def test_the_example_is_found_in_a_copy_of_the_project(project_copy: Path, home: Path, python) -> None:
    file, code, _ = example()
    (project_copy / file).write_text(code, "utf-8")

    listed = python("-m", "jobs", "list", "--json", cwd=project_copy)

    assert listed.stderr == ""
    jobs = {job["name"]: job for job in json.loads(listed.stdout)}
    assert {"factorial", "scrape"} < set(jobs)
    assert jobs["smallest_factor"]["title"] == "Find the smallest factor of a number"
    assert jobs["smallest_factor"]["columns"] == ["factor", "prime"]


def test_the_example_runs_in_a_copy_of_the_project(project_copy: Path, home: Path, python) -> None:
    file, code, command = example()
    (project_copy / file).write_text(code, "utf-8")

    done = python("-m", "jobs", *command, cwd=project_copy)

    assert (done.returncode, "2 items: 2 ok" in done.stdout) == (0, True), done.stderr
    with (project_copy / "factors.csv").open(encoding="utf-8", newline="") as table:
        rows = [(row["n"], row["factor"], row["prime"].lower()) for row in csv.DictReader(table)]
    assert rows == [("91", "7", "false"), ("97", "97", "true")]
