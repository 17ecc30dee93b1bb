"""Help that ends with examples, of every verb."""

from __future__ import annotations

import shlex

import pytest

from tests.support.command_lines import PROGRAM, all_verbs, help_of, read_command
from tests.support.processes import Python


@pytest.mark.parametrize("verb", all_verbs())
def test_the_help_of_a_verb_ends_with_examples_that_can_be_read(verb: str) -> None:
    examples = help_of(verb).partition("\nExamples:\n")[2].splitlines()

    assert 1 <= len(examples) <= 3, f"python -m jobs {verb} --help ends with no examples"
    for example in examples:
        words = shlex.split(example)
        assert words[3:][: len(verb.split())] == verb.split()
        assert words[:3] == PROGRAM.split()
        assert read_command(words[3:]).info_name == verb


def test_the_examples_of_a_job_follow_its_params(python: Python) -> None:
    printed = python("-m", "jobs", "run", "scrape", "--help").stdout

    assert printed.index("--accept-language") < printed.index("Without options:") < printed.index("\nExamples:\n")
    assert printed.splitlines()[-1].startswith("  python -m jobs run scrape urls.csv")


@pytest.mark.parametrize("group", ["presets", "schedule"])
def test_the_help_of_a_group_of_verbs_ends_with_an_example_of_each_of_the_first_two(python: Python, group: str) -> None:
    examples = python("-m", "jobs", group, "--help").stdout.partition("\nExamples:\n")[2].splitlines()

    first, second = (shlex.split(example)[3:5] for example in examples)
    assert first[0] == second[0] == group
    assert first[1] != second[1]
    assert "{" not in examples[0]
