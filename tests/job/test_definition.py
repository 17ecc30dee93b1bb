"""How a job is read from its module: the mark, the item, the columns, and files that define none."""

import keyword
from types import ModuleType
from typing import Any

import pytest

from jobs import Pace, factorial, job
from jobs.runtime.core.errors import DefinitionError, ItemError
from jobs.runtime.core.records import AUTO, Column, Limits, Pool
from jobs.runtime.job import items
from jobs.runtime.job.definition import RESERVED, Job, read_job
from jobs.runtime.job.value_limits import value_checker
from tests.support.probe import HEAD, define, define_params


def columns_of(body: str) -> list[Column]:
    source = f'class Row(TypedDict):\n    {body}\n\n@job(bound="cpu")\ndef probe(n: int) -> Row: ...'
    return list(define(source).fixed_columns)


def with_mark(body: str, said: str) -> Job:
    return define(f'class Row(TypedDict):\n    {body}\n\n@job(bound="cpu", {said})\ndef probe(n: int) -> Row: ...')


# The mark


def test_mark_returns_the_function_unchanged() -> None:
    def double(n: int) -> int:
        return 2 * n

    assert job(bound="cpu")(double) is double
    assert double(21) == 42


def test_job_takes_its_title_from_the_module() -> None:
    found = define('@job(bound="io")\ndef probe(url: Url) -> int: ...')

    assert (found.name, found.title, found.description) == ("probe", "A probe", "It tells nothing.")


def test_job_without_a_module_docstring_takes_its_functions() -> None:
    module = ModuleType("jobs.probe")
    exec(HEAD + '@job(bound="io")\ndef probe(n: int) -> int:\n    """Say it here."""', vars(module))

    assert read_job("probe", module).title == "Say it here"


def test_defaults_follow_what_the_job_waits_for() -> None:
    io = define('@job(bound="io", pace=Pace(at_once=2, pause=0.25))\ndef probe(url: Url) -> int: ...')
    cpu = define('@job(bound="cpu")\ndef probe(n: int) -> int: ...')

    assert (io.default_pool(4), cpu.default_pool(4)) == (
        Pool(processes=AUTO, threads=AUTO),
        Pool(processes=4, threads=1),
    )
    assert io.default_limits() == Limits(attempts=3, deadline=30.0, at_once=2, pause=0.25)
    assert cpu.default_limits() == Limits(attempts=1, deadline=None, at_once=None, pause=0.0)


def test_job_prepares_where_it_has_hooks() -> None:
    plain = define('@job(bound="cpu")\ndef probe(n: int) -> int: ...')
    hooked = define('@job(bound="cpu", cost=lambda n, params: n)\ndef probe(n: int) -> int: ...')

    assert (plain.prepares, hooked.prepares) == (False, True)


def test_columns_may_depend_on_params() -> None:
    source = (
        "def chosen(params): return {name: int for name in params['names']}\n"
        '@job(bound="cpu", columns=chosen)\ndef probe(n: int, *, names: list[str] = ["a"]) -> Row: ...'
    )
    found = define("class Row(TypedDict):\n    a: int\n" + source)

    assert [column.name for column in found.columns({"names": ["b", "c"]})] == ["b", "c"]


def test_decorated_functions_are_still_the_job() -> None:
    found = define(
        "import functools\n"
        "def twice(function):\n"
        "    @functools.wraps(function)\n"
        "    def wrapper(*args, **kwargs): return 2 * function(*args, **kwargs)\n"
        "    return wrapper\n"
        '@job(bound="cpu")\n@twice\ndef probe(n: int, *, least: int = 1) -> int: return n'
    )

    assert found.function(21) == 42
    assert [param.name for param in found.params] == ["least"]


def test_the_size_of_an_item_is_a_column_of_numbers() -> None:
    assert with_mark("digits: int", 'size="digits"').mark.size == "digits"


@pytest.mark.parametrize("size", ['"nothing"', '"name"', "3"])
def test_a_size_that_is_no_column_of_numbers_is_a_mistake(size: str) -> None:
    with pytest.raises(DefinitionError, match="column"):
        with_mark("digits: int; name: str", f"size={size}")


