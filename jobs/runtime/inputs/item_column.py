"""Which column holds the items: by content first (the share of cells that look like items), by heading where columns
are alike; with the reason in words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobs.runtime.core.errors import BadInput
from jobs.runtime.core.units import count
from jobs.runtime.inputs.column_query import CHOSEN, ColumnQuery, listed, place_of, plain

MAX_LOOKS = 50_000
"""Cells looked at to find the column."""


def item_column(
    columns: tuple[str, ...], rows: list[list[str]], wanted: ColumnQuery, *, name: str, header: bool
) -> tuple[int, str]:
    """The index of the items' column and why it is that one. Raises BadInput for a chosen one that does not exist."""
    if wanted.column:
        return _chosen(columns, wanted, name=name, header=header, rows=rows), CHOSEN
    if len(columns) == 1:
        return 0, "it is the only column"
    return _found(columns if header else ("",) * len(columns), rows, wanted)


def _chosen(columns: tuple[str, ...], wanted: ColumnQuery, *, name: str, header: bool, rows: list[list[str]]) -> int:
    place = place_of(wanted.column, columns)
    if place is not None:
        return place
    if not header:
        found = item_column(
            columns, rows, ColumnQuery(kind=wanted.kind, item_name=wanted.item_name), name=name, header=False
        )
        if plain(wanted.column) == plain(wanted.item_name):
            return found[0]
        columns = own_names(len(columns), found[0], wanted)
    raise BadInput(f"{name} has no column {wanted.column!r} (it has {listed(columns)})")


@dataclass(frozen=True, kw_only=True)
class Share:
    """Of the cells of one column: how many were looked at, how many are filled, how many look like items."""

    rows: int
    filled: int
    alike: int

    @property
    def purity(self) -> float:
        """Of the filled cells, the share that looks like items."""
        return self.alike / self.filled if self.filled else 0.0

    @property
    def coverage(self) -> float:
        """Of all rows, the share whose cell looks like an item."""
        return self.alike / self.rows if self.rows else 0.0


