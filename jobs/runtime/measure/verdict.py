"""The sentence that follows from the figures of a measurement: which way suits this work, why, or that they do not say.

Pure: the same figures give the same sentence. A way counts as faster than another only when all its repeats were (with
one repeat: when it took less than 1 ÷ 1.2 of the time), so that noise decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from jobs.runtime.core.records import CLUSTER
from jobs.runtime.core.units import count, duration, precise
from jobs.runtime.measure.busy_machine import busy_sentence
from jobs.runtime.measure.figures import Comparison, Figures

SINGLE = 1.2
"""How many times as fast a way must be to count as faster when each was run once, and no spread is known."""

DOMINATES = 0.5
"""Share of the work from which on a single item is named as the cap."""

ALL_BUT_DECIDES = 0.8
"""Share of the work from which on a single item is all there is to say."""

HARDLY = 1.1
"""Speed-up below which a way that is faster beyond doubt gains little all the same."""

NEAR = 1.05
"""How many times as long as the best a way may take and still be chosen, where it needs fewer workers."""

SLACK = 1.2
"""How far above the gain that its longest item allows a way may be by chance."""

CAPS = 0.6
"""Share of the best wall time from which on politeness is named as the cap."""

COMPUTES = 0.5
"""Share of the items' seconds that must be computing before the GIL is named as the cap."""

SHORT = 0.05
"""Seconds of an item below which handing it to a worker costs enough to be named."""

GAINS_NOTHING = 1.15
"""Speed-up below which threads that compute are said to have gained nothing."""


def verdict(found: Comparison) -> str:
    """One sentence."""
    if not found.complete:
        return _incomplete(found)
    if len(found.ways) < 2:
        return "Only one way was run, so there is nothing to compare it with."
    if busy := busy_sentence(found):
        return busy
    best = min(found.ways, key=lambda way: way.wall)
    level = [way for way in found.ways if not faster(best, way)]
    if found.base is None:
        return _without_base(found, best, level)
    share = dominance(found)
    if share is not None and share >= ALL_BUT_DECIDES:
        return _all_in_one(found, best, share)
    if found.base in level:
        return _no_gain(found, level)
    gaining = [way for way in found.ways if _as_good(best, way) and faster(way, found.base)]
    chosen = _cheapest(gaining)
    return f"{_praise(found, chosen, gaining)}{_because(found, chosen)}{_cap(found)}."


def faster(one: Figures, other: Figures) -> bool:
    """Whether every repeat of one way was faster than every repeat of the other."""
    if one is other:
        return False
    if min(len(one.walls), len(other.walls)) == 1:
        return one.wall * SINGLE < other.wall
    return one.spread[1] < other.spread[0]


def _as_good(best: Figures, way: Figures) -> bool:
    """Whether a way is as fast as the best for all that is known, or so nearly that more workers are not worth it."""
    return not faster(best, way) or way.wall <= NEAR * best.wall


def dominance(found: Comparison) -> float | None:
    """The share of the longest item in the work, in the way that disturbs it least; None: not known, or some way was
    faster than that share allows, so that something else than the items took the time."""
    calm = found.base or min(found.ways, key=lambda way: way.way.pool.slots, default=None)
    if calm is None or calm.longest is None or found.items < 2:
        return None
    each = calm.item_seconds[-1]
    share = min(1.0, calm.longest / each) if each > 0 else 0.0
    gained = max((found.speed_up(way) or 0.0 for way in found.ways), default=0.0)
    return share if share > 0 and gained <= SLACK / share else None


def gil_caps(found: Comparison) -> bool:
    """Whether threads of one process gained nothing with items that compute."""
    threads = [way for way in found.ways if way.way.pool.way == "threads"]
    if not threads or found.base is None or found.base.computing_share < COMPUTES:
        return False
    return max(found.base.wall / way.wall for way in threads) < GAINS_NOTHING


def pace_caps(found: Comparison) -> bool:
    """Whether politeness alone explains most of the best wall time."""
    best = min((way.wall for way in found.ways), default=0.0)
    return found.pace is not None and found.pace.seconds >= CAPS * best > 0


def _incomplete(found: Comparison) -> str:
    if found.stopped:
        return "The measurement was stopped before every way had all its repeats, so it says nothing."
    return "The measurement is still going on."


def _without_base(found: Comparison, best: Figures, level: Sequence[Figures]) -> str:
    rest = "one at a time was not run, so that there is no speed-up to state"
    if len(level) == len(found.ways):
        return f"The figures do not decide between these ways ({_spread_words(found)}), and {rest}."
    good = [way for way in found.ways if _as_good(best, way)]
    chosen = _cheapest(good)
    said = f"{_capital(_called(chosen))} suit this work best of these: {duration(chosen.wall)}"
    return f"{said}{_equals(chosen, good)}; {rest}{_cap(found)}."


def _all_in_one(found: Comparison, best: Figures, share: float) -> str:
    gained = found.speed_up(best) or 1.0
    seen = "none was" if gained < 1.005 else f"the best here was {_times(gained)}"
    beyond = f", and what is beyond {_times(1 / share)} is noise" if _beyond(found, share) else ""
    return f"{_dominated(share)}, so {_at_most(share)} as one at a time ({seen}{beyond})."