def test_pace_has_gentle_defaults() -> None:
    assert Pace() == Pace(at_once=None, pause=0.0)
    assert factorial.factorial.__job__.pace == Pace()  # type: ignore[attr-defined]


# What an item is


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        ("str", "text"),
        ("int", "whole number"),
        ("float", "number"),
        ("Url", "URL"),
        ("Annotated[int, Field(ge=0)]", "whole number"),
        ('Annotated[Url, Field(description="a page")]', "URL"),
        ("Optional[int]", "whole number"),
        ('Annotated[str, Kind(name="colour", read=str, looks_like=bool)]', "colour"),
    ],
)
def test_item_type_says_how_a_cell_is_read(annotation: str, name: str) -> None:
    assert define(f'@job(bound="cpu")\ndef probe(thing: {annotation}) -> int: ...').kind.name == name


def checker_of(job: Any) -> Any:
    return value_checker(job.item_name, job.item_annotation)


def test_item_limits_are_checked_after_reading() -> None:
    checker = checker_of(define('@job(bound="cpu")\ndef probe(n: Annotated[int, Field(ge=0, le=9)]) -> int: ...'))

    assert checker is not None
    assert checker(9) == 9
    for n in (-1, 10):
        with pytest.raises(ItemError) as refused:
            checker(n)
        assert refused.value.code == "invalid_item"


@pytest.mark.parametrize(
    "name", ["TypeAliasType('Age', Annotated[int, Field(ge=0)])", "typing.NewType('Age', Annotated[int, Field(ge=0)])"]
)
def test_item_limits_are_checked_under_a_name_of_their_own(name: str) -> None:
    job = define(
        f"from typing_extensions import TypeAliasType\nAge = {name}\n@job(bound='cpu')\ndef probe(n: Age) -> int: ..."
    )

    with pytest.raises(ItemError, match="n: -1 is too small: give at least 0"):
        items.read_item(job, "-1")


def test_item_without_limits_has_no_checker() -> None:
    assert checker_of(define('@job(bound="cpu")\ndef probe(n: int) -> int: ...')) is None


@pytest.mark.parametrize(("choices", "cell", "item"), [("'a', 'b'", " a ", "a"), ("2, 10", "010", 10)])
def test_an_item_may_be_one_of_few(choices: str, cell: str, item: Any) -> None:
    found = define(f'@job(bound="cpu")\ndef probe(n: Literal[{choices}]) -> int: ...')

    assert items.read_item(found, cell) == item
    with pytest.raises(ItemError, match=r"n: .* is none of the choices: give .* or "):
        items.read_item(found, "77")


# Columns


@pytest.mark.parametrize(
    ("annotation", "type_name"),
    [
        ("int", "int"),
        ("float", "float"),
        ("bool", "bool"),
        ("str", "str"),
        ("str | None", "str"),
        ("Optional[float]", "float"),
        ("typing.NewType('Price', float)", "float"),
        ("Optional[typing.NewType('Many', list[int])]", "json"),
        ("NotRequired[int]", "int"),
        ("Annotated[NotRequired[int], Field()]", "int"),
        ("NotRequired[Annotated[int | None, Field()]]", "int"),
        ('Literal["a", "b"]', "str"),
        ("Literal[1, 2]", "int"),
        ("Literal[1, 'b']", "json"),
        ("enum.StrEnum", "str"),
        ("enum.IntEnum", "int"),
        ("Artifact", "file"),
        ("Annotated[Artifact | None, Field()]", "file"),
        ("list[str]", "json"),
        ("dict[str, int]", "json"),
        ("int | str", "json"),
        ("int | float", "number"),
        ("Optional[float | int]", "number"),
        ("typing.NewType('Rate', float) | int | None", "number"),
        ("Literal[1, 2.5]", "json"),
        ("numpy.timedelta64", "float"),
        ("numpy.datetime64", "datetime"),
        ("numpy.bool_", "bool"),
        ("bytearray", "str"),
        ("typing.LiteralString", "str"),
        ("Any", "json"),
    ],
)
def test_columns_have_the_type_of_their_annotation(annotation: str, type_name: str) -> None:
    assert [column.type for column in columns_of(f"x: {annotation}")] == [type_name]


