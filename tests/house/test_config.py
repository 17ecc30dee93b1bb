"""The shipped configuration: what the page's server allows, colours that can be read, packages new enough."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions, version
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[2]
CONFIG = tomllib.loads((PROJECT / ".streamlit/config.toml").read_text("utf-8"))
COLOURS = ("red", "orange", "yellow", "blue", "green", "violet", "gray")
NEWER = {"compression"}
"""Modules of a newer Python than the oldest that is asked for: a package stands in for them before."""

FLOORS = {"streamlit": "1.67", "urllib3": "2.7", "lxml": "6.1", "starlette": "1.1", "python-multipart": "0.0.31"}


def options(table: dict, prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from options(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def requirements(path: str) -> list[Requirement]:
    lines = (PROJECT / path).read_text("utf-8").splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.startswith(("#", "-r"))]


def third_parties(folder: Path) -> set[str]:
    """The distributions that the Python files of a folder import, the project's own modules left out."""
    providers = packages_distributions()
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.append(node.module)
            found |= {name.split(".")[0] for name in names}
    found -= set(sys.stdlib_module_names) | NEWER | {"jobs", "tests"}
    return {canonicalize_name(providers.get(name, [name])[0]) for name in found if not (folder / f"{name}.py").exists()}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def faded(text: str, ground: str, share: float = 0.6) -> str:
    """A text colour at 60 % over its ground, as Streamlit draws captions."""
    mixed = [
        round(share * int(text[place : place + 2], 16) + (1 - share) * int(ground[place : place + 2], 16))
        for place in (1, 3, 5)
    ]
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def test_config_holds_what_a_safe_page_needs() -> None:
    server, client = CONFIG["server"], CONFIG["client"]

    assert server["address"] == "localhost"
    assert server["enableXsrfProtection"] is True
    assert server["enableCORS"] is True
    assert server["enableAgentApi"] is False
    assert server["maxUploadSize"] <= 20
    assert server["allowedHosts"]
    assert "*" not in server["allowedHosts"]
    assert client["showErrorDetails"] == "none"
    assert client["showErrorLinks"] is False
    assert client["disableDataExport"] is True
    assert client["toolbarMode"] == "viewer"
    assert CONFIG["browser"]["gatherUsageStats"] is False


def test_config_names_only_options_that_streamlit_knows() -> None:
    from streamlit import config

    known = set(config.get_config_options(force_reparse=True))

    assert {name for name, _ in options(CONFIG)} <= known


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read(theme: str) -> None:
    colours = CONFIG["theme"][theme]
    grounds = (colours["backgroundColor"], colours["secondaryBackgroundColor"])
    pairs = list(product((colours["textColor"], colours["linkColor"]), grounds))
    pairs += [(faded(colours["textColor"], ground), ground) for ground in grounds]
    pairs += [(colours[f"{name}TextColor"], colours[f"{name}BackgroundColor"]) for name in COLOURS]
    pairs += product((colours[f"{name}TextColor"] for name in COLOURS), grounds)
    pairs += [("#ffffff", colours["primaryColor"]), (colours["primaryColor"], colours["backgroundColor"])]

    assert [(pair, round(contrast(*pair), 2)) for pair in pairs if contrast(*pair) < 4.5] == []


def test_requirements_name_the_floors_of_security() -> None:
    floors = {canonicalize_name(one.name): str(one.specifier) for one in requirements("requirements.txt")}

    assert {name: floors.get(name) for name in FLOORS} == {name: f">={floor}" for name, floor in FLOORS.items()}


@pytest.mark.parametrize("path", ["requirements.txt", "tests/requirements.txt"])
def test_installed_packages_are_as_required(path: str) -> None:
    wrong = [str(one) for one in requirements(path) if version(one.name) not in one.specifier]

    assert wrong == []


def test_every_requirement_says_why() -> None:
    text = (PROJECT / "requirements.txt").read_text("utf-8")
    groups = [group.splitlines() for group in re.split(r"\n\s*\n", text)]

    assert [group[0] for group in groups if not group[0].startswith("#")] == []


def test_what_is_imported_is_required() -> None:
    used = {canonicalize_name(one.name) for one in requirements("requirements.txt")}
    tested = used | {canonicalize_name(one.name) for one in requirements("tests/requirements.txt")}
    bench = tested | {canonicalize_name(one.name) for one in requirements("tests/bench/requirements.txt")}

    assert third_parties(PROJECT / "jobs") - used - extras() == set()
    assert third_parties(PROJECT / "tests") - bench == set()


def test_extras_are_tested_and_no_part_of_what_everybody_installs() -> None:
    used = {canonicalize_name(one.name) for one in requirements("requirements.txt")}
    tested = {canonicalize_name(one.name) for one in requirements("tests/requirements.txt")}

    assert extras() - tested == set()
    assert extras() & used == set()


def extras() -> set[str]:
    """The packages of all extras."""
    named = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    return {canonicalize_name(Requirement(one).name) for lines in named.values() for one in lines}
