"""How a job is read from its module: the mark, the item, params, columns, and files that define none."""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from jobs import Pace, factorial, job
from jobs.runtime import catalog, context, kinds, params, perform, settings
from jobs.runtime.errors import BadParams, DefinitionError, ItemError, TryLater, UnknownJob
from jobs.runtime.job import RESERVED, Job, read_job
from jobs.runtime.records import Column, Limits, Pool

HEAD = """
import enum, typing
from typing import Annotated, Any, Literal, NotRequired, Optional
from pydantic import Field
from typing_extensions import TypedDict
from jobs import Artifact, ItemError, Kind, Pace, TryLater, URL, Url, job
"""


def define(source: str, name: str = "probe") -> Job:
    """The job of a module with this source."""
    module = ModuleType(f"jobs.{name}", "A probe.\n\nIt tells nothing.")
    exec(HEAD + source, vars(module))
    found = read_job(name, module)
    params.form_fields(found)
    return found


def define_params(signature: str) -> Job:
    return define(f'@job(bound="cpu")\ndef probe(n: int, *, {signature}) -> int: return n')


def field_of(signature: str) -> params.Field:
    (field,) = params.form_fields(define_params(signature))
    return field


def columns_of(body: str) -> list[Column]:
    source = f'class Row(TypedDict):\n    {body}\n\n@job(bound="cpu")\ndef probe(n: int) -> Row: ...'
    return list(define(source).fixed_columns)


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

    assert (io.default_pool(4), cpu.default_pool(4)) == (Pool(processes=1, threads=32), Pool(processes=4, threads=1))
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


def test_item_limits_are_checked_after_reading() -> None:
    checker = params.item_checker(
        define('@job(bound="cpu")\ndef probe(n: Annotated[int, Field(ge=0, le=9)]) -> int: ...')
    )

    assert checker is not None
    assert checker(9) == 9
    for n in (-1, 10):
        with pytest.raises(ItemError) as refused:
            checker(n)
        assert refused.value.code == "invalid_item"


def test_item_without_limits_has_no_checker() -> None:
    assert params.item_checker(define('@job(bound="cpu")\ndef probe(n: int) -> int: ...')) is None


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
        "use Url, str, int or float, or Annotated with a Kind",
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


@pytest.mark.parametrize("name", sorted(RESERVED - {"json", "help"}))
def test_options_of_the_command_line_are_no_params(name: str) -> None:
    with pytest.raises(DefinitionError, match="is an option of the command line"):
        define_params(f"{name}: int = 1")


def test_param_of_a_type_pydantic_does_not_know_is_refused() -> None:
    with pytest.raises(DefinitionError, match="the params of probe cannot be read"):
        define('class Odd: ...\n@job(bound="cpu")\ndef probe(n: int, *, odd: Odd = Odd()) -> int: ...')


# Params: validation and fields


@pytest.mark.parametrize(
    ("signature", "given", "plain"),
    [
        ("least: int = 1", "5", 5),
        ("share: float = 1", "0.5", 0.5),
        ("deep: bool = False", "yes", True),
        ("word: str = ''", " as it is ", " as it is "),
        ("how: Literal['a', 'b'] = 'a'", "b", "b"),
        ("power: Literal[2, 10] = 2", "10", 10),
        ("power: Literal[2, 10] = 2", 10, 10),
        ("colour: enum.Enum('Colour', {'RED': 'r', 'BLUE': 'b'}) = 'r'", "b", "b"),
        ("size: enum.Enum('Size', {'S': 1, 'L': 2}) = 1", "2", 2),
        ("words: list[str] = []", ["x", "y"], ["x", "y"]),
        ("numbers: list[int] = []", ["1", "2"], [1, 2]),
        ("most: int | None = None", None, None),
        ("most: Annotated[int | None, Field(ge=1)] = None", "3", 3),
    ],
)
def test_given_texts_are_read_as_their_types(signature: str, given: Any, plain: Any) -> None:
    name = signature.partition(":")[0]
    found = define_params(signature)

    complete = params.validate_params(found, {name: given})

    assert complete == {name: plain}
    assert json.loads(json.dumps(complete)) == complete
    assert params.validate_params(found, complete) == complete


