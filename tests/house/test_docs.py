"""README and docs/ say what is, both ways: what exists must be told, and what is told must exist.

What a page must have stands in `TABLES`: which table lists what, and how each row begins. A failure prints the rows
that are missing, ready to be put in.
"""

from __future__ import annotations

import ast
import csv
import dataclasses
import importlib
import re
import shlex
import typing
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

import jobs
from jobs.request.codes import CODES as REQUEST_CODES
from jobs.runtime import client
from jobs.runtime.core.job_terms import MACHINE_CODES, OWN_COLUMNS
from jobs.runtime.core.records import ItemState, RunState
from jobs.runtime.core.setting_table import SETTINGS
from jobs.runtime.exports.export import FORMATS
from jobs.runtime.inputs import file_types
from jobs.runtime.job.decorator import JobOptions
from jobs.runtime.job.form_fields import FormField
from jobs.runtime.job.item_kinds import Kind
from jobs.scrape.codes import CODES
from jobs.scrape.columns import Preset
from jobs.web.codes import WEB_CODES
from tests.house.test_law import FLOORS
from tests.support.command_lines import all_verbs, read_command
from tests.support.pages import PAGES, PROJECT, Block, blocks, command_lines, named, prose, rows, section

Known = Mapping[str, list[str]]
"""Names, and the first cells that follow each in its row; what a page says beyond them is its own."""

ARCHITECTURE, COMMAND_LINE, JOBS = "docs/architecture.md", "docs/command-line.md", "docs/jobs.md"


# What exists


def settings() -> Known:
    return {setting.name: [setting.default or "–", setting.meaning] for setting in SETTINGS}


def commands() -> Known:
    return {" ".join([name, *_pieces(verb)]): [str(verb.help).splitlines()[0]] for name, verb in all_verbs().items()}


def _pieces(verb: click.Command) -> list[str]:
    return [piece for piece in verb.collect_usage_pieces(click.Context(verb)) if piece != "[OPTIONS]"]


def options() -> Known:
    owners: dict[str, list[str]] = {}
    for name, verb in all_verbs().items():
        for option in (param for param in verb.params if isinstance(param, click.Option)):
            owners.setdefault("/".join([*option.opts, *option.secondary_opts]), []).append(f"`{name}`")
    return {option: [" ".join(names)] for option, names in owners.items()}


def params_of(job: str) -> Known:
    return {_flag(field): [_default(field), field.help] for field in client.form_fields(job)}


def _flag(field: FormField) -> str:
    flag = "--" + field.name.replace("_", "-")
    return f"{flag}/--no-{flag[2:]}" if field.input == "switch" else flag


def _default(field: FormField) -> str:
    if field.input == "switch":
        return "yes" if field.default else "no"
    return f"`{field.default}`" if field.default not in (None, "", []) else "–"


def columns_of_factorial() -> Known:
    return {column.name: [column.help] for column in client.columns("factorial", {})}


SAVED = {"save_pages": True, "save_content": True, "pdf": True}


def columns_of_scrape() -> Known:
    presets = {preset: _names_of(preset) for preset in typing.get_args(Preset)}
    everything = client.columns("scrape", {"columns": ",".join([*presets, "everything", "fragment_found"]), **SAVED})
    return {
        column.name: [" ".join(f"`{name}`" for name, names in presets.items() if column.name in names) or "–"]
        + [column.help]
        for column in everything
    }


def _names_of(preset: str) -> set[str]:
    return {column.name for column in client.columns("scrape", {"columns": preset})}


def codes_of_requests() -> Known:
    """Those that it does not share with all that ask servers."""
    return {code: [text] for code, text in REQUEST_CODES.items() if WEB_CODES.get(code) != text}


def rooms() -> Known:
    """Each package of `jobs/` with its modules."""
    packages = sorted({path.parent for path in (PROJECT / "jobs").rglob("*.py")})
    return {folder.relative_to(PROJECT).as_posix(): [_modules(folder)] for folder in packages}


def _modules(folder: Path) -> str:
    names = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    return " ".join(f"`{name}`" for name in names) or "–"


def only(names: object) -> Known:
    return {str(name): [] for name in names}  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class Table:
    """The table of a page that lists all there is of something."""

    page: str
    heading: str
    known: Callable[[], Known]