def _no_gain(found: Comparison, level: Sequence[Figures]) -> str:
    """One at a time is as fast as any way, or nothing says that it is not: name what caps them, if anything does."""
    share = dominance(found)
    if share is not None and share >= DOMINATES:
        return f"{_dominated(share)}, so {_at_most(share)} as one at a time, and none was faster beyond doubt."
    if pace_caps(found):
        return f"Politeness is the cap: {_pace_words(found)}."
    if gil_caps(found) and not any(way.way.pool.processes > 1 for way in found.ways):
        return f"{_gil_words(found)}: try processes."
    base = found.base
    if base is not None and level == [base]:
        return f"One at a time was fastest ({precise(base.wall)}): {_why_alone(base.item_seconds[-1] / found.items)}."
    return (
        f"The figures do not decide: {_spread_words(found)}, so none is faster than one at a time beyond doubt; "
        "repeat more often, with more work, or on a quieter machine."
    )


def _why_alone(each: float) -> str:
    if each < SHORT:
        return f"these items are too short ({duration(each)} each) for handing them round to pay"
    return (
        f"more workers only got in each other's way, though an item takes {duration(each)}: "
        "no core was free for them here, or the items share what limits them"
    )


def _praise(found: Comparison, chosen: Figures, level: Sequence[Figures]) -> str:
    gained = found.speed_up(chosen) or 1.0
    suits = "suit this work best" if gained >= HARDLY else "gain a little"
    said = (
        f"{_capital(_called(chosen))} {suits}: {duration(chosen.wall)}, {_times(gained)} as fast as one at a time"
        f"{_range(found, chosen)}"
    )
    return f"{said}{_equals(chosen, level)}"


def _equals(chosen: Figures, level: Sequence[Figures]) -> str:
    """The ways that are as good as the chosen one, which needs fewest workers."""
    equal = [way for way in level if way is not chosen]
    if not equal:
        return ""
    little = any(faster(way, chosen) for way in equal)
    said = f"at most {(NEAR - 1) * 100:.0f} % faster" if little else "not faster beyond doubt"
    return f", and {' and '.join(map(_called, equal))} are {said}"


def _range(found: Comparison, chosen: Figures) -> str:
    spread = found.speed_up_spread(chosen)
    if spread is None or found.repeats == 1:
        return " in a single run each" if found.repeats == 1 else ""
    return f" ({spread[0]:.1f} to {spread[1]:.1f})"


def _because(found: Comparison, chosen: Figures) -> str:
    base = found.base
    if base is None:
        return ""
    if gil_caps(found) and chosen.way.pool.processes > 1:
        return f"; {_gil_words(found).lower().replace('gil', 'GIL')}"
    waits = 1 - base.computing_share
    if waits >= COMPUTES and chosen.way.pool.threads > 1:
        return f"; the items wait {waits * 100:.0f} % of their time, and threads wait together at little cost"
    return ""


def _cap(found: Comparison) -> str:
    share = dominance(found)
    if share is not None and share >= DOMINATES:
        beyond = " (what is beyond that here is noise)" if _beyond(found, share) else ""
        return f"; {_dominated(share).lower()}, so {_at_most(share)}{beyond}"
    if pace_caps(found):
        return f"; politeness is the cap: {_pace_words(found)}"
    return ""


def _gil_words(found: Comparison) -> str:
    threads = [way for way in found.ways if way.way.pool.way == "threads"]
    gain = max((found.speed_up(way) or 0.0) for way in threads)
    return (
        f"Threads of one process gained nothing ({gain:.2f} times), because these items compute and the GIL lets one "
        "thread compute at a time"
    )


def _pace_words(found: Comparison) -> str:
    assert found.pace is not None
    return (
        f"{count(found.pace.items, 'item')} of {found.pace.group} take at least {duration(found.pace.seconds)} "
        "whatever the way"
    )


def _dominated(share: float) -> str:
    return f"One item is {share * 100:.0f} % of the work"


def _at_most(share: float) -> str:
    return f"no way can be more than {_times(1 / share)} as fast"


def _beyond(found: Comparison, share: float) -> bool:
    """Whether some way was faster than its longest item allows, so far that it shows in the figures."""
    return max((found.speed_up(way) or 0.0 for way in found.ways), default=0.0) * share > 1.005


def _spread_words(found: Comparison) -> str:
    if found.repeats == 1:
        return "each way was run once, and they are within a fifth of each other"
    widest = max(found.ways, key=lambda way: way.spread[1] / way.spread[0])
    least, most = widest.spread
    return f"the repeats of one way alone range from {precise(least)} to {precise(most)}"


def _cheapest(level: Sequence[Figures]) -> Figures:
    """Of ways that are equally fast, one that needs no cluster; then the one with fewest processes, then with fewest
    threads."""
    return min(level, key=lambda way: (way.way.on == CLUSTER, way.way.pool.processes, way.way.pool.slots))


def _called(way: Figures) -> str:
    pool = way.way.pool
    words = {
        "sequential": "one at a time",
        "threads": f"{pool.threads} threads",
        "processes": f"{pool.processes} processes",
        "both": f"{pool.processes} processes of {pool.threads} threads",
    }
    return f"{words[pool.way]}{' on the cluster' if way.way.on == CLUSTER else ''}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _times(factor: float) -> str:
    return (
        f"{factor:.0f} times" if factor >= 9.95 else f"{factor:.1f} times" if factor >= 1.995 else f"{factor:.2f} times"
    )