def test_typed_params_are_what_the_function_takes() -> None:
    found = define_params("size: enum.Enum('Size', {'S': 1, 'L': 2}) = 1, words: tuple[str, ...] = ()")

    typed = params.typed_params(found, params.validate_params(found, {"size": "2", "words": ["a"]}))

    assert (typed["size"].name, typed["words"]) == ("L", ("a",))


@pytest.mark.parametrize("name", ["model_config", "model_dump", "model_extra", "copy", "schema", "param_", "self"])
def test_a_param_may_have_a_name_that_pydantic_uses(name: str) -> None:
    found = define_params(f"{name}: int = 1")

    assert params.typed_params(found, params.validate_params(found, {name: "5"})) == {name: 5}


@pytest.mark.parametrize(("choices", "cell", "item"), [("'a', 'b'", " a ", "a"), ("2, 10", "010", 10)])
def test_an_item_may_be_one_of_few(choices: str, cell: str, item: Any) -> None:
    found = define(f'@job(bound="cpu")\ndef probe(n: Literal[{choices}]) -> int: ...')

    assert perform.read_item(found, cell) == item
    with pytest.raises(ItemError, match=r"n: .* is none of the choices: give .* or "):
        perform.read_item(found, "77")


@pytest.mark.parametrize("annotation", ["dict[str, Any]", "dict", "typing.Mapping[str, object]"])
def test_columns_by_params_need_no_typed_dict(annotation: str) -> None:
    found = define(f'@job(bound="cpu", columns=lambda params: {{"a": int}})\ndef probe(n: int) -> {annotation}: ...')

    assert [column.name for column in found.columns({})] == ["a"]
    assert not found.scalar