TABLES = (
    Table(page="docs/settings.md", heading="Environment variables", known=settings),
    Table(page=COMMAND_LINE, heading="Commands", known=commands),
    Table(page=COMMAND_LINE, heading="Options", known=options),
    Table(page="docs/scraping.md", heading="Options", known=lambda: params_of("scrape")),
    Table(page="docs/scraping.md", heading="Columns", known=columns_of_scrape),
    Table(page="docs/scraping.md", heading="Codes", known=lambda: {code: [text] for code, text in CODES.items()}),
    Table(page="docs/requests.md", heading="Options", known=lambda: params_of("request")),
    Table(page="docs/requests.md", heading="Codes", known=codes_of_requests),
    Table(page="docs/factorial.md", heading="Options", known=lambda: params_of("factorial")),
    Table(page="docs/factorial.md", heading="Columns", known=columns_of_factorial),
    Table(page="docs/tables.md", heading="Formats", known=lambda: {f".{end}": [name] for end, name in FORMATS.items()}),
    Table(page="docs/tables.md", heading="Columns of a result", known=lambda: only(OWN_COLUMNS)),
    Table(page="docs/tables.md", heading="Codes", known=lambda: {code: [text] for code, text in MACHINE_CODES.items()}),
    Table(page=JOBS, heading="Names", known=lambda: only(jobs.__all__)),
    Table(page=JOBS, heading="The mark", known=lambda: only(field.name for field in dataclasses.fields(JobOptions))),
    Table(
        page=JOBS, heading="A kind of your own", known=lambda: only(field.name for field in dataclasses.fields(Kind))
    ),
    Table(page=ARCHITECTURE, heading="Components", known=rooms),
    Table(page=ARCHITECTURE, heading="States of a run", known=lambda: only(RunState)),
    Table(page=ARCHITECTURE, heading="States of an item", known=lambda: only(ItemState)),
)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table.page}: {table.heading}")
def test_a_table_tells_all_there_is_and_nothing_else(table: Table) -> None:
    told, known = rows(table.page, table.heading), table.known()

    place = f"{table.page}, section {table.heading!r}"
    lacking = [_row(name, cells) for name, cells in known.items() if told.get(name, [])[: len(cells)] != cells]
    lacking += [_row(name, []) for name in known if name not in told and not known[name]]
    assert lacking == [], f"{place} needs these rows (what follows in a row is the page's own):\n" + "\n".join(lacking)
    assert [name for name in told if name not in known] == [], f"{place} tells of what is not there"


def _row(name: str, cells: list[str]) -> str:
    return " | ".join([f"| `{name}`", *(cell.replace("|", r"\|") for cell in cells)]) + " |"


def test_the_floors_told_are_those_of_the_law() -> None:
    drawn = "\n".join(
        f"{height}  {'  '.join(room.removeprefix('jobs.runtime.') for room in FLOORS[height])}"
        for height in reversed(range(len(FLOORS)))
    )

    assert drawn in section(ARCHITECTURE, "Floors"), f"{ARCHITECTURE}, section 'Floors', needs this block:\n{drawn}"


def test_the_endings_of_files_told_are_those_that_are_read() -> None:
    endings = {ending for known in file_types._NAMES.values() for ending in known}
    told = {name for name in named("docs/tables.md", "What can be read") if re.fullmatch(r"\.\w+", name)}

    assert told == endings, f"docs/tables.md, section 'What can be read': {sorted(told ^ endings)}"


def test_every_environment_variable_is_told_and_no_other() -> None:
    name = re.compile(r"\b(?:JOBS|FANOUT)_[A-Z][A-Z_]*[A-Z]\b")
    files = [PROJECT / "Makefile", *(PROJECT / ".ci").iterdir(), *(PROJECT / "jobs").rglob("*.py")]
    read = {found for path in files for found in name.findall(path.read_text("utf-8"))}
    told = {found: page for page, text in PAGES.items() for found in name.findall(text)}

    assert read - told.keys() == set(), "told in no page: settings belong into docs/settings.md"
    assert {found: page for found, page in told.items() if found not in read} == {}


@pytest.mark.parametrize("package", [name for name in rooms() if (PROJECT / name / "__init__.py").exists()])
def test_the_docstring_of_a_package_names_each_of_its_rooms(package: str) -> None:
    """The script of a page is named by its folder."""
    folder = PROJECT / package
    drawn = set(re.findall(r"\w+", ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""))
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "__main__", folder.name}
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    if package == "jobs":  # of its rooms, those that are jobs speak for themselves
        modules, packages = set(), {"runtime", "ui"}

    assert modules | packages <= drawn, f"{package}/__init__.py lacks {sorted((modules | packages) - drawn)}"


def test_the_docstrings_of_packages_name_no_module_that_is_not_there() -> None:
    """A name of two words in a drawing is a module, or a name of the package."""
    known = {path.stem for path in (PROJECT / "jobs").rglob("*.py")} | {"streamlit_app", *jobs.__all__}
    told = {
        (path.parent.name, word)
        for path in (PROJECT / "jobs").rglob("__init__.py")
        for word in re.findall(r"(?<![\w.])[a-z]+_[a-z_]+", ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "")
    }

    assert [named for named in told if named[1] not in known] == []


# What is shown


@pytest.mark.parametrize("shown", command_lines())
def test_every_command_line_shown_can_be_read(shown: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for file, code in jobs_shown().items():
        (tmp_path / Path(file).name).write_text(code, "utf-8")
    monkeypatch.setenv("JOBS_PATH", str(tmp_path))

    read_command(command_lines()[shown])


def jobs_shown() -> dict[str, str]:
    """The jobs that README and the author's guide show, by the files that they are saved as."""
    found: dict[str, str] = {}
    for page in ("README.md", JOBS):
        before, *parts = PAGES[page].split("```python\n")
        for part in parts:
            code, _, after = part.partition("```")
            files = re.findall(r"[Ss]ave this as `(jobs/\w+\.py)`", before)
            found |= dict.fromkeys(files[-1:], code)
            before = after
    return found


def test_every_make_target_told_exists_and_every_one_is_told() -> None:
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    told = {target for text in PAGES.values() for target in re.findall(r"(?:^|`)make (\w+)", text, re.MULTILINE)}

    assert told == targets


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]) if "://" not in link]

    assert [link for link in links if not _leads(page, link)] == []


