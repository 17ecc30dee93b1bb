"""Every kind of param: what was given reaches the function as it was read once, through form, option and store."""

import json
import math
from typing import Any

import pytest

from jobs.runtime.core.errors import BadParams, DefinitionError
from jobs.runtime.job import params
from jobs.runtime.job.definition import Job
from tests.support.probe import define

KINDS = """
import collections, dataclasses, datetime, decimal, fractions, ipaddress, pathlib, re, uuid
from pydantic import (AfterValidator, BaseModel, BeforeValidator, ByteSize, Json, PlainSerializer, PlainValidator,
    SecretBytes, SecretStr, WrapValidator, WrapSerializer)
from pydantic.types import Secret
from typing_extensions import TypeAliasType
class Size(enum.IntEnum):
    S = 1
    L = 2
class Word(str, enum.Enum):
    RED = 'r'
    BLUE = 'b'
class Pair(enum.Enum):
    A = (1, 2)
    B = (3, 4)
class Rights(enum.IntFlag):
    R = 4
    W = 2
Many = enum.Flag('Many', 'A B C D E F G')
class Login(typing.NamedTuple):
    user: str = 'me'
    password: SecretStr = SecretStr('')
class Account(BaseModel):
    user: str = 'me'
    login: Login = Login()
Small = TypeAliasType('Small', Annotated[int, Field(ge=3, le=9)])
T = typing.TypeVar('T')
Several = TypeAliasType('Several', list[T], type_params=(T,))
Said = typing.NewType('Said', bool)
Token = typing.NewType('Token', SecretStr)
Key = TypeAliasType('Key', SecretStr)
class Opened:
    def __init__(self, name):
        self.name = name
percent = AfterValidator(lambda x: x / 100)
split = BeforeValidator(lambda text: text.split(','))
kilos = PlainSerializer(lambda x: f'{x} kg', return_type=str)
broken = PlainSerializer(lambda x: 1 / 0)
lossy = PlainSerializer(lambda x: round(x))
def wrapped(given, inner):
    return inner(given.removeprefix('n='))
"""


def job_of(annotation: str, default: str) -> Job:
    return define(f"{KINDS}\n@job(bound='cpu')\ndef probe(n: int, *, p: {annotation} = {default}) -> int: return n")


def arrives(job: Job, given: dict[str, Any]) -> Any:
    """What the function gets: through the store, as JSON, read again by the worker."""
    stored = json.loads(json.dumps(params.validate_params(job, given)))
    typed = params.typed_params(job, stored)["p"]
    assert params.validate_params(job, stored) == stored  # a repetition stores the same
    return typed