@pytest.mark.parametrize(
    "annotation",
    [
        'Annotated[int, Field(description="how many")]',
        'NotRequired[Annotated[int, Field(description="how many")]]',
        'Annotated[NotRequired[int], Field(description="how many")]',
    ],
)
def test_columns_have_the_help_of_their_field(annotation: str) -> None:
    assert columns_of(f"x: {annotation}") == [Column(name="x", type="int", help="how many")]


def test_one_plain_type_is_the_column_result() -> None:
    found = define('@job(bound="cpu")\ndef probe(n: int) -> Annotated[int, Field(description="twice")]: ...')

    assert found.fixed_columns == (Column(name="result", type="int", help="twice"),)
    assert found.scalar


def test_columns_are_those_of_all_bases_in_order() -> None:
    source = "class Base(TypedDict):\n    a: int\nclass Row(Base):\n    b: str\n"

    found = define(source + '@job(bound="cpu")\ndef probe(n: int) -> Row: ...')

    assert [column.name for column in found.fixed_columns] == ["a", "b"]


@pytest.mark.parametrize("annotation", ["dict[str, Any]", "dict", "typing.Mapping[str, object]"])
def test_columns_by_params_need_no_typed_dict(annotation: str) -> None:
    found = define(f'@job(bound="cpu", columns=lambda params: {{"a": int}})\ndef probe(n: int) -> {annotation}: ...')

    assert [column.name for column in found.columns({})] == ["a"]
    assert not found.scalar


# Wrong definitions: each has a sentence that says what to change

