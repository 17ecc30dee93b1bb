"""Where the items of `check`, `run` and `measure` come from, and how their file is written."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jobs.runtime import client
from jobs.runtime.cli.options import packing
from jobs.runtime.cli.terminal import speakable
from jobs.runtime.core.errors import BadInput, Refused
from jobs.runtime.core.result_filter import ResultFilter

if TYPE_CHECKING:
    from jobs.runtime.core.presets import RunPreset
    from jobs.runtime.inputs import Preflight
    from jobs.runtime.job.definition import Job

MOST_PIPED = 2**29
"""Bytes of standard input, which is held in memory; files are not."""


@dataclass(frozen=True, kw_only=True)
class InputOptions:
    """What is said of the input, all else is found; `chosen` are columns, of rows as `FIELD=NAME`."""

    items: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    sheet: str = ""
    delimiter: str | None = None
    header: bool | None = None
    encoding: str = ""
    from_run: str = ""
    only: str | None = None
    where: tuple[str, ...] = ()
    explode: str = ""
    sitemaps: bool = False

    def preflight(self, job: str, file: str | None, params: Mapping[str, Any]) -> Preflight:
        """What a file holds for a job with these params (`-` is standard input), or the items given one by one. Raises
        Refused for both, BadInput and NoItems."""
        if file is not None and self.items:
            raise Refused("give a file or --item, not both")
        if self.from_run and (file is not None or self.items):
            raise Refused("--from takes the results of a run as items: leave out the file, or --item")
        if not self.from_run and (self.only or self.where or self.explode):
            raise Refused("--only, --where and --explode say which results of --from RUN are taken: name the run")
        if self.sitemaps and file is None:
            raise Refused("--sitemaps fetches what a FILE names, a sitemap index: give one")
        if self.from_run:
            found = self._of_results(job, params)
        else:
            found = self._of_cells(job, params) if file is None else self._of_file(job, file, params)
        if found.why_unbound:
            raise BadInput(f"{found.table.source or 'the items given'}: {found.why_unbound}")
        return found

    def _of_results(self, job: str, params: Mapping[str, Any]) -> Preflight:
        from jobs.runtime import reader

        source = reader.ResultSource(
            run=self.from_run,
            wanted=ResultFilter(state=self.only or ""),
            where=self._wanted(),
            explode=self.explode,
        )
        found = client.job_for(job, params)
        column, binding = self.choice(found)
        return reader.read_results(source, job=found, column=column, binding=binding)

    def _of_cells(self, job: str, params: Mapping[str, Any]) -> Preflight:
        from jobs.runtime import inputs

        return inputs.read_items([speakable(cell) for cell in self.items], job=client.job_for(job, params))

    def _of_file(self, job: str, file: str, params: Mapping[str, Any]) -> Preflight:
        from jobs.runtime import inputs, reader

        found = client.job_for(job, params)
        column, binding = self.choice(found)
        return reader.read_apart(
            _standard_input() if file == "-" else Path(file),
            name="standard input" if file == "-" else speakable(Path(file).name or file),
            job=found.name,
            column=column,
            sheet=self.sheet,
            options=inputs.ReadOptions(delimiter=self.delimiter, header=self.header, encoding=self.encoding),
            binding=binding,
            params=client.shown_params(job, params) if found.mark.fields else None,
            sitemaps=self.sitemaps,
            limits=reader.FILE,
        )

    def file_options(self) -> dict[str, Any]:
        """What is said of how a file is written, to be kept. Raises Refused where it is said of results."""
        if self.only or self.where or self.explode:
            raise Refused("--only, --where and --explode say which results of --from RUN are taken: name the run")
        return self._said("sheet", "delimiter", "header", "encoding", "sitemaps")

    def result_options(self) -> dict[str, Any]:
        """Which results of a run are taken, to be kept. Raises Refused."""
        if self._said("sheet", "delimiter", "header", "encoding", "sitemaps"):
            raise Refused("--from takes the results of a run: leave out what says how a file is written")
        return self._said("only", "explode") | ({"where": self._wanted()} if self.where else {})

    def _said(self, *names: str) -> dict[str, Any]:
        usual = InputOptions()
        return {name: getattr(self, name) for name in names if getattr(self, name) != getattr(usual, name)}

    def _wanted(self) -> tuple[tuple[str, str], ...]:
        pairs = [text.partition("=") for text in self.where]
        for name, sign, _ in pairs:
            if not sign:
                raise Refused(f"--where {name}: say which text the column holds, as in --where code=redirected")
        return tuple((name.strip(), text) for name, _, text in pairs)

    def with_preset(self, job: str, preset: RunPreset) -> InputOptions:
        """The same with the columns that a preset says, where nothing else is said of them."""
        if not client.job_named(job).takes_rows:
            return self if self.chosen or not preset.column else replace(self, chosen=(preset.column,))
        return replace(self, chosen=(*(f"{field}={name}" for field, name in preset.fields.items()), *self.chosen))

    def choice(self, job: Job) -> tuple[str, dict[str, str]]:
        """The column that was chosen, or those of a row's fields. Raises Refused for what does not fit the job."""
        if not job.takes_rows:
            if len(self.chosen) > 1:
                raise Refused(f"an item of {job.name} is one cell: give --column once")
            return "".join(self.chosen), {}
        pairs = [text.partition("=") for text in self.chosen]
        for field, sign, _ in pairs:
            if not sign:
                example = job.fields[0].name if job.fields else "field"
                raise Refused(f"an item of {job.name} is a row: say of which field, as in --column {example}={field}")
        return "", {field.strip(): name for field, _, name in pairs}


def _standard_input() -> bytes:
    given = sys.stdin.buffer.read(MOST_PIPED + 1)
    if len(given) > MOST_PIPED:
        raise Refused(f"standard input holds more than {MOST_PIPED:,} bytes: save it to a file, and give its name")
    return given


_FILE = (
    click.option(
        "--column",
        "chosen",
        multiple=True,
        help="The column of the items; of a field of a row as FIELD=NAME.  [default: found by name and content]",
    ),
    click.option("--sheet", default="", help="The sheet of a workbook.  [default: the first]"),
    click.option("--delimiter", help="What parts cells: one sign, tab or none.  [default: found]"),
    click.option("--header/--no-header", default=None, help="Whether the first line heads columns.  [default: found]"),
    click.option("--encoding", default="", help="How the file is encoded, as in cp1252.  [default: found]"),
    click.option("--sitemaps", is_flag=True, help="Fetch the sitemaps that FILE names: their pages are the items."),
)
_RESULTS = (
    click.option("--from", "from_run", metavar="RUN", default="", help="The items are the results of this run."),
    click.option("--only", type=click.Choice(["ok", "failed"]), help="Of these results only such rows."),
    click.option("--where", multiple=True, help="Only rows of which a column holds a text, as in code=redirected."),
    click.option("--explode", default="", help="A column of lists, each entry of which becomes a row."),
)
_ITEM = click.option("--item", "items", multiple=True, help="One item, of a row a JSON object; may be repeated.")

file_options = packing(InputOptions, "source", _FILE)
"""Decorates `check`: how the file is written."""

input_options = packing(InputOptions, "source", (_ITEM, *_FILE))
"""Decorates `measure`: the items, or how their file is written."""

schedule_input_options = packing(InputOptions, "source", (*_FILE, *_RESULTS))
"""Decorates `schedule add`: how the file is written, or which results of an earlier run the items are."""

run_input_options = packing(InputOptions, "source", (_ITEM, *_FILE, *_RESULTS))
"""Decorates `run`: the same, or which results of an earlier run they are."""
