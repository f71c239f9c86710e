"""Rows of measurements, printed as a table and stored as JSON."""

import json
import operator
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
_COMPARE = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a result.

    Attributes:
        measure: its name, with the unit.
        ours: our figure.
        peer: the peer's figure; None without a peer.
        ratio: ours divided by the peer's.
        target: the claimed limit of the ratio, or of our figure without a peer: "<= 1.25", or
            "<= 1/12" for twelve times faster. None for a figure without a claim.
        met: whether the figure meets the target; None without a target.
        spread: the lower and the upper quartile of the ratio in the rounds, or of our figure
            without a peer; None if it was not measured.
    """

    measure: str
    ours: float
    peer: float | None
    ratio: float | None
    target: str | None
    met: bool | None
    spread: tuple[float, float] | None = None


def row(
    measure: str,
    ours: float,
    peer: float | None = None,
    target: str | None = None,
    spread: tuple[float, float] | None = None,
) -> Row:
    ratio = ours / peer if peer else None
    met = None
    if target is not None:
        sign, _, limit = target.partition(" ")
        met = _COMPARE[sign](ours if ratio is None else ratio, Fraction(limit))
    return Row(measure, ours, peer, ratio, target, met, spread)


def all_met(rows: Sequence[Row]) -> bool:
    return all(row.met is not False for row in rows)


def write(name: str, rows: Sequence[Row]) -> None:
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps([asdict(row) for row in rows], indent=2)
    (RESULTS / f"{name}.json").write_text(f"{text}\n")


def show(console: Console, name: str, rows: Sequence[Row]) -> None:
    table = Table("measure", "ours", "peer", "ratio", "spread", "target", "met", title=name)
    for each in rows:
        figures = (*map(_figure, (each.ours, each.peer)), _ratio(each))
        met = {True: "yes", False: "NO", None: ""}[each.met]
        spread = " to ".join(map(_figure, each.spread or ()))
        table.add_row(each.measure, *figures, spread, each.target or "", met)
    console.print(table)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"


def _ratio(row: Row) -> str:
    """Return the ratio in the form of the target."""
    if row.ratio and row.target and "/" in row.target:
        return f"1/{_figure(1 / row.ratio)}"
    return _figure(row.ratio)
