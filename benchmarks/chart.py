"""Draws the bar chart of docs/performance.md as SVG."""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from .report import Row

FILE = Path(__file__).parent.parent / "docs" / "speed.svg"
_UNIT = ", requests a second; peer: "
_WIDTH, _LEFT, _RIGHT = 760, 190, 60  # pixels: the whole chart, the names, the figures
_BAR, _STEP, _HEAD = 16, 22, 44  # pixels: a bar, the next bar's offset, a title


def draw(rows: Sequence[Row]) -> None:
    """Draw the rates: a group of bars for each measure, ours first."""
    groups: dict[str, dict[str, float]] = {}
    for each in rows:
        if _UNIT in each.measure and each.peer is not None:
            title, peer = each.measure.split(_UNIT)
            groups.setdefault(title, {"ours": each.ours})[peer] = each.peer
    most = max(figure for group in groups.values() for figure in group.values())
    shapes: list[str] = []
    top = 0
    for title, group in groups.items():
        shapes += _group(title, group, top, (_WIDTH - _LEFT - _RIGHT) / most)
        top += _HEAD + _STEP * len(group)
    FILE.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top + 10}" '
        'font-family="system-ui, sans-serif" font-size="13">\n'
        "<title>Requests a second, ours and its peers</title>\n"
        '<rect width="100%" height="100%" fill="#fff"/>\n' + "\n".join(shapes) + "\n</svg>\n"
    )


def _group(title: str, group: dict[str, float], top: int, scale: float) -> Iterator[str]:
    yield (
        f'<text x="{_LEFT}" y="{top + 34}" font-weight="600">'
        f"{escape(title)}, requests a second</text>"
    )
    for position, (name, figure) in enumerate(group.items()):
        y, width = top + _HEAD + _STEP * position, round(figure * scale)
        color = "#0b6bcb" if name == "ours" else "#9aa5b1"
        yield (
            f'<text x="{_LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{_LEFT}" y="{y}" width="{width}" height="{_BAR}" fill="{color}"/>'
            f'<text x="{_LEFT + width + 6}" y="{y + 12}">{figure:,.0f}</text>'
        )
