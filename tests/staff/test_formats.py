"""An import restores each exported text, and exported text is never a formula."""

import csv
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tablib import Dataset

from shared_apps.staff.formats import CSV, JSON, Number
from tenant_apps.items.admin import ItemResource
from tenant_apps.items.models import Item

HEADERS = ["sku", "description"]
STARTS = "=+-@\t\r"
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
CELL = TEXT | st.builds(str.__add__, st.text("'=+-@\t\r\n", min_size=1), TEXT)


def exported(kind: type[CSV | JSON], *rows: list[str]) -> str:
    return kind().export_data(Dataset(*rows, headers=HEADERS))


def cells(text: str) -> list[str]:
    _, row = csv.reader(StringIO(text))
    return row


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # For a busy machine.
@given(st.lists(st.lists(CELL, min_size=2, max_size=2), min_size=1))
@example([["=1+1", "'=1+1"], ["''-1", "'-1"], ["-1", "-1+cmd|' /C calc'!A0"]])
def test_an_import_restores_each_exported_text(rows: list[list[str]]) -> None:
    for kind in (CSV, JSON):
        back = kind("utf-8-sig").create_dataset(exported(kind, *rows).encode())

        assert [list(row) for row in back] == rows


@given(CELL)
def test_no_exported_cell_begins_like_a_formula(text: str) -> None:
    cell, _ = cells(exported(CSV, [text, "A"]))

    assert not cell.startswith(tuple(STARTS))


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("==1+1", "'==1+1"),
        ("+1+1", "'+1+1"),
        ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("'=1", "''=1"),
        ("'quoted'", "'quoted'"),
        ("-5.00", "'-5.00"),
        (Number("-5.00"), "-5.00"),
        ("a=1", "a=1"),
    ],
)
def test_formulas_get_a_quote_and_numbers_do_not(text: str, cell: str) -> None:
    assert cells(exported(CSV, ["A", text])) == ["A", cell]


def test_a_number_column_is_not_escaped() -> None:
    item = Item(sku="-5", description="-5", price=Decimal("-5.00"))

    (row,) = ItemResource().export([item])

    assert cells(exported(CSV, list(row)[:2])) == ["'-5", "'-5"]
    assert cells(exported(CSV, list(row)[1:3])) == ["'-5", "-5.00"]


def test_json_is_exact() -> None:
    assert exported(JSON, ["=1", "-1"]) == '[{"sku": "=1", "description": "-1"}]'