def _leads(page: str, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = (PROJECT / page).parent / file if file else PROJECT / page
    if not target.exists():
        return False
    return not anchor or anchor in _anchors(target.read_text("utf-8"))


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_every_file_and_room_told_exists(page: str) -> None:
    """A name with a slash: from the project's folder, or from `jobs/` and `jobs/runtime/` as the house is spoken of."""
    told = re.findall(r"`([\w.]+(?:/[\w.*-]+)+/?)`", prose(page))
    house = [name for name in told if name.partition("/")[0] in _ROOTS and "NAME" not in name]
    made = _MADE | jobs_shown().keys()

    assert [name for name in house if name.rstrip("/") not in made and not list(_places(name))] == []


_HOMES = [PROJECT, PROJECT / "jobs", PROJECT / "jobs/runtime"]
_ROOTS = {path.name for home in _HOMES for path in home.iterdir() if path.is_dir()}


_MADE = {"data/runs", ".streamlit/secrets.toml"}
"""What exists only where the program has run, or was told of secrets."""


def _places(name: str) -> Iterator[Path]:
    for home in _HOMES:
        yield from home.glob(name.rstrip("/"))
        yield from home.glob(f"{name}.py")


@pytest.mark.parametrize("page", PAGES)
def test_every_name_of_the_package_told_exists(page: str) -> None:
    told = set(re.findall(r"`(jobs(?:\.\w+)+)[(`]", prose(page))) - {"jobs.NAME"}

    assert [name for name in told if not _exists(name)] == []


def _exists(dotted: str) -> bool:
    module, _, name = dotted.rpartition(".")
    try:
        found = importlib.import_module(module)
    except ImportError:
        return False
    if hasattr(found, name):
        return True
    try:
        importlib.import_module(dotted)
    except ImportError:
        return False
    return True


# The whole


def test_readme_fits_on_three_screens() -> None:
    assert len(PAGES["README.md"].splitlines()) <= 120


def test_every_page_is_named_in_readme() -> None:
    linked = set(re.findall(r"\]\(([\w./-]+\.md)\)", PAGES["README.md"]))

    assert set(PAGES) - {"README.md"} - linked == set()


def test_nothing_is_said_twice() -> None:
    """Lines that two pages share, but for the heads of tables, options that several jobs have, and short lines of
    code."""
    lines = Counter(
        line
        for page in PAGES
        for line in {line.strip() for line in PAGES[page].splitlines()}
        if len(line) > 60 and not line.startswith(("|--", "| `--"))
    )

    assert [line for line, number in lines.items() if number > 1] == []


def test_the_job_of_readme_is_twenty_lines() -> None:
    code = jobs_shown()["jobs/smallest_factor.py"]

    assert len([line for line in code.splitlines() if line.strip()]) <= 24


def examples() -> list[Block]:
    """The blocks of command lines that stand behind a job that is shown, and run it."""
    names = [Path(file).stem for file in jobs_shown()]
    shown = [block for page in ("README.md", JOBS) for block in blocks(page) if block.language == "sh"]
    return [block for block in shown if any(f" run {name} " in block.text for name in names)]


def test_the_jobs_shown_are_found_in_a_copy_of_the_project(project_copy: Path, home: Path, python) -> None:
    for file, code in jobs_shown().items():
        (project_copy / file).write_text(code, "utf-8")

    listed = python("-m", "jobs", "list", cwd=project_copy)

    assert (listed.returncode, listed.stderr) == (0, "")
    assert "is broken" not in listed.stdout
    found = {line.split()[0] for line in listed.stdout.splitlines()[1:]}
    assert found >= {Path(file).stem for file in jobs_shown()}


@pytest.mark.parametrize("block", examples(), ids=lambda block: block.text.splitlines()[0])
def test_the_jobs_shown_run_in_a_copy_of_the_project(block: Block, project_copy: Path, home: Path, python) -> None:
    for file, code in jobs_shown().items():
        (project_copy / file).write_text(code, "utf-8")

    for line in block.text.splitlines():
        done = python(*shlex.split(line, comments=True)[1:], cwd=project_copy)

        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"


def test_the_job_of_readme_answers_right(project_copy: Path, home: Path, python) -> None:
    file = "jobs/smallest_factor.py"
    (project_copy / file).write_text(jobs_shown()[file], "utf-8")
    command = next(block.text for block in examples() if " run smallest_factor " in block.text)

    done = python(*shlex.split(command)[1:], cwd=project_copy)

    assert "2 items: 2 ok" in done.stdout, done.stderr
    with (project_copy / "factors.csv").open(encoding="utf-8", newline="") as table:
        found = [(row["n"], row["factor"], row["prime"].lower()) for row in csv.DictReader(table)]
    assert found == [("91", "7", "false"), ("97", "97", "true")]
