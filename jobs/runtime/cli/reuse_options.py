"""What a run takes from earlier ones: for `run` and `sample`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from jobs.runtime import client
from jobs.runtime.cli.options import packing
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.reuse import ANY_AGE, Reuse
from jobs.runtime.core.units import age, count

if TYPE_CHECKING:
    from jobs.runtime.inputs import Preflight


@dataclass(frozen=True, kw_only=True)
class ReuseOptions:
    """Whether rows that are there already are taken (None: nothing is said of it), up to which age (as in 30d; None:
    any), and whether it is asked of the others if they have changed."""

    new: bool | None = None
    fresh: str | None = None
    conditional: bool = False

    def asked(self, job: str, usual: Reuse | None = None) -> Reuse | None:
        """What a run of this job takes, the usual where nothing is said of it; None: nothing. Raises Refused,
        UnknownJob."""
        if self.fresh is not None and not self.new:
            raise Refused("--fresh says how old a row may be that --new takes: give --new too, or leave --fresh out")
        if self.conditional and not client.job_named(job).mark.conditional:
            raise Refused(f"{job} cannot ask whether something has changed: leave --conditional out")
        if self.conditional and self.new and self.fresh is None:
            raise Refused(
                "--new takes rows of any age, so that nothing is left to be asked by --conditional: say with --fresh "
                "how old a row may be, or leave one of them out"
            )
        if self.new is None and not self.conditional:
            return usual
        return Reuse(fresh=_age(self.fresh) if self.new else 0.0, conditional=self.conditional)


def sentence(job: str, found: Preflight, params: Mapping[str, Any], asked: Reuse | None) -> str:
    """How much is there already; empty: nothing is taken from earlier runs."""
    if not asked:
        return ""
    there = client.already_there(job, found.items_iter(), params=params, asked=asked)
    whole, takes = count(found.items, "item"), asked.fresh > 0
    parts = [f"{there.taken:,} of {whole} are there already, and are taken from earlier runs"] * takes
    parts += [f"of {there.asked:,}{'' if takes else f' of {whole}'} it is asked whether they have changed"] * (
        asked.conditional
    )
    return "; ".join(parts)


def _age(text: str | None) -> float:
    if text is None:
        return ANY_AGE
    try:
        return min(ANY_AGE, age(text))
    except ValueError as error:
        raise Refused(f"--fresh: {error}") from None


reuse_options = packing(
    ReuseOptions,
    "reuse",
    (
        click.option(
            "--new/--no-new",
            default=None,
            help="Perform what is new: rows of earlier runs are taken from there; --no-new: whatever a preset says.",
        ),
        click.option("--fresh", metavar="AGE", help="With --new, only rows performed since, as in 30d, 12h or 90m."),
        click.option(
            "--conditional", is_flag=True, help="Ask servers only whether pages of earlier runs have changed (304)."
        ),
    ),
)
"""Decorates `run` and `sample`."""
