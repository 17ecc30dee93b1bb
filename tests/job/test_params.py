"""What is given for the params of a job: read as their types, or refused with a sentence."""

import json
from typing import Any

import pytest

from jobs.runtime import catalog
from jobs.runtime.core.errors import BadParams
from jobs.runtime.job import params
from jobs.runtime.job.definition import Job
from tests.support.probe import define, define_params


def factorial_job() -> Job:
    return catalog.find().job("factorial")


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