GIVEN = [
    ("Annotated[float, percent]", "50", "50", "0.5"),
    ("Annotated[float, percent]", "50", 50, "0.5"),
    ("Annotated[float, percent]", "50", "0", "0.0"),
    ("Annotated[list[str], split]", "'a'", "a,b", "['a', 'b']"),
    ("Annotated[list[int], split]", "'1'", "1,2", "[1, 2]"),
    ("Annotated[int, PlainValidator(lambda t: len(t))]", "'abc'", "ab", "2"),
    ("Annotated[int, WrapValidator(wrapped)]", "'n=1'", "n=7", "7"),
    ("Json", "'{}'", '{"a": [1, null, 12345678901234567890]}', "{'a': [1, None, 12345678901234567890]}"),
    ("Json[dict[str, int]]", "'{}'", '{"a": 1}', "{'a': 1}"),
    ("Annotated[float, kilos]", "1.5", "2.5", "2.5"),
    ("Annotated[float, broken]", "1.5", "2.5", "2.5"),
    ("Annotated[float, lossy]", "1.5", "2.5", "2.5"),
    ("SecretStr", "'x'", "hush", "SecretStr('**********')"),
    ("SecretBytes", "b'x'", "hush", "SecretBytes(b'**********')"),
    ("list[SecretStr]", "[]", ["a", "b"], "[SecretStr('**********'), SecretStr('**********')]"),
    ("Size", "Size.S", "2", "<Size.L: 2>"),
    ("Size", "1", 2, "<Size.L: 2>"),
    ("Word", "Word.RED", "b", "<Word.BLUE: 'b'>"),
    ("Pair", "Pair.A", "(3, 4)", "<Pair.B: (3, 4)>"),
    ("Rights", "Rights.R", "2", "<Rights.W: 2>"),
    ("Rights", "Rights.R | Rights.W", "6", "<Rights.R|W: 6>"),
    ("Rights", "Rights.R", "0", "<Rights: 0>"),
    ("Many", "Many.A", "127", "<Many.A|B|C|D|E|F|G: 127>"),
    ("list[Rights]", "[]", ["6", "2"], "[<Rights.R|W: 6>, <Rights.W: 2>]"),
    ("Small", "5", "9", "9"),
    ("Several[int]", "[]", ["2"], "[2]"),
    ("Said", "True", False, "False"),
    ("Literal[1, 2, 10]", "1", "10", "10"),
    ("Literal['1', '2']", "'1'", "2", "'2'"),
    ("Literal['a', None]", "None", "a", "'a'"),
    ("Literal[True, False]", "True", "False", "False"),
    ("list[Literal[1, 2]]", "[]", ["1", "2", "1"], "[1, 2, 1]"),
    ("list[Size]", "[]", ["1", "2"], "[<Size.S: 1>, <Size.L: 2>]"),
    ("list[Word] | None", "None", ["r"], "[<Word.RED: 'r'>]"),
    ("list[str] | None", "None", None, "None"),
    ("bool | None", "None", None, "None"),
    ("bool | None", "None", "no", "False"),
    ("Optional[Annotated[int, Field(ge=1)]]", "None", "3", "3"),
    ("datetime.date", "datetime.date(2024, 2, 29)", "2025-01-31", "datetime.date(2025, 1, 31)"),
    ("datetime.time", "datetime.time(1, 2)", "23:59:30", "datetime.time(23, 59, 30)"),
    ("datetime.datetime", "datetime.datetime(2024, 1, 1)", "2024-05-06T07:08:09.123456+02:00", None),
    ("datetime.timedelta", "datetime.timedelta(1)", "PT1H30M", "datetime.timedelta(seconds=5400)"),
    ("decimal.Decimal", "decimal.Decimal('0.1')", "0.10000000000000000000000000001", None),
    ("decimal.Decimal", "decimal.Decimal('1E+2')", "1.50", "Decimal('1.50')"),
    ("fractions.Fraction", "fractions.Fraction(1, 3)", "2/7", "Fraction(2, 7)"),
    ("complex", "1j", "1+2j", "(1+2j)"),
    ("pathlib.Path", "pathlib.Path('a')", "b/ü c.csv", "PosixPath('b/ü c.csv')"),
    ("uuid.UUID", "uuid.UUID(int=1)", "12345678-1234-5678-1234-567812345678", None),
    ("ipaddress.IPv4Address", "ipaddress.IPv4Address('1.1.1.1')", "10.0.0.1", "IPv4Address('10.0.0.1')"),
    ("re.Pattern[str]", "re.compile('a')", "b+", "re.compile('b+')"),
    ("bytes", "b'a'", "ü", "b'\\xc3\\xbc'"),
    ("ByteSize", "1", "2 KiB", "2048"),
    ("int", "0", "9007199254740993", "9007199254740993"),
    ("int", "0", str(10**40), str(10**40)),
    ("int", str(-(2**64)), 2**63, str(2**63)),
    ("float", "0.0001", "1e-7", "1e-07"),
    ("float", "0.1", 0.1 + 0.2, "0.30000000000000004"),
    ("float", "1", "5e-324", "5e-324"),
    ("Annotated[float, Field(allow_inf_nan=True)]", "float('inf')", "-inf", "-inf"),
    ("int | str", "5", "5", "'5'"),
    ("int | str", "5", 7, "7"),
    ("str", "''", " as it\nis\t", "' as it\\nis\\t'"),
    ("str", "''", "{no secret} {}", "'{no secret} {}'"),
    ("tuple[int, str]", "(1, 'a')", ["2", "b"], "(2, 'b')"),
    ("tuple[int, ...]", "()", ["2", "3"], "(2, 3)"),
    ("set[int]", "{1}", ["3", "2", "3"], "{2, 3}"),
    ("frozenset[str]", "frozenset()", ["a"], "frozenset({'a'})"),
    ("collections.deque[int]", "collections.deque()", ["1"], "deque([1])"),
    ("list[float]", "[]", ["0.1", "1e300"], "[0.1, 1e+300]"),
    ("Annotated[tuple[str, ...], AfterValidator(lambda t: t + ('z',))]", "()", ["a"], "('a', 'z')"),
]


