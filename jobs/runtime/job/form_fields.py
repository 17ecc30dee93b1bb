"""One param as a form or a command line asks for it, and what is wrong with a value: one sentence that names the param
and the value, and says what would do."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from jobs.runtime.core.errors import BadParams
from jobs.runtime.core.job_terms import AUTO

MOST_SHOWN = 60
"""A longer value is not repeated in a sentence."""


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One param as a form or a command line asks for it.

    `input` is one of: switch (bool), whole (int), number (float), choice (one of `choices`), text (str), lines
    (a list, one entry a line; on the command line the option may be repeated). Limits are inclusive; None: none.
    `examples` are texts that a form offers beside any other (those of its Field).
    `optional` says that it may be left empty (None). A text whose Field has
    `json_schema_extra={"multiline": True}` is asked for in an area of several lines; one with `{"secret": True}` is
    shown nowhere: workers get it, and everybody else reads `HIDDEN`. `standing`: its default is in the job's code
    alone (no text stands for it, or it is secret), and holds where nothing is given. `auto`: it may
    be `auto` instead of a number, which is 0.

    `line` says what each line of such an area is made of (`{name} = {which} {what}`), `words` the words among which the
    parts of it are chosen that are not typed: a form puts lines together from them.

    `title` (that of its Field), `group` and `unit` are for people: what a form calls it, with which others it stands,
    and in what it is counted there: so many (`scale`) of what the param itself is counted in.
    """

    name: str
    input: str
    default: Any = None
    help: str = ""
    choices: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    optional: bool = False
    multiline: bool = False
    line: str = ""
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    secret: bool = False
    standing: bool = False
    title: str = ""
    group: str = ""
    unit: str = ""
    scale: int = 1
    auto: bool = False

    @property
    def label(self) -> str:
        """What a form calls it: its title, or its name (`user_agent` is "User agent"); and its unit."""
        title = self.title or _in_words(self.name)
        return f"{title}, {self.unit}" if self.unit else title

    @property
    def parts(self) -> list[str]:
        """The names of what a line is made of, in their order."""
        return [name for _, name, _, _ in string.Formatter().parse(self.line) if name]

    def part_label(self, part: str) -> str:
        """What a form calls a part of a line."""
        return _in_words(part)

    @property
    def range(self) -> str:
        """Its limits: `1 to 9`, `at least 1`, `at most 9`; empty where it has none."""
        if self.least is not None and self.most is not None:
            return f"{self.least:,} to {self.most:,}"
        if self.least is not None:
            return f"at least {self.least:,}"
        return f"at most {self.most:,}" if self.most is not None else ""

    def number(self, given: str | float) -> float:
        """A number of this field, from a text or as it is (a whole one stays whole). Raises BadParams."""
        if self.auto and given in (AUTO, "auto"):
            return AUTO
        number: float = math.nan
        with suppress(ValueError, OverflowError):
            number = _whole(given) if self.input == "whole" else float(given)
        if isinstance(number, float) and not math.isfinite(number):
            raise BadParams(f"{self.name}: {shown(given)} is {self._no_number}")
        if self.least is not None and number < self.least:
            raise BadParams(f"{self.name}: {shown(given)} is too small{self.wanted}")
        if self.most is not None and number > self.most:
            raise BadParams(f"{self.name}: {shown(given)} is too large{self.wanted}")
        return number

    @property
    def wanted(self) -> str:
        """What would do, as the end of a sentence; empty where the value's own fault says all there is to say."""
        if self.choices:
            return f": give {' or '.join([', '.join(self.choices[:-1]), self.choices[-1]])}"
        limits = f": give {self.range}" if self.range else ""
        if limits and self.auto:
            return f"{limits}, or auto"
        return f"{limits}, or none" if limits and self.optional else limits

    @property
    def _no_number(self) -> str:
        return ("not a whole number" if self.input == "whole" else "not a number") + self.wanted


def _in_words(name: str) -> str:
    """What a name of the code is for people: `user_agent` is "User agent"."""
    return name.replace("_", " ").capitalize()


def _whole(given: str | float) -> float:
    whole = int(given)
    return whole if isinstance(given, str) or whole == given else math.nan


def wrong(field: FormField, kind: str, given: Any, facts: Mapping[str, Any], message: str) -> str:
    """The sentence for an error of pydantic's: its kind, the value, its facts (`ctx`) and its own message.

    https://docs.pydantic.dev/latest/errors/validation_errors/
    """
    said = _FAULTS.get(kind)
    if said is None:
        said = _text_fault(field, kind, given, facts) or _own_words(field, kind, message, given)
    else:
        said = f"{shown(given, hidden=field.secret)} {said}{field.wanted or _beyond(facts)}"
    return f"{field.name}: {said}"


_FAULTS: Mapping[str, str] = {
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float", "int_parsing_size"), "is not a whole number"),
    **dict.fromkeys(("float_parsing", "float_type"), "is not a number"),
    **dict.fromkeys(("bool_parsing", "bool_type"), "is neither yes nor no"),
    **dict.fromkeys(("literal_error", "enum"), "is none of the choices"),
    **dict.fromkeys(("greater_than_equal", "greater_than"), "is too small"),
    **dict.fromkeys(("less_than_equal", "less_than"), "is too large"),
    "finite_number": "is not a number with an end (Field(allow_inf_nan=True) would allow it)",
    "string_type": "is not a text",
    "missing": "has too few entries",
}


def _beyond(facts: Mapping[str, Any]) -> str:
    """What would do where a limit is not itself allowed."""
    if "gt" in facts:
        return f": give more than {facts['gt']:,g}"
    return f": give less than {facts['lt']:,g}" if "lt" in facts else ""


def shown(given: Any, *, hidden: bool = False) -> str:
    """A value as a sentence names it."""
    text = repr(given)
    return "what was given" if hidden or isinstance(given, dict | list) or len(text) > MOST_SHOWN else text


def _text_fault(field: FormField, kind: str, given: Any, facts: Mapping[str, Any]) -> str:
    value = shown(given, hidden=field.secret)
    if kind == "string_too_long":
        return f"{value} has {len(given):,} characters: give {facts['max_length']:,} at most"
    if kind == "string_too_short":
        return f"{value} has {len(given):,} characters: give {facts['min_length']:,} at least"
    if kind != "string_pattern_mismatch":
        return ""
    odd = _odd_characters(given, facts["pattern"])
    if odd:
        return f"{value} has characters that are not allowed here: leave out {odd}"
    wanted = field.help or f"the pattern {facts['pattern']}"
    return f"{value} is not of the form that is wanted ({wanted})"


def _odd_characters(given: str, pattern: str) -> str:
    """Those characters of a text that a pattern does not allow alone; none where it allows no character alone."""
    if pattern.endswith("$"):
        pattern = pattern[:-1] + r"\Z"  # as pydantic means it: no line break behind it
    with suppress(re.error):
        if any(re.search(pattern, character) for character in string.printable):
            odd = [character for character in dict.fromkeys(given) if not re.search(pattern, character)]
            return ", ".join(map(repr, odd[:5]))
    return ""


_AUTHORS = frozenset({"value_error", "assertion_error"})


def _own_words(field: FormField, kind: str, message: str, given: Any) -> str:
    if field.secret and kind not in _AUTHORS:
        return f"what was given does not fit ({kind.replace('_', ' ')})"  # pydantic's words may quote a part of it
    message = message.removeprefix("Value error, ")
    value = shown(given, hidden=field.secret or field.multiline)
    return f"{message[:1].lower()}{message[1:]}" + ("" if value == "what was given" else f" (given: {value})")
