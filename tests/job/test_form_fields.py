"""The fields of a form that ask for the params of a job."""

from typing import Any

import pytest

from jobs.runtime.job import params
from tests.support.probe import define_params


def field_of(signature: str) -> params.FormField:
    (field,) = params.form_fields(define_params(signature))
    return field


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
        (
            "text: Annotated[str, Field(json_schema_extra={'line': '{b}={how} {a}', 'words': {'how': ['all']}})] = ''",
            {"line": "{b}={how} {a}", "words": {"how": ("all",)}, "parts": ["b", "how", "a"]},
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
