"""The import law of the house, read from the syntax trees: who may import what, downwards and without a circle."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from jobs.runtime import catalog

PROJECT = Path(__file__).resolve().parents[2]
FILES = {
    ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in [*sorted((PROJECT / "jobs").rglob("*.py")), PROJECT / "streamlit_app.py"]
}
RUNTIME, CLI, UI, WEB = "jobs.runtime", "jobs.runtime.cli", "jobs.ui", "jobs.web"
FIRING = f"{RUNTIME}.firing"
FLOORS = (
    (f"{RUNTIME}.core",),
    tuple(f"{RUNTIME}.{room}" for room in ("encodings", "job", "store", "exports", "sample")),
    ("jobs", f"{RUNTIME}.home", f"{RUNTIME}.inputs"),
    ("jobs.web",),
    (f"{RUNTIME}.catalog", "jobs.factorial", "jobs.request", "jobs.scrape", "jobs.demos"),
    (f"{RUNTIME}.worker", f"{RUNTIME}.client", f"{RUNTIME}.runner.schedule"),
    (f"{RUNTIME}.runner.pool",),
    (f"{RUNTIME}.runner.cluster",),
    (f"{RUNTIME}.runner", f"{RUNTIME}.compare", f"{RUNTIME}.reader", f"{RUNTIME}.overview"),
    (f"{RUNTIME}.measure", FIRING),
    (f"{RUNTIME}.api",),
    (f"{UI}.server",),
    (CLI, UI),
    ("streamlit_app", "jobs.__main__"),
)
"""The rooms, from the ground up: a module imports its own room and what lies below it. A new room goes on one floor."""

API = f"{RUNTIME}.api"
SERVERS = (("control", f"{RUNTIME}.runner"), ("page", f"{UI}.server"), ("api", API), ("mcp", API))
"""The verbs that are the runner, the page's server, and the servers of the API alone."""

BARE = {"jobs", RUNTIME, f"{RUNTIME}.runner"}
"""Packages that hold rooms: of these, the name alone is a room (or none), and not all that is below it."""

FACES = {f"{RUNTIME}.{room}" for room in "client inputs exports measure compare reader overview firing".split()}
GROUND = f"{RUNTIME}.core"
TABLES = tuple(f"{RUNTIME}.{room}" for room in ("inputs", "exports", "measure", "compare")) + (UI,)


def inside(module: str, *rooms: str) -> bool:
    return any(module == room or module.startswith(room + ".") for room in rooms)


def is_job(module: str) -> bool:
    return inside(module, "jobs") and module != "jobs" and not inside(module, RUNTIME, UI, WEB, "jobs.__main__")


def floor_of(module: str) -> tuple[int, str] | None:
    """The floor and the room of a module; None: it is on none."""
    for height, rooms in enumerate(FLOORS):
        for room in rooms:
            if module == room or (room != "jobs" and inside(module, room) and not inside(module, *_rooms_within(room))):
                return height, room
    return None


def _rooms_within(room: str) -> tuple[str, ...]:
    return tuple(other for rooms in FLOORS for other in rooms if other.startswith(room + "."))


@functools.cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(FILES[module].read_text("utf-8"))


@functools.cache
def imports(module: str, *, types: bool = False) -> set[str]:
    """What a module imports, lazily or not (by a `__getattr__`, what it tells type checkers of); with `types`, what it
    imports for type checkers alone."""
    tree = tree_of(module)
    apart = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    typed = {id(inner) for node in apart for statement in node.body for inner in ast.walk(statement)}
    later = any(isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in tree.body)
    nodes = [node for node in ast.walk(tree) if (id(node) in typed) is types or (later and not types)]
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


def test_every_module_is_on_a_floor() -> None:
    assert [module for module in FILES if floor_of(module) is None and module != RUNTIME] == []


def test_no_module_lies_loose_in_the_runtime() -> None:
    assert [
        module for module, path in FILES.items() if path.parent == PROJECT / "jobs/runtime" and module != RUNTIME
    ] == []


def test_no_name_stands_for_two_classes() -> None:
    """One word, one thing: a reader who has met a class knows every other mention of it."""
    places = [
        (node.name, module)
        for module in FILES
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]

    named = {name: [module for other, module in places if other == name] for name, _ in places}

    assert {name: modules for name, modules in named.items() if len(modules) > 1} == {}


