"""A bare list of items, with nothing beside them, as a preflight report."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

from jobs.runtime.core import settings
from jobs.runtime.core.errors import BadInput, NoItems
from jobs.runtime.core.records import Item, Table
from jobs.runtime.inputs.layout import Layout
from jobs.runtime.inputs.preflight import Preflight
from jobs.runtime.inputs.validation import RowValidation
from jobs.runtime.job.definition import Job


def report_of_list(
    cells: Callable[[], Iterable[tuple[int, str]]], job: Job, *, rows: int, notes: tuple[str, ...]
) -> Preflight:
    """Cells with the lines where they stand, each an item; `cells` may be called again and again. Raises BadInput where
    there are too many, NoItems where there is none."""
    most = settings.value("JOBS_MAX_ITEMS")
    layout = Layout(after=0, header=False, columns=(job.item_name,), item=0, reason="a list has one column")
    survey = RowValidation(job=job, layout=layout, name="the list")
    if sum(1 for _ in itertools.islice(cells(), most + 1)) > most:
        raise BadInput(f"the list has more than {most:,} items, the most that a run may have")
    for line, cell in cells():
        survey.add(line, (cell,), cell)
    if not survey.rows:
        raise NoItems("nothing was given: there is no item")
    return Preflight.of(
        survey,
        rows=rows,
        column=job.item_name,
        notes=notes,
        table=Table(item_column=job.item_name, notes=notes),
        read_items=lambda: (Item(cell=cell) for _, cell in cells()),
    )