def test_params_that_are_left_out_have_their_defaults() -> None:
    assert params.validate_params(factorial_job(), {}) == {"engine": "gmp"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"engine": "abacus"}, "engine: 'abacus' is none of the choices: give gmp or python"),
        ({"speed": 1}, "factorial has no param speed (it has engine)"),
        ({"engine": None}, "engine: None is none of the choices: give gmp or python"),
    ],
)
def test_wrong_params_are_refused_with_a_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadParams) as refused:
        params.validate_params(factorial_job(), given)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("signature", "given", "sentence"),
    [
        ("least: Annotated[int, Field(ge=1, le=9)] = 1", "many", "'many' is not a whole number: give 1 to 9"),
        ("least: Annotated[int, Field(ge=1, le=9)] = 1", "10", "'10' is too large: give 1 to 9"),
        ("least: Annotated[int, Field(gt=0)] = 1", 0, "0 is too small: give at least 1"),
        ("least: Annotated[float, Field(gt=0)] = 1", 0, "0 is too small: give more than 0"),
        ("least: Annotated[float, Field(lt=1_000)] = 1", 1e3, "1000.0 is too large: give less than 1,000"),
        ("least: Annotated[int | None, Field(ge=2)] = None", "1", "'1' is too small: give at least 2, or none"),
        ("least: bool = True", "perhaps", "'perhaps' is neither yes nor no"),
        ("least: Literal['a', 'b', 'c'] = 'a'", "x" * 99, "what was given is none of the choices: give a, b or c"),
        ("least: list[int] = []", ["1", "two"], "'two' is not a whole number"),
        ("least: tuple[int, int] = (1, 2)", ["1"], "what was given has too few entries"),
        ("least: Annotated[str, Field(max_length=3)] = ''", "four", "'four' has 4 characters: give 3 at most"),
        ("least: Annotated[str, Field(min_length=2)] = 'ab'", "a", "'a' has 1 characters: give 2 at least"),
        (
            "least: Annotated[str, Field(pattern='^[a-z]*$')] = ''",
            "a\nB",
            r"'a\nB' has characters that are not allowed here: leave out '\n', 'B'",
        ),
        (
            "least: Annotated[str, Field(pattern='^[a-z]*$')] = ''",
            "é",
            "'é' has characters that are not allowed here: leave out 'é'",
        ),
        (
            "least: Annotated[str, Field(pattern='^[a-z]{2}$', description='two letters')] = 'de'",
            "deu",
            "'deu' is not of the form that is wanted (two letters)",
        ),
        (
            "least: Annotated[str, Field(pattern='^[a-z]{2}$')] = 'de'",
            "deu",
            "'deu' is not of the form that is wanted (the pattern ^[a-z]{2}$)",
        ),
        (
            "least: Annotated[int, Field(ge=5, json_schema_extra={'secret': True})] = 5",
            "1",
            "what was given is too small: give at least 5",
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_would_do(signature: str, given: Any, sentence: str) -> None:
    with pytest.raises(BadParams) as refused:
        params.validate_params(define_params(signature), {"least": given})

    assert str(refused.value) == f"least: {sentence}"


@pytest.mark.parametrize("given", ["nan", "inf", float("nan"), float("-inf")])
def test_numbers_without_an_end_are_refused(given: Any) -> None:
    with pytest.raises(BadParams, match=r"share: .* is not a number with an end"):
        params.validate_params(define_params("share: float = 1"), {"share": given})


def test_every_wrong_param_has_its_sentence() -> None:
    found = define_params("a: int = 1, b: Annotated[int, Field(le=3)] = 1")

    with pytest.raises(BadParams, match=r"a: .*; b: .*"):
        params.validate_params(found, {"a": "x", "b": 4})


def test_job_without_params_says_so() -> None:
    with pytest.raises(BadParams, match=r"probe has no param x \(it has none\)"):
        params.validate_params(define('@job(bound="cpu")\ndef probe(n: int) -> int: ...'), {"x": 1})


@pytest.mark.parametrize("name", ["copy", "schema", "dict", "model_name", "fields", "validate"])
def test_names_that_pydantic_uses_itself_are_free(name: str) -> None:
    found = define_params(f"{name}: int = 1")

    assert params.typed_params(found, params.validate_params(found, {name: "2"})) == {name: 2}


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        ("deep: bool = True", {"input": "switch", "default": True}),
        ("least: Annotated[int, Field(ge=1, le=50)] = 3", {"input": "whole", "default": 3, "least": 1, "most": 50}),
        ("least: Annotated[int, Field(gt=1, lt=50)] = 3", {"input": "whole", "least": 2, "most": 49}),
        ("share: Annotated[float, Field(ge=0.5)] = 1", {"input": "number", "default": 1.0, "least": 0.5, "most": None}),
        ("word: str = 'x'", {"input": "text", "default": "x", "optional": False}),
        ("word: str | None = None", {"input": "text", "default": None, "optional": True}),
        ("most: Annotated[int, Field(ge=2)] | None = None", {"input": "whole", "least": 2, "optional": True}),
        ("how: Literal['a', 'b'] = 'b'", {"input": "choice", "choices": ("a", "b"), "default": "b"}),
        ("power: Literal[2, 10] = 10", {"input": "choice", "choices": ("2", "10"), "default": "10"}),
        ("size: enum.Enum('S', {'A': 1, 'B': 2}) = 2", {"input": "choice", "choices": ("1", "2"), "default": "2"}),
        ("words: list[str] = ['a']", {"input": "lines", "default": ["a"]}),
        ("words: list = []", {"input": "lines", "default": []}),
        ("words: list[Literal['a', 'b']] = []", {"input": "lines"}),
        ("words: list[enum.Enum('S', {'A': 1})] = []", {"input": "lines"}),
        ("words: tuple[str, ...] = ()", {"input": "lines"}),
        (
            "text: Annotated[str, Field(json_schema_extra={'multiline': True}, description='many')] = ''",
            {"input": "text", "multiline": True, "help": "many"},
        ),
    ],
)
def test_fields_ask_for_a_param_as_its_type_says(signature: str, expected: dict[str, Any]) -> None:
    field = field_of(signature)

    assert {name: getattr(field, name) for name in expected} == expected


