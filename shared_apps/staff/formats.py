"""CSV and JSON files with a limit of rows, safe to open in a spreadsheet."""

import csv
import json
import re
from io import StringIO
from typing import Any

from django.core.exceptions import ValidationError
from import_export.formats import base_formats
from tablib import Dataset

MAX_ROWS = 1_000

# A spreadsheet computes a cell that begins with one of these characters, also full-width ones:
# https://owasp.org/www-community/attacks/CSV_Injection. A cell that begins with quotes and then
# such a character gets one more quote, so that an import restores the original text.
_BEGINS = r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_FORMULA = re.compile(f"'*{_BEGINS}")
_ESCAPED = re.compile(f"'+{_BEGINS}")


class Number(str):
    """A cell of a number column: never escaped, so that a spreadsheet can add up negative ones."""

    __slots__ = ()


class CSV(base_formats.CSV):
    """CSV without formulas: export adds a leading `'` to them, and import removes it."""

    def create_dataset(self, in_stream: bytes | str, **kwargs: Any) -> Dataset:
        """Raises ValidationError for more than `MAX_ROWS` rows."""
        text = in_stream.decode(self.encoding) if isinstance(in_stream, bytes) else in_stream
        check_rows(sum(map(bool, csv.reader(StringIO(text)))) - 1)
        return _each_cell(super().create_dataset(text, **kwargs), from_cell)

    def export_data(self, dataset: Dataset, **kwargs: Any) -> str:
        return super().export_data(_each_cell(dataset, to_cell), **kwargs)  # type: ignore[no-any-return]


class JSON(base_formats.JSON):
    def create_dataset(self, in_stream: bytes | str, **kwargs: Any) -> Dataset:
        """Raises ValidationError for more than `MAX_ROWS` rows, and for rows without columns."""
        text = in_stream.decode(self.encoding) if isinstance(in_stream, bytes) else in_stream
        rows = json.loads(text)
        check_rows(len(rows))
        if not all(isinstance(row, dict) and row for row in rows):
            raise ValidationError("Each row must be an object with column names as keys.")
        return super().create_dataset(text, **kwargs)


def check_rows(number: int) -> None:
    """Raise ValidationError for more than `MAX_ROWS` rows, before they cost work."""
    if number > MAX_ROWS:
        raise ValidationError(f"The file has more than {MAX_ROWS:,} rows. Import it in parts.")


def _each_cell(dataset: Dataset, change: Any) -> Dataset:
    return Dataset(*(map(change, row) for row in dataset), headers=dataset.headers)


def to_cell(value: Any) -> Any:
    """Put a `'` before text that a spreadsheet would compute."""
    is_text = isinstance(value, str) and not isinstance(value, Number)
    return f"'{value}" if is_text and _FORMULA.match(value) else value


def from_cell(text: str) -> str:
    """Remove the `'` that `to_cell` put there."""
    return text[1:] if _ESCAPED.match(text) else text
