"""Whose runs, presets, schedules and tokens a statement may find: those of one owner, or all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Readers:
    """For whom something is looked up: the `owner` whose things are found (None: whoever's they are), and the id of one
    run that is found beside them (empty: none)."""

    owner: str | None = None
    shared: str = ""

    def condition(self) -> tuple[str, list[str]]:
        """What a row of the runs must fulfil, and the values in it."""
        if self.owner is None:
            return "1", []
        return ("(owner = ? OR id = ?)", [self.owner, self.shared]) if self.shared else ("owner = ?", [self.owner])


ANYBODY = Readers()
"""The machine itself, and an admin."""