def test_choices_of_a_field_are_all_accepted() -> None:
    for signature in ("power: Literal[2, 10] = 10", "size: enum.Enum('S', {'A': 1, 'B': 2}) = 2"):
        found = define_params(signature)
        (field,) = params.form_fields(found)

        assert len({params.validate_params(found, {field.name: choice})[field.name] for choice in field.choices}) == 2


def test_label_of_a_field_reads_as_words() -> None:
    assert field_of("user_agent: str = ''").label == "User agent"


def factorial_job() -> Job:
    return catalog.find().job("factorial")


# Kinds


@pytest.mark.parametrize(
    ("cell", "number"),
    [("5000", 5000), (" 7 ", 7), ("007", 7), ("+5", 5), ("-1", -1), ("-0", 0), ("9" * 1000, int("9" * 1000))],
)
def test_whole_numbers_are_read(cell: str, number: int) -> None:
    assert kinds.read_integer(cell) == number


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("", "the cell is empty"),
        ("  \t", "the cell is empty"),
        ("2.5", '"2.5" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("five", '"five" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("1e5", '"1e5" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("True", '"True" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("٣", '"٣" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("1_000", '"1_000" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("0x10", '"0x10" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("1,000", '"1,000" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("--1", '"--1" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("1 2", '"1 2" is not a whole number (want the digits 0 to 9 only, as in 5000)'),
        ("9" * 5000, "a number of 5,000 digits is too long (at most 1,000)"),
    ],
)
def test_what_is_no_whole_number_has_its_sentence(cell: str, sentence: str) -> None:
    with pytest.raises(ValueError) as refused:
        kinds.read_integer(cell)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(("cell", "number"), [("2.5", 2.5), (".5", 0.5), ("5.", 5.0), ("1e5", 1e5), ("-1E-3", -0.001)])
def test_numbers_are_read(cell: str, number: float) -> None:
    assert kinds.read_float(cell) == number


@pytest.mark.parametrize("cell", ["", "nan", "inf", "1e999", "1,5", "1_0", ".", "e5", "٣.٥", "0x1p3"])
def test_what_is_no_number_is_refused(cell: str) -> None:
    with pytest.raises(ValueError):
        kinds.read_float(cell)


@pytest.mark.parametrize(
    ("cell", "url"),
    [
        ("http://example.org", "http://example.org"),
        (" HTTPS://Example.org/A?b#c ", "HTTPS://Example.org/A?b#c"),
        ("example.org/page", "https://example.org/page"),
        ("example.org:8080/page", "https://example.org:8080/page"),
        ("example.org?next=http://other.example/", "https://example.org?next=http://other.example/"),
        ("münchen.example/straße", "https://münchen.example/straße"),
        ("http://[::1]:8000/", "http://[::1]:8000/"),
        ("<http://example.org/a_(b)>", "http://example.org/a_(b)"),
        ("[text](http://example.org/a_(b))", "http://example.org/a_(b)"),
        ("\u200b'example.org'\u2069", "https://example.org"),
    ],
)
def test_urls_are_read(cell: str, url: str) -> None:
    assert kinds.read_url(cell) == url


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("", "the cell is empty"),
        ("htp:/x", '"htp:/x" is not a URL (want http:// or https://)'),
        ("ftp://example.org/", '"ftp://example.org/" is not a URL (want http:// or https://)'),
        ("javascript:alert(1)", '"javascript:alert(1)" is not a URL (want http:// or https://)'),
        ("mailto:ann@example.org", '"mailto:ann@example.org" is not a URL (want http:// or https://)'),
        ("not a url", '"not a url" is not a URL (want http:// or https://)'),
        ("http://example.org/a b", '"http://example.org/a b" is not a URL (want http:// or https://)'),
        ("localhost", '"localhost" is not a URL (want http:// or https://)'),
        ("5000", '"5000" is not a URL (want http:// or https://)'),
        ("http://", '"http://" is not a URL: it names no host'),
        ("http:///path", '"http:///path" is not a URL: it names no host'),
        ("http://[::1/", '"http://[::1/" is not a URL: it names no host'),
        (
            "http://example.org:99999/",
            '"http://example.org:99999/" is not a URL: its port is not a number from 0 to 65535',
        ),
        ("http://example.org:x/", '"http://example.org:x/" is not a URL: its port is not a number from 0 to 65535'),
        ("http://e.example/" + "a" * 9000, "a URL of 9,017 characters is too long (at most 8,192)"),
    ],
)
def test_what_is_no_url_has_its_sentence(cell: str, sentence: str) -> None:
    with pytest.raises(ValueError) as refused:
        kinds.read_url(cell)

    assert str(refused.value) == sentence


def test_control_characters_are_in_no_url() -> None:
    for character in "\x00\x07\x1b\x7f\x85":
        with pytest.raises(ValueError, match="is not a URL"):
            kinds.read_url(f"http://example.org/{character}/")


def test_columns_are_recognised_by_their_cells() -> None:
    for cell in ("http://x", "example.org", "www.example.org/a?b"):
        assert kinds.URL.looks_like(cell)
    for cell in ("", "5000", "2.5", "hello", "ann@example.org", "10:30"):
        assert not kinds.URL.looks_like(cell)
    assert kinds.INTEGER.looks_like(" 12 ")
    assert not kinds.INTEGER.looks_like("1.2")
    assert kinds.FLOAT.looks_like("1.2")
    assert not kinds.FLOAT.looks_like("x")
    assert not kinds.TEXT.looks_like("  ")


def test_cells_are_quoted_short_and_on_one_line() -> None:
    assert kinds.shorten("a\n  b") == '"a b"'
    assert kinds.shorten("x" * 61) == f'"{"x" * 59}…"'


# What a job may ask and tell


@pytest.fixture
def here() -> Iterator[context.Context]:
    now = context.Context()
    context.enter(now)
    yield now
    context.enter(None)


def test_outside_the_machine_nothing_listens_and_nothing_limits() -> None:
    assert (context.time_left(), context.attempt(), context.carried()) == (float("inf"), 1, None)
    context.progress(0.5, "half")
    context.pace(hold=1)


def test_time_left_ends_at_zero(here: context.Context) -> None:
    here.deadline = 0.0

    assert context.time_left() == 0.0


def test_progress_stays_between_none_and_all(here: context.Context) -> None:
    told: list[tuple[float, str]] = []
    here.report = lambda share, phase: told.append((share, phase))

    for share in (None, -3, 0.5, 7):
        context.progress(share, "phase")

    assert told == [(-1.0, "phase"), (0.0, "phase"), (0.5, "phase"), (1.0, "phase")]


def test_what_is_learnt_of_a_group_adds_up(here: context.Context) -> None:
    context.pace(latency=0.2)
    context.pace(hold=12, why="Retry-After")

    assert here.paces == {"latency": 0.2, "hold": 12, "why": "Retry-After"}


def test_settings_are_read_by_their_documented_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBS_MAX_DIGITS", "12")

    assert context.setting("JOBS_MAX_DIGITS") == 12
    with pytest.raises(KeyError):
        context.setting("JOBS_NOWHERE")


def test_try_later_never_looks_back() -> None:
    assert TryLater(-5, "busy", "it is busy").seconds == 0.0


# The catalog

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
    write("secret.py", GOOD.replace('bound="cpu"', 'bound="cpu", hidden=True'))

    found = catalog.find()

    assert "secret" not in found.shown
    assert found.job("secret").function(1) == 2


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
    write("secret.py", GOOD.replace('bound="cpu"', 'bound="cpu", hidden=True'))

    with pytest.raises(UnknownJob) as refused:
        catalog.find().job("nowhere")

    assert str(refused.value).startswith("there is no job 'nowhere' (there are: factorial")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("name", ["runtime", "ui", "__main__"])
def test_rooms_of_the_house_are_no_jobs(name: str) -> None:
    with pytest.raises(UnknownJob):
        catalog.load(name)


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


def test_pace_has_gentle_defaults() -> None:
    assert Pace() == Pace(at_once=None, pause=0.0)
    assert factorial.factorial.__job__.pace == Pace()  # type: ignore[attr-defined]