def test_imports_point_down() -> None:
    def allowed(module: str, name: str) -> bool:
        here, there = floor_of(module), floor_of(name)
        return here is None or there is None or there == here or there[0] < here[0]

    assert wrong(list(FILES), allowed) == []


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


def test_jobs_import_only_the_authors_names_what_asks_servers_and_third_parties() -> None:
    jobs = [module for module in FILES if is_job(module) or inside(module, WEB)]

    def allowed(module: str, name: str) -> bool:
        own = ".".join(module.split(".")[:2])
        if inside(name, "jobs"):
            return name == "jobs" or inside(name, own, WEB)
        return name.partition(".")[0] not in ("streamlit", "sqlite3", "pandas")

    assert jobs
    assert wrong(jobs, allowed) == []


def test_what_the_system_says_of_a_worker_is_asked_by_its_local_process_alone() -> None:
    pool = f"{RUNTIME}.runner.pool"
    asking = {module for module in FILES if f"{pool}.os_process" in imports(module)}
    looking = {module for module in FILES if inside(module, f"{RUNTIME}.runner") and "SlotTable(" in _text(module)}

    assert asking == {f"{pool}.local_process", f"{pool}.usage", f"{RUNTIME}.runner.loop"}
    assert looking == {f"{pool}.local_process", f"{RUNTIME}.runner.cluster.remote_process"}


def _text(module: str) -> str:
    return FILES[module].read_text("utf-8")


def test_the_machine_reaches_jobs_and_pages_by_name_only() -> None:
    rooms = [module for module in FILES if inside(module, RUNTIME) and not inside(module, CLI)]

    def allowed(module: str, name: str) -> bool:
        asks_servers = inside(module, FIRING) and inside(name, WEB)
        return asks_servers or (not is_job(name) and not inside(name, UI, WEB, CLI, "jobs.__main__"))

    assert wrong(rooms, allowed) == []


def test_no_room_of_the_machine_names_a_job() -> None:
    """Pages of the lesson show jobs that come with Fanout; all others learn what there is from the catalog."""
    words = "|".join(catalog.find().jobs)
    names = re.compile(rf"""["'`](?:{words})["'`]|\bjobs\.(?:{words})\b""")
    rooms = [module for module in FILES if inside(module, RUNTIME, UI) and not inside(module, f"{UI}.lesson")]

    named = {module: names.findall(FILES[module].read_text("utf-8")) for module in rooms}

    assert len(catalog.find().jobs) > 2
    assert {module: found for module, found in named.items() if found} == {}


def test_pages_import_only_the_faces_of_the_machine() -> None:
    pages = [module for module in FILES if inside(module, UI, "streamlit_app")]

    def allowed(module: str, name: str) -> bool:
        if inside(module, f"{UI}.server") and name == API:
            return True  # the page's server serves both
        return not inside(name, "jobs") or name in FACES | {"jobs"} or inside(name, UI, GROUND)

    assert wrong(pages, allowed) == []


def test_the_api_imports_only_the_faces_of_the_machine() -> None:
    """What a program may, it may through the verbs that page and command line have."""
    doors = [module for module in FILES if inside(module, API)]

    def allowed(_: str, name: str) -> bool:
        return not inside(name, "jobs") or name in FACES | {"jobs"} or inside(name, API, GROUND)

    assert doors
    assert wrong(doors, allowed) == []


def test_the_api_acts_in_one_place_alone() -> None:
    """Operations ask first whether a caller may: nothing that a route does goes past them."""
    of_runs = "submit again cancel pause resume retry delete rename pin download rows rows_after run runs listing"
    of_schedules = "schedule schedules save_schedule pause_schedule resume_schedule remove_schedule fire_now"
    doors = [module for module in FILES if inside(module, API)]

    for place, acting in (("operations", of_runs), ("schedule_operations", of_schedules)):
        named = {f"client.{name}" for name in acting.split()}

        assert {module for module in doors if named & _calls(module)} == {f"{API}.{place}"}


