"""The import law of the house, read from the syntax trees: who may import what, downwards and without a circle."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
FILES = {
    ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in [*sorted((PROJECT / "jobs").rglob("*.py")), PROJECT / "streamlit_app.py"]
}
RUNTIME, CLI, UI = "jobs.runtime", "jobs.runtime.cli", "jobs.ui"
FACES = {f"{RUNTIME}.{room}" for room in ("client", "inputs", "exports", "measure", "records", "errors")}
TABLES = (
    "jobs.runtime.inputs",
    "jobs.runtime.exports",
    "jobs.runtime.measure",
    "jobs.runtime.tables",
    "jobs.runtime.results",
    UI,
)


def inside(module: str, *rooms: str) -> bool:
    return any(module == room or module.startswith(room + ".") for room in rooms)


def is_job(module: str) -> bool:
    return inside(module, "jobs") and module != "jobs" and not inside(module, RUNTIME, UI, "jobs.__main__")


def imports(module: str, *, types: bool = False) -> set[str]:
    """What a module imports, lazily or not; with `types`, what it imports for type checkers alone."""
    tree = ast.parse(FILES[module].read_text("utf-8"))
    apart = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    typed = {id(inner) for node in apart for statement in node.body for inner in ast.walk(statement)}
    nodes = [node for node in ast.walk(tree) if (id(node) in typed) is types]
    return {name for node in nodes for name in _targets(module, node)}


def _targets(module: str, node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        base = _base(module, node)
        for alias in node.names:
            full = f"{base}.{alias.name}"
            yield full if full in FILES else base


def _base(module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = module if FILES[module].name == "__init__.py" else module.rpartition(".")[0]
    for _ in range(node.level - 1):
        package = package.rpartition(".")[0]
    return f"{package}.{node.module}" if node.module else package


def wrong(modules: list[str], allowed) -> list[str]:
    return [f"{module} imports {name}" for module in modules for name in imports(module) if not allowed(module, name)]


def test_imports_form_no_circle() -> None:
    graph = {module: {name for name in imports(module) if name in FILES and name != module} for module in FILES}

    TopologicalSorter(graph).prepare()


def test_types_alone_do_not_point_up() -> None:
    faces = [
        f"{module} imports {name}"
        for module in FILES
        if not inside(module, UI, CLI)
        for name in imports(module, types=True)
        if inside(name, UI, CLI)
    ]

    assert faces == []


def test_jobs_import_only_the_authors_names_and_third_parties() -> None:
    jobs = [module for module in FILES if is_job(module)]

    def allowed(module: str, name: str) -> bool:
        own = ".".join(module.split(".")[:2])
        if inside(name, "jobs"):
            return name == "jobs" or inside(name, own)
        return name.partition(".")[0] not in ("streamlit", "sqlite3", "pandas")

    assert jobs
    assert wrong(jobs, allowed) == []


def test_the_machine_reaches_jobs_and_pages_by_name_only() -> None:
    rooms = [module for module in FILES if inside(module, RUNTIME) and not inside(module, CLI)]

    assert wrong(rooms, lambda _, name: not is_job(name) and not inside(name, UI, CLI, "jobs.__main__")) == []


def test_pages_import_only_the_faces_of_the_machine() -> None:
    pages = [module for module in FILES if inside(module, UI, "streamlit_app")]

    def allowed(_: str, name: str) -> bool:
        return not inside(name, "jobs") or name in FACES | {"jobs"} or inside(name, UI)

    assert wrong(pages, allowed) == []


def test_the_command_line_imports_only_the_faces_of_the_machine() -> None:
    verbs = [module for module in FILES if inside(module, CLI)]

    def allowed(module: str, name: str) -> bool:
        if (module, name) == (f"{CLI}.control", f"{RUNTIME}.runner"):  # the verb that is the runner
            return True
        return not inside(name, "jobs") or name in FACES or inside(name, CLI)

    assert verbs
    assert wrong(verbs, allowed) == []


@pytest.mark.parametrize(
    ("package", "rooms"),
    [
        ("sqlite3", ("jobs.runtime.store",)),
        ("streamlit", (UI, "streamlit_app")),
        ("altair", (UI,)),
        ("pandas", TABLES),
        ("pyarrow", TABLES),
        ("click", (CLI,)),
        ("tqdm", (CLI,)),
    ],
)
def test_a_package_is_known_only_where_it_belongs(package: str, rooms: tuple[str, ...]) -> None:
    outside = [module for module in FILES if not inside(module, *rooms)]

    assert wrong(outside, lambda _, name: name.partition(".")[0] != package) == []


@pytest.mark.parametrize(
    ("call", "rooms"),
    [
        ("threading.Thread", ("worker", "computing")),  # slots, the sender, those that compute; a job may keep its own
        ("subprocess.Popen", ("client", "runner.site")),
        ("subprocess.run", ()),
        ("multiprocessing.get_context", ("board", "workers")),
        ("os.fork", ()),
        ("os.system", ()),
    ],
)
def test_only_these_rooms_start_threads_and_processes(call: str, rooms: tuple[str, ...]) -> None:
    allowed = [f"{RUNTIME}.{room}" for room in rooms]

    callers = {module for module in FILES if not is_job(module) and call in _calls(module)}

    assert [module for module in callers if not inside(module, *allowed)] == []


def _calls(module: str) -> set[str]:
    tree = ast.parse(FILES[module].read_text("utf-8"))
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def test_only_around_the_authors_code_and_in_the_runner_is_everything_caught() -> None:
    """A handler that ends by raising translates or cleans up, and catches nothing."""
    rooms = {f"{RUNTIME}.{room}" for room in ("catalog", "computing", "perform", "plans", "runner.loop", "worker")}

    assert {module for module in FILES if _catches_everything(module)} - rooms == set()


def _catches_everything(module: str) -> bool:
    tree = ast.parse(FILES[module].read_text("utf-8"))
    handlers = [node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
    wide = [one for one in handlers if one.type is None or re.search(r"\b(Base)?Exception\b", ast.unparse(one.type))]
    return any(not isinstance(one.body[-1], ast.Raise) for one in wide)


TELL = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); "
MAIN = "import runpy; sys.argv = ['jobs', *{words!r}]; runpy.run_module('jobs', run_name='__main__', alter_sys=True)"


def loaded_by(script: str) -> set[str]:
    """The modules that a fresh interpreter has loaded when a script is done."""
    done = subprocess.run(
        [sys.executable, "-c", TELL + script],
        cwd=PROJECT,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    return set(done.stderr.splitlines()[-1].split())


def test_list_loads_no_table_machinery(home: Path) -> None:
    loaded = loaded_by(MAIN.format(words=["list"]))

    assert "jobs.runtime.catalog" in loaded
    assert loaded & {"pandas", "numpy", "pyarrow", "streamlit", "tqdm"} == set()
    assert not home.exists()


def test_a_worker_loads_no_table_machinery_and_no_store(home: Path) -> None:
    script = "from jobs.runtime import catalog, worker; catalog.load('scrape'); catalog.load('factorial')"

    loaded = loaded_by(script)

    assert "jobs.scrape" in loaded
    assert loaded & {"pandas", "numpy", "pyarrow", "streamlit", "sqlite3", "click"} == set()


def test_the_runner_loads_no_command_line(home: Path) -> None:
    loaded = loaded_by(MAIN.format(words=["runner", "--idle", "0"]))

    assert "jobs.runtime.runner" in loaded
    assert loaded & {"click", "tqdm", "pandas", "numpy", "streamlit"} == set()


def test_main_can_be_imported_again_under_another_name() -> None:
    loaded = loaded_by("import jobs.__main__")

    assert loaded & {"click", "jobs.runtime.client", "jobs.runtime.runner", "multiprocessing"} == set()


def test_pages_go_over_to_each_other_in_one_place() -> None:
    """`frame.go_to` gives the address a query always: without one, Streamlit refuses to leave a widget's address."""
    assert {module for module in FILES if "st.switch_page" in _calls(module)} == {"jobs.ui.frame"}
