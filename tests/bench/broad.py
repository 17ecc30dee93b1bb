"""A long list: 10,000 URLs on 5,000 hosts, 10 % of them silent, the others log-normal around 0.4 s, with a pool that
finds its own size and with fixed numbers of threads."""

from __future__ import annotations

from tests.bench import harness
from tests.bench.lists import UrlList, beside_fixed

BROAD = UrlList(urls=10_000, hosts=5_000, silent=10, spread=0.6, fixed=(128, 256, 512))


def run(asked: harness.Asked) -> harness.Report:
    """Each takes one to three minutes."""
    return beside_fixed(BROAD, asked)
