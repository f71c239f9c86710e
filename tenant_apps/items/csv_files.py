"""Items in CSV files: the lines of an export, and the rows of a file to import."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import chain

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from shared_apps.staff.formats import Number, from_cell, to_cell

from .models import Item

COLUMNS = ("sku", "description", "price", "is_active")
MAX_ROWS = 10_000
MAX_COLUMNS = 50
_DELIMITERS = ",;\t"  # Spreadsheets write a semicolon where the comma is in numbers.


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file.

    Attributes:
        number: the row's number in a spreadsheet; the column names are row 1.
        cells: texts by column.
        has_more: whether the row has text after the last column.
    """

    number: int
    cells: dict[str, str]
    has_more: bool


def csv_lines(items: QuerySet[Item]) -> Iterator[str]:
    """Yield a file with the columns that an import reads."""
    rows = items.values_list(*COLUMNS).iterator()
    # Without the byte order mark, Excel reads UTF-8 as another encoding.
    yield "\ufeff"
    for row in chain([COLUMNS], (_texts(*row) for row in rows)):
        line = StringIO()
        csv.writer(line).writerow(map(to_cell, row))
        yield line.getvalue()


def _texts(sku: str, description: str, price: object, is_active: bool) -> Iterable[str]:
    return sku, description, Number(price), Number(int(is_active))


def decoded(data: bytes) -> str:
    """Return the text of a file.

    Raises:
        ValidationError: if it is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError(
            _("This is not a CSV file in UTF-8. In a spreadsheet, save it as “CSV UTF-8”.")
        ) from error


def read_rows(text: str) -> list[Row]:
    """Return the rows that are not empty.

    Raises:
        ValidationError: if the file is not CSV, has other columns, or too many rows.
    """
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    lines = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    columns: list[str] = []
    number = 0
    try:
        for number, line in enumerate(lines, start=1):
            if not any(cell.strip() for cell in line):
                continue
            if not columns:
                columns = _columns(line)
                continue
            rows.append(_row(number, columns, line))
            if len(rows) > MAX_ROWS:
                raise ValidationError(
                    _("The file has more than %(rows)s rows. Import it in parts."),
                    params={"rows": f"{MAX_ROWS:,}"},
                )
    except csv.Error as error:
        raise ValidationError(
            _("The file cannot be read after row %(row)s. Look for a quote that is not closed."),
            params={"row": number},
        ) from error
    if not rows:
        raise ValidationError(_("The file has no rows. The first row has the column names."))
    return rows


def _columns(line: list[str]) -> list[str]:
    """Return the names of the columns.

    Raises:
        ValidationError: without an SKU, with a column twice, or with too many columns.
    """
    columns = [name.strip().casefold() for name in line]
    while not columns[-1]:
        columns.pop()
    if "sku" not in columns:
        raise ValidationError(
            _("The first row has no column “sku”. Its columns are: %(columns)s."),
            params={"columns": ", ".join(COLUMNS)},
        )
    if len(columns) > MAX_COLUMNS:
        raise ValidationError(
            _("The file has more than %(columns)s columns. Remove those that items do not have."),
            params={"columns": MAX_COLUMNS},
        )
    twice = {name for name, count in Counter(columns).items() if count > 1}
    if twice:
        raise ValidationError(
            _("The first row has a column twice: %(columns)s."),
            params={"columns": ", ".join(sorted(twice))},
        )
    return columns


def _row(number: int, columns: list[str], line: list[str]) -> Row:
    padded = [*map(from_cell, line), *[""] * (len(columns) - len(line))]
    cells = dict(zip(columns, padded, strict=False))
    return Row(number, cells, has_more=any(cell.strip() for cell in padded[len(columns) :]))