@pytest.mark.parametrize(("annotation", "default", "given", "expected"), GIVEN)
def test_what_is_given_arrives_as_it_is_read_once(annotation: str, default: str, given: Any, expected: str) -> None:
    job = job_of(annotation, default)
    once = params.typed_params(job, {"p": given})["p"]

    got = arrives(job, {"p": given})

    assert (type(got), got) == (type(once), once)
    assert expected is None or repr(got) == expected


@pytest.mark.parametrize(("annotation", "default"), sorted({(kind, default) for kind, default, *_ in GIVEN}))
def test_a_default_arrives_as_it_is_read_once(annotation: str, default: str) -> None:
    job = job_of(annotation, default)
    once = params.typed_params(job, {})["p"]

    got = arrives(job, {})

    assert (type(got), got, repr(got)) == (type(once), once, repr(once))


@pytest.mark.parametrize(
    ("annotation", "default", "expected"),
    [
        ("Json", "{'a': 1}", "{'a': 1}"),
        ("Annotated[list[str], split]", "['a']", "['a']"),
        ("Annotated[float, percent]", "50", "0.5"),
        ("Annotated[float, Field(allow_inf_nan=True)]", "float('inf')", "inf"),
    ],
)
def test_a_default_that_is_a_value_already_is_no_text_for_the_authors_reader(
    annotation: str, default: str, expected: str
) -> None:
    assert repr(arrives(job_of(annotation, default), {})) == expected


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("datetime.date", "datetime.date(2024, 2, 29)"),
        ("decimal.Decimal", "decimal.Decimal('1.50')"),
        ("Size", "Size.L"),
        ("Pair", "Pair.B"),
        ("set[int]", "{3, 1}"),
        ("SecretStr", "SecretStr('hush')"),
        ("bytes", "b'abc'"),
        ("Annotated[float, Field(allow_inf_nan=True)]", "float('-inf')"),
        ("datetime.timedelta", "datetime.timedelta(microseconds=1)"),
        ("datetime.datetime", "datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)"),
        ("list[datetime.datetime]", "[datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)]"),
    ],
)
def test_values_of_a_program_arrive_as_they_are(annotation: str, value: str) -> None:
    job = define(
        f"{KINDS}\nDEFAULT = {value}\n@job(bound='cpu')\ndef probe(n: int, *, p: {annotation} = DEFAULT) -> int: ..."
    )
    given = job.params[0].default

    got = arrives(job, {"p": given})

    assert (type(got), got) == (type(given), given)


@pytest.mark.parametrize("given", ["a", "b"])
def test_what_a_validator_makes_need_not_be_comparable(given: str) -> None:
    job = job_of("Annotated[str, AfterValidator(Opened)]", "'a'")

    assert params.validate_params(job, {"p": given}) == {"p": given}
    assert arrives(job, {"p": given}).name == given
    assert [field.default for field in params.form_fields(job)] == ["a"]


@pytest.mark.parametrize(
    ("annotation", "default", "asked", "choices"),
    [
        ("Small", "5", "whole", ()),
        ("Said", "True", "switch", ()),
        ("Several[int]", "[]", "lines", ()),
        ("Rights", "Rights.R | Rights.W", "choice", ("4", "2", "6", "0")),
        ("Many", "Many.A", "text", ()),
    ],
)
def test_a_name_for_a_type_and_flags_are_asked_for_as_what_they_are(
    annotation: str, default: str, asked: str, choices: tuple[str, ...]
) -> None:
    job = job_of(annotation, default)

    (field,) = params.form_fields(job)

    assert (field.input, field.choices) == (asked, choices)
    assert arrives(job, {"p": field.default}) == arrives(job, {})