def shares_of(rows: list[list[str]], wanted: ColumnQuery, width: int) -> list[Share]:
    """What each of `width` columns holds, by its first rows; `n/a` and its like fill no cell."""
    looked = rows[: max(20, MAX_LOOKS // max(1, width))]
    columns = [
        [row[index] for row in looked if index < len(row) and row[index].strip().lower() not in _NOTHING]
        for index in range(width)
    ]
    return [Share(rows=len(looked), filled=len(cells), alike=sum(map(wanted.looks_like, cells))) for cells in columns]


_NOTHING = frozenset({"", "-", "--", "–", "—", ".", "?", "na", "n/a", "#n/a", "null", "none", "nan", "nil", "tbd"})


def best_share(shares: list[Share]) -> tuple[int, float]:
    """The column that covers most rows, and how much it covers."""
    coverage = [share.coverage for share in shares]
    best = max(coverage, default=0.0)
    return (coverage.index(best) if coverage else 0), best


def _found(columns: tuple[str, ...], rows: list[list[str]], wanted: ColumnQuery) -> tuple[int, str]:
    """The column of the items: the best of those that look like it, by name where several do."""
    shares = shares_of(rows, wanted, len(columns))
    pure = _common(
        [index for index, share in enumerate(shares) if share.alike and share.purity >= 0.5], columns, shares, wanted
    )
    eligible = pure or [index for index, share in enumerate(shares) if share.alike] or list(range(len(columns)))
    item = min(
        eligible,
        key=lambda index: (
            _name_rank(columns[index], wanted),
            shares[index].purity < 0.8,
            wanted.numeric and counts(rows, index),
            -round(shares[index].coverage, 1),
            index,
        ),
    )
    if not pure:
        best = best_share(shares)
        item = best[0] if best[1] and _name_rank(columns[item], wanted) >= _UNNAMED else item
    return item, _reason(columns[item], shares[item], len(eligible), wanted)


def _common(pure: list[int], columns: tuple[str, ...], shares: list[Share], wanted: ColumnQuery) -> list[int]:
    """Those that are filled at least a fifth as often as the fullest one whose heading speaks not against it: a name
    that fits does not outweigh cells that are nearly all empty."""
    fullest = max(
        (shares[index].coverage for index in pure if _name_rank(columns[index], wanted) <= _UNNAMED), default=0
    )
    return [index for index in pure if shares[index].coverage * 5 >= fullest]


_UNNAMED = 1_000
_BESIDE_THE_POINT = frozenset(
    "image images img photo photos picture logo icon favicon thumbnail thumb avatar screenshot banner video pixel "
    "tracking tracker track redirect referrer referer short affiliate utm facebook twitter linkedin instagram youtube "
    "github maps map feed rss api download unsubscribe email mail "
    "bild bilder foto fotos imagen imágenes immagine imagem obraz obrázek zdjęcie картинка изображение фото логотип "
    "зображення εικόνα 图片 图像 圖片 画像 写真 ロゴ 이미지 사진 로고 صورة תמונה".split()
)
"""Words of headings above addresses that are seldom the ones meant, as in `image_url` and `tracking_link`."""

_COUNTERS = frozenset(
    "id ids idx no nr index row rank position pos line serial year month day date zip zipcode postcode postal plz "
    "phone tel telephone telefon fax mobile isbn ean gtin sku code key lfd jahr année año anno rok год номер "
    "телефон индекс 序号 编号 編號 番号 年 年份 번호 연도".split()
)
"""Words of headings above numbers that only name or count what stands in the row."""


def _name_rank(heading: str, wanted: ColumnQuery) -> int:
    """0 for the most usual heading; beyond all usual ones a heading with a usual word, then any, then a counter's
    and those of images, of tracking and the like."""
    same = plain(heading)
    if same in wanted.headings:
        return wanted.headings.index(same)
    words = _words(heading)
    if _BESIDE_THE_POINT.intersection(words) or (wanted.numeric and _COUNTERS.intersection(words)):
        return _UNNAMED + 1
    if words and words[-1] in wanted.headings:
        return 500
    if any(word in wanted.headings for word in words):
        return 600
    return _UNNAMED + (same in ("#", "№") or (bool(words) and _COUNTERS.issuperset(words)))


_UNPARTED = re.compile(r"[\u2e80-\u9fff\uac00-\ud7a3]{3,}")
"""Scripts that part no words."""

_LONGEST_END = 8
"""Letters of such a script in a usual heading, at most."""


def _words(heading: str) -> list[str]:
    """The words of a heading in small letters; of one without spaces its ends too: `网址` in `公司网址`."""
    words = re.findall(r"[^\W_]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", heading).lower())
    whole = [word for word in words if _UNPARTED.fullmatch(word)]
    beginnings = [word[:end] for word in whole for end in range(2, min(len(word), _LONGEST_END + 1))]
    ends = [word[start:] for word in whole for start in range(max(1, len(word) - _LONGEST_END), len(word) - 1)]
    return [*beginnings, *words, *ends]


def counts(rows: list[list[str]], index: int) -> bool:
    """Whether a column only counts its rows, from any number on."""
    cells = [row[index].strip() for row in rows if index < len(row)]
    if len(cells) < 3 or not all(re.fullmatch("[0-9]{1,15}", cell) for cell in cells):
        return False
    return all(int(cell) == int(cells[0]) + place for place, cell in enumerate(cells))


def _reason(heading: str, share: Share, eligible: int, wanted: ColumnQuery) -> str:
    kind = f"like a {wanted.kind.name}"
    if wanted.loose:
        named = wanted.names(heading)
        return "its name says so" if named else "any text can be an item, and no name says which: the first column"
    if not share.alike:
        return f"no column has cells {kind}; its name says so" if wanted.names(heading) else f"no column looks {kind}"
    looks = f"{share.alike:,} of {count(share.filled, 'cell')} looked at read {kind}"
    return f"{looks}, and its name fits" if eligible > 1 and _name_rank(heading, wanted) < _UNNAMED else looks


def own_names(width: int, item: int, wanted: ColumnQuery) -> tuple[str, ...]:
    """Names for the columns of a table without a header."""
    return tuple(wanted.item_name if index == item else f"column_{index + 1}" for index in range(width))
