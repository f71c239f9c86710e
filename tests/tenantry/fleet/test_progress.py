"""The progress of a run, on a terminal and in a log."""

import re
from io import StringIO

import pytest
from django.core.management.base import OutputWrapper

from tenantry.fleet.each import tracked
from tenantry.fleet.options import Outcome, Report
from tenantry.fleet.output import shown_on


@pytest.fixture(autouse=True)
def _django_db_marker() -> None:
    """Replaces the fixture of this folder: these tests need no database."""


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: StringIO) -> str:
    """Return the output after three of four tenants, one of which failed."""
    report = Report(total=4)
    with shown_on(OutputWrapper(stream)) as progress:
        for outcome in (Outcome("a", 1), Outcome("b", error="No."), Outcome("c", 1)):
            report.add(outcome)
            progress.update(report)
    return stream.getvalue()


def test_a_terminal_shows_a_bar_with_rate_time_left_and_failures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    assert re.search(
        r"tenants .*━.* 3/4 \d+/s (-:--|\d+:\d\d):(--|\d\d) 1 failed", shown(Terminal())
    )


def test_a_log_gets_a_line_with_the_same_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenantry.fleet.output.SECONDS_BETWEEN_LINES", 0)
    line = shown(StringIO()).splitlines()[-1]
    assert re.fullmatch(r"3 of 4 tenants, \d+ a second, \d+ s left, 1 failed", line)


def test_a_terminal_without_rich_shows_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenantry.fleet.each.find_spec", lambda _: None)
    monkeypatch.setattr("tenantry.fleet.output.SECONDS_BETWEEN_LINES", 0)
    terminal = Terminal()

    assert [*tracked("ab", "Reading", OutputWrapper(terminal))] == ["a", "b"]
    assert terminal.getvalue() == ""
    assert shown(terminal).splitlines()[-1].startswith("3 of 4 tenants, ")


def test_a_log_gets_no_line_for_each_tenant() -> None:
    assert shown(StringIO()) == ""
