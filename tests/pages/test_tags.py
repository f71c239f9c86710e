"""Amounts are exact, and times are in words with the exact time beside them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone

from shared_apps.pages.templatetags.pages import icon, money, when

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Decimal("5000.00"), "EUR 5,000.00"),
        (Decimal(0), "EUR 0.00"),
        (Decimal("-3.5"), "EUR -3.50"),
        (Decimal("123456789012345.67"), "EUR 123,456,789,012,345.67"),
        (7, "EUR 7.00"),
    ],
)
def test_an_amount_is_exact_and_does_not_wrap(amount: Decimal | int, shown: str) -> None:
    assert money(amount, "EUR") == f'<span class="money">{shown}</span>'


def test_no_amount_is_empty() -> None:
    assert money(None, "EUR") == ""


def test_a_float_is_an_error() -> None:
    not_exact: Any = 0.1
    with pytest.raises(TypeError, match="Use a Decimal for money"):
        money(not_exact, "EUR")


def test_a_currency_is_escaped() -> None:
    assert "<b>" not in money(Decimal(1), "<b>")


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=4, seconds=59), "4 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=6, hours=23), "6 days ago"),
        (timedelta(days=7), "23 November 2026"),
        (-timedelta(seconds=30), "in a moment"),
        (-timedelta(hours=2), "in 2 hours"),
        (-timedelta(days=9), "9 December 2026"),
    ],
)
def test_a_time_is_in_words_for_a_week_and_then_a_date(
    monkeypatch: pytest.MonkeyPatch, ago: timedelta, words: str
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)

    assert f">{words}</time>" in when(NOW - ago)


def test_the_exact_time_is_in_the_title(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)

    shown = when(NOW - timedelta(minutes=4))

    assert 'datetime="2026-11-30T11:56:00+00:00"' in shown
    assert 'title="30 November 2026, 11:56 UTC"' in shown


def test_no_time_is_empty() -> None:
    assert when(None) == ""


def test_an_icon_is_hidden_from_screen_readers() -> None:
    assert 'aria-hidden="true"' in icon("home")
    assert "icons.svg#home" in icon("home")


class ExampleForm(forms.Form):
    name = forms.CharField(help_text="As on the invoice.")
    agree = forms.BooleanField()
    scopes = forms.MultipleChoiceField(
        choices=[("read", "read")], widget=forms.CheckboxSelectMultiple
    )
    day = forms.DateField(initial=date(2026, 11, 30), widget=forms.HiddenInput)


def test_a_field_is_connected_with_its_help_and_its_errors() -> None:
    form = ExampleForm({})

    html = "".join(render_to_string("pages/field.html", {"field": field}) for field in form)

    assert '<label for="id_name">Name</label>' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_helptext"' in html
    assert 'id="id_name_error"' in html
    assert "<legend>Scopes</legend>" in html
    assert '<label for="id_day">' not in html


@pytest.fixture
def search_request(rf: RequestFactory) -> HttpRequest:
    return rf.get("/items/", {"search": "desk & lamp", "page": "2"})


def test_links_to_other_pages_keep_the_search(search_request: HttpRequest) -> None:
    page = Paginator(range(5), 2).page(2)

    html = (
        engines["django"]
        .get_template("pages/pagination.html")
        .render({"page": page}, search_request)
    )

    assert 'href="?search=desk+%26amp%3B+lamp' not in html
    assert 'href="?search=desk+%26+lamp&amp;page=1" rel="prev"' in html
    assert 'page=3" rel="next"' in html
    assert "Page 2 of 3" in html


def test_one_page_has_no_links(search_request: HttpRequest) -> None:
    page = Paginator(range(2), 2).page(1)

    html = (
        engines["django"]
        .get_template("pages/pagination.html")
        .render({"page": page}, search_request)
    )

    assert html.strip() == ""
