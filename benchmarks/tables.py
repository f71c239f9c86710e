"""Writes the tables of docs/performance.md, each after its marker."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from .report import Row

FILE = Path(__file__).parent.parent / "docs" / "performance.md"
_TRIPS, _GROWTH = ", SQL round trips", "first page of "


def fill(rows: Sequence[Row]) -> None:
    trips = [each for each in rows if each.measure.endswith(_TRIPS)]
    growth = [each for each in rows if each.measure.startswith(_GROWTH)]
    rest = [each for each in rows if each not in trips and each not in growth]
    _fill("speed", "measure | ours | compared with | ratio | target | met", map(_speed, rest))
    _fill("trips", "request | round trips | target", map(_trips, trips))
    _fill("growth", "first page of | a million lines | a thousand | ratio", map(_growth, growth))


def fill_jobs(rows: Sequence[Row]) -> None:
    head = "measure | ours | compared with | ratio | spread | target | met"
    _fill("jobs", head, map(_job, rows))


def fill_wall(rows: Sequence[Row]) -> None:
    _fill("wall", "measure | on | off | ratio | spread | target | met", map(_wall, rows))


def _fill(name: str, head: str, lines: Iterable[str]) -> None:
    rule = "|".join("---" for _ in head.split("|"))
    table = "".join(f"|{line}|\n" for line in (f" {head} ", rule, *lines))
    before, marker, after = FILE.read_text().partition(f"<!-- {name} -->\n")
    FILE.write_text(before + marker + table + re.sub(r"\A(\|.*\n)*", "", after))


def _speed(each: Row) -> str:
    measure, _, peer = each.measure.partition("; peer: ")
    ours, theirs, ratio = map(_figure, (each.ours, each.peer, each.ratio))
    return f" {measure} | {ours} | {peer}, {theirs} | {ratio} | {_target(each)} | {_met(each)} "


def _trips(each: Row) -> str:
    return f" {each.measure.removesuffix(_TRIPS)} | {each.ours} | {_target(each)} "


def _growth(each: Row) -> str:
    measure, _, _ = each.measure.removeprefix(_GROWTH).partition(", ms, ")
    return (
        f" {measure} | {_figure(each.ours)} ms | {_figure(each.peer)} ms | {_figure(each.ratio)} "
    )


def _wall(each: Row) -> str:
    measure, _, _ = each.measure.partition("; peer: ")
    figures = " | ".join(map(_figure, (each.ours, each.peer, each.ratio)))
    spread = " to ".join(map(_figure, each.spread or ()))
    return f" {measure} | {figures} | {spread} | {_target(each)} | {_met(each)} "


def _job(each: Row) -> str:
    measure, _, peer = each.measure.partition("; peer: ")
    if peer:
        peer = f"{peer}, {_figure(each.peer)}"
    spread = " to ".join(map(_figure, each.spread or ()))
    figures = f"{_figure(each.ours)} | {peer} | {_figure(each.ratio)} | {spread}"
    return f" {measure} | {figures} | {_target(each)} | {_met(each)} "


def _met(each: Row) -> str:
    return {True: "yes", False: "**no**", None: ""}[each.met]


def _target(each: Row) -> str:
    return (each.target or "").replace(">=", "at least").replace("<=", "at most")


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