def test_the_command_line_imports_only_the_faces_of_the_machine() -> None:
    verbs = [module for module in FILES if inside(module, CLI)]

    def allowed(module: str, name: str) -> bool:
        if (module.removeprefix(f"{CLI}."), name) in SERVERS:
            return True
        return not inside(name, "jobs") or name in FACES or inside(name, CLI, GROUND)

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
        (
            "threading.Thread",
            ("worker", "job.offload", "job.hook_call"),
        ),  # slots, the sender, those that compute, a hook that must end in time; a job may keep its own
        (
            "subprocess.Popen",
            ("client", "sample.process", "reader.process", "runner.cluster", "job.apart", "runner.firings"),
        ),
        ("subprocess.run", ()),
        ("multiprocessing.get_context", ("worker.slot_table", "runner.pool")),
        ("os.fork", ()),
        ("os.system", ()),
    ],
)
def test_only_these_rooms_start_threads_and_processes(call: str, rooms: tuple[str, ...]) -> None:
    allowed = [f"{RUNTIME}.{room}" for room in rooms]

    callers = {module for module in FILES if not (is_job(module) or inside(module, WEB)) and call in _calls(module)}

    assert [module for module in callers if not inside(module, *allowed)] == []


@functools.cache
def _calls(module: str) -> set[str]:
    tree = tree_of(module)
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def test_only_around_the_authors_code_and_in_the_runner_is_everything_caught() -> None:
    """A handler that ends by raising translates or cleans up, and catches nothing."""
    named = "catalog.discovery job.hook_call job.items job.offload runner.loop worker.attempt worker.hooks worker.main"
    rooms = {f"{RUNTIME}.{room}" for room in named.split()}

    assert {module for module in FILES if _catches_everything(module)} - rooms == set()


def _catches_everything(module: str) -> bool:
    tree = tree_of(module)
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

    assert "jobs.runtime.catalog.discovery" in loaded
    assert loaded & {"pandas", "numpy", "pyarrow", "streamlit", "tqdm"} == set()
    assert not home.exists()


def test_a_worker_loads_no_table_machinery_and_no_store(home: Path) -> None:
    loads = "catalog.load('scrape'); catalog.load('factorial')"
    script = f"from jobs.runtime import catalog; from jobs.runtime.worker import main; {loads}"

    loaded = loaded_by(script)

    assert "jobs.scrape" in loaded
    assert loaded & {"pandas", "numpy", "pyarrow", "streamlit", "sqlite3", "click"} == set()


def test_the_table_of_a_run_loads_nothing_that_draws_charts(home: Path) -> None:
    loaded = loaded_by("from jobs.ui.run import run, results")

    assert "jobs.ui.run.results" in loaded
    assert loaded & {"altair", "jobs.ui.run.overview_tab", "jobs.ui.run.timeline"} == set()


def test_what_the_first_page_and_chart_need_is_loaded_ahead(home: Path) -> None:
    loaded = loaded_by("from jobs.ui.server import warm_up; warm_up.load()")

    assert loaded >= {"pandas", "altair", "jobs.scrape", "jobs.ui.new_run.new_run", "jobs.ui.run.overview_tab"}


def test_who_submits_loads_what_a_submit_needs(home: Path) -> None:
    loaded = loaded_by("from jobs.runtime import client; client.submit, client.wait, client.progress")

    assert "jobs.runtime.client.submission" in loaded
    assert loaded & {"pydantic", "psutil", "zoneinfo", "jobs.runtime.client.kept_schedules"} == set()


def test_a_runner_without_schedules_loads_nothing_of_them(home: Path) -> None:
    loaded = loaded_by(MAIN.format(words=["runner", "--idle", "0"]))

    assert "jobs.runtime.runner.claims" in loaded
    assert loaded & {"pydantic", "zoneinfo", "jobs.runtime.core.schedules", "jobs.runtime.catalog.discovery"} == set()


def test_the_runner_loads_no_command_line(home: Path) -> None:
    loaded = loaded_by(MAIN.format(words=["runner", "--idle", "0"]))

    assert "jobs.runtime.runner" in loaded
    assert loaded & {"click", "tqdm", "pandas", "numpy", "streamlit"} == set()


def test_main_can_be_imported_again_under_another_name() -> None:
    loaded = loaded_by("import jobs.__main__")

    assert loaded & {"click", "jobs.runtime.client", "jobs.runtime.runner", "multiprocessing"} == set()


def test_pages_go_over_to_each_other_in_one_place() -> None:
    """`page_frame.go_to` gives the address a query always: without one,
    Streamlit refuses to leave a widget's address."""
    assert {module for module in FILES if "st.switch_page" in _calls(module)} == {"jobs.ui.shared.page_frame"}