SECRETS = [
    ("Token", "'x'", "hush-hush"),
    ("Key", "'x'", "hush-hush"),
    ("list[Key] | None", "None", ["hush-hush"]),
    ("Login", "Login()", ["me", "hush-hush"]),
    ("Json[Account]", "'{}'", '{"login": ["me", "hush-hush"]}'),
    ("Json[list[Account]]", "'[]'", '[{"login": ["me", "hush-hush"]}]'),
    ("Secret[int]", "5", 12345678),
    ("Annotated[int, Field(json_schema_extra={'secret': True})]", "5", 12345678),
    ("Annotated[float, Field(json_schema_extra={'secret': True})]", "5", 12345678.5),
    ("Annotated[list[int], Field(json_schema_extra={'secret': True})]", "[]", [12345678]),
]


@pytest.mark.parametrize(("annotation", "default", "given"), SECRETS)
def test_a_secret_is_hidden_wherever_in_a_type_it_stands(annotation: str, default: str, given: Any) -> None:
    job = job_of(annotation, default)

    shown, hidden = params.conceal(job, params.validate_params(job, {"p": given}))

    assert shown == {"p": params.HIDDEN}
    assert hidden == {"p": given}
    assert params.form_fields(job)[0].secret


def test_a_type_that_holds_itself_is_no_secret_and_ends() -> None:
    job = define(
        f"{KINDS}\nclass Tree(BaseModel):\n    inner: 'list[Tree]' = []\n"
        "@job(bound='cpu')\ndef probe(n: int, *, p: Json[Tree] = '{}') -> int: return n"
    )

    assert params.secret_params(job) == frozenset()


def test_what_can_be_gone_through_once_is_refused_at_the_mark() -> None:
    with pytest.raises(DefinitionError, match="param p is of a kind that can be gone through once: use a list"):
        job_of("typing.Iterable[int]", "[]")


def test_no_number_is_one_too() -> None:
    job = job_of("Annotated[float, Field(allow_inf_nan=True)]", "0")

    assert math.isnan(params.typed_params(job, {"p": "nan"})["p"])


@pytest.mark.parametrize("annotation", ["Model", "list[Model]", "Model | None", "Data", "dict[str, int]", "object"])
def test_a_kind_that_no_form_can_ask_for_is_refused_at_the_mark(annotation: str) -> None:
    extra = "class Model(BaseModel):\n    a: int = 1\n@dataclasses.dataclass\nclass Data:\n    a: int = 1\n"

    with pytest.raises(DefinitionError, match="param p has a type that no form can ask for"):
        define(f"{KINDS}\n{extra}\n@job(bound='cpu')\ndef probe(n: int, *, p: {annotation} = Model()) -> int: ...")


def test_an_infinite_default_of_a_number_with_an_end_is_refused_at_the_mark() -> None:
    with pytest.raises(DefinitionError, match=r"p: inf is not a number with an end .*allow_inf_nan=True"):
        job_of("float", "float('inf')")


def test_choices_that_read_the_same_are_refused_at_the_mark() -> None:
    with pytest.raises(DefinitionError, match="has choices that read the same as texts"):
        job_of("Literal[1, '1']", "1")


@pytest.mark.parametrize(
    "given", ["[].pop(0)", "{}['a']", "None.x", "1 / 0", "int('x')"], ids=["index", "key", "attribute", "zero", "value"]
)
def test_a_validator_that_breaks_is_a_sentence(given: str) -> None:
    job = job_of(f"Annotated[str, AfterValidator(lambda x: x and ({given}))]", "''")

    with pytest.raises(BadParams, match=r"^p: "):
        params.validate_params(job, {"p": "x"})