PLAIN = "def probe(n: int) -> int: ..."
WRONG = [
    *[
        (
            source,
            "no function in probe is marked with @job(…): mark the one that performs an item, "
            "above its other decorators and outside any class",
        )
        for source in (
            "",
            f'class Probe:\n    @job(bound="cpu")\n    {PLAIN}',
            f'def hidden(_): return lambda n: n\n@hidden\n@job(bound="cpu")\n{PLAIN}',
        )
    ],
    (
        'class Probe:\n    def __call__(self, n: int) -> int: ...\nprobe = job(bound="cpu")(Probe())',
        "Probe must be a plain function that returns its row (no class, no async def, no yield)",
    ),
    (
        f'@job(bound="cpu")\n{PLAIN}\n@job(bound="io")\ndef other(n: int) -> int: ...',
        "probe marks several functions (other, probe): a module is one job, keep one mark",
    ),
    (f'@job(bound="gpu")\n{PLAIN}', '@job(bound=\'gpu\') is not known: write bound="io" or bound="cpu"'),
    (f'@job(bound="io", ready=3)\n{PLAIN}', "@job(ready=3) must be a function: write its name alone"),
    (f"@job(bound=[])\n{PLAIN}", '@job(bound=[]) is not known: write bound="io" or bound="cpu"'),
    (
        '@job(bound="cpu")\nasync def probe(n: int) -> int: ...',
        "probe must be a plain function that returns its row (no class, no async def, no yield)",
    ),
    (
        '@job(bound="cpu")\ndef probe(n: int) -> int: yield n',
        "probe must be a plain function that returns its row (no class, no async def, no yield)",
    ),
    (
        '@job(bound="cpu")\nclass Probe:\n    pass\nprobe = Probe()',
        "Probe must be a plain function that returns its row (no class, no async def, no yield)",
    ),
    (
        '@job(bound="cpu")\ndef probe() -> int: ...',
        "probe takes no item: its first parameter must be the item, as in def probe(url: Url)",
    ),
    (
        '@job(bound="cpu")\ndef probe(*, n: int) -> int: ...',
        "probe takes no item: its first parameter must be the item, as in def probe(url: Url)",
    ),
    (
        '@job(bound="cpu")\ndef probe(*items: int) -> int: ...',
        "probe takes no item: its first parameter must be the item, as in def probe(url: Url)",
    ),
    (
        '@job(bound="cpu")\ndef probe(n: int, least: int = 1) -> int: ...',
        "param least of probe must be keyword-only: put a * after the item",
    ),
    (
        '@job(bound="cpu")\ndef probe(n: int, **options: int) -> int: ...',
        "probe takes any arguments (**options): name each param, after a *",
    ),
    (
        '@job(bound="cpu")\ndef probe(n: int, *, least: int) -> int: ...',
        "param least of probe has no default: give it one",
    ),
    ('@job(bound="cpu")\ndef probe(n: int, *, least=1) -> int: ...', "param least of probe has no type: annotate it"),
    (
        '@job(bound="cpu")\ndef probe(n: int, *, threads: int = 1) -> int: ...',
        "param threads of probe is an option of the command line: choose another",
    ),
    (
        '@job(bound="cpu")\ndef probe(n: dict) -> int: ...',
        "the item n of probe has a type that no cell can be read as: "
        "use Url, str, int or float, Annotated with a Kind, or a TypedDict, dataclass or model whose fields are such",
    ),
    (
        '@job(bound="cpu")\ndef probe(n: int): ...',
        "probe says not what it returns: annotate it with a TypedDict of its columns, or one type",
    ),
    (
        '@job(bound="cpu")\ndef probe(n: int) -> None: ...',
        "probe says not what it returns: annotate it with a TypedDict of its columns, or one type",
    ),
    (
        '@job(bound="cpu")\ndef probe(n: int) -> dict: ...',
        "probe returns dict: annotate a TypedDict of its columns, or one of int, float, bool, str",
    ),
    (
        '@job(bound="cpu")\ndef probe(n: int) -> Kind: ...',
        "probe returns Kind: annotate a TypedDict of its columns, or one of int, float, bool, str",
    ),
    (
        'class Row(TypedDict):\n    state: str\n@job(bound="cpu")\ndef probe(n: int) -> Row: ...',
        "column state is one of Fanout's own: choose another name",
    ),
    (
        '@job(bound="cpu")\ndef probe(n: "Nowhere") -> int: ...',
        "the annotations of probe cannot be read: name 'Nowhere' is not defined",
    ),
    (
        'class Row(TypedDict):\n    x: "Nowhere"\n@job(bound="cpu")\ndef probe(n: int) -> Row: ...',
        "the annotations of Row cannot be read: name 'Nowhere' is not defined",
    ),
    (f'@job(bound="cpu", group="host")\n{PLAIN}', "@job(group='host') must be a function: write its name alone"),
    (f'@job(bound="cpu", check=True)\n{PLAIN}', "@job(check=True) must be a function: write its name alone"),
    (
        f'@job(bound="io", sample="a.csv")\n{PLAIN}',
        "@job(sample='a.csv') is no Sample: write sample=Sample(…)",
    ),
    (
        f'@job(bound="io", sample=(Sample(name="a"), Sample()))\n{PLAIN}',
        "@job(sample=…) has several with the names ['a', '']: give each its own, name=\"places\"",
    ),
    (f'@job(bound="io", files={{}})\n{PLAIN}', "@job(files={}) is no Files: write files=Files(…)"),
    (f'@job(bound="io", pace=2)\n{PLAIN}', "@job(pace=2) is no pace: write pace=Pace(at_once=2, pause=0.25)"),
    (
        f'@job(bound="io", pace=Pace(at_once=0))\n{PLAIN}',
        "Pace(at_once=0) must be a whole number from 1 up, or None for no cap",
    ),
    (f'@job(bound="io", pace=Pace(pause=-1))\n{PLAIN}', "Pace(pause=-1) must be a number of seconds from 0 up"),
    (
        f'@job(bound="io", codes=["gone"])\n{PLAIN}',
        '@job(codes=…) must map each code to what it means: codes={"gone": "it is not there"}',
    ),
    (
        f'@job(bound="io", codes={{"timeout": "too slow"}})\n{PLAIN}',
        "code timeout is one of Fanout's own: choose another name",
    ),
    (
        '@job(bound="cpu")\ndef probe(n: int, *, least: Annotated[int, Field(ge=1)] = 0) -> int: ...',
        "a default of probe is not allowed by its own type or limits: least: 0 is too small: give at least 1",
    ),
    (
        '@job(bound="cpu")\ndef probe(n: int, *, how: Literal["a", "b"] = "c") -> int: ...',
        "a default of probe is not allowed by its own type or limits: how: 'c' is none of the choices: give a or b",
    ),
    (
        '@job(bound="cpu")\ndef probe(n: int, *, least: int = None) -> int: ...',
        "a default of probe is not allowed by its own type or limits: least: None is not a whole number",
    ),
    (
        '@job(bound="cpu")\ndef probe(n: int, *, robots: bool = True, no_robots: bool = False) -> int: ...',
        "param no_robots is what --no-robots of robots says: drop one",
    ),
    (
        '@job(bound="cpu")\ndef probe(n: int, *, _most: int = 1) -> int: ...',
        "param _most of probe begins with _, as no option does: rename it",
    ),
    (
        '@job(bound="cpu")\ndef probe(n: int, *, most: int = Field(1, ge=1)) -> int: ...',
        "the default of param most is a Field, which an ordinary call would get as its value: "
        "write most: Annotated[int, Field(…)] = and the default",
    ),
    *[
        (
            f'@job(bound="cpu")\ndef probe(n: int, *, most: Annotated[int, Field({word}={said})] = 1) -> int: ...',
            f"param most has a Field with {word}: {why}",
        )
        for word, said, why in [
            ("alias", "'limit'", "an option has the name of its param: rename the param itself"),
            ("validation_alias", "'limit'", "an option has the name of its param: rename the param itself"),
            ("exclude", "True", "a run stores all its params: leave it out"),
            ("strict", "True", "forms and options give texts, which it would not read: leave it out"),
        ]
    ],
    *[
        (
            "@job(bound='cpu')\ndef probe(n: int, *, text: Annotated[str, Field(json_schema_extra="
            f"{{'line': {line!r}, 'words': {words!r}}})] = '') -> int: ...",
            f"param text has lines of {line!r} with words for {words!r}: give a text with a name in braces for each "
            'part, as in "{name} = {which} {what}", and lists of words for some of these names',
        )
        for line, words in [
            ("{name} = {", {}),
            ("{} = {what}", {}),
            ("{name.__class__} = {what}", {}),
            ("no parts", {}),
            ("{name}", {"how": ["all"]}),
            ("{name}", ["all"]),
        ]
    ],
    *[
        (
            f'@job(bound="cpu")\ndef probe(n: int, *, odd: {annotation} = {default}) -> int: ...',
            "param odd has a type that no form can ask for: "
            "use bool, int, float, str, Literal, an Enum, or a list of these",
        )
        for annotation, default in [("dict[str, int]", "{}"), ("Any", "1"), ("list[dict[str, int]]", "[]")]
    ],
]


@pytest.mark.parametrize(("source", "sentence"), WRONG, ids=[sentence[:60] for _, sentence in WRONG])
def test_wrong_definition_is_refused_with_what_to_change(source: str, sentence: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        define(source)

    assert str(refused.value) == sentence


@pytest.mark.parametrize("name", sorted(RESERVED - {"json", "help", *keyword.kwlist}))
def test_options_of_the_command_line_are_no_params(name: str) -> None:
    with pytest.raises(DefinitionError, match="is an option of the command line"):
        define_params(f"{name}: int = 1")


def test_param_of_a_type_pydantic_does_not_know_is_refused() -> None:
    with pytest.raises(DefinitionError, match="the params of probe cannot be read"):
        define('class Odd: ...\n@job(bound="cpu")\ndef probe(n: int, *, odd: Odd = Odd()) -> int: ...')
