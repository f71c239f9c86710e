"""The files that rows come from and go into, bounded in rows and safe in spreadsheets."""

import csv
import json
import re
from io import StringIO
from typing import Any

from django.core.exceptions import ValidationError
from import_export.formats import base_formats
from tablib import Dataset

MAX_ROWS = 1_000

# How a cell begins that a spreadsheet takes for a formula, full-width letters included:
# https://owasp.org/www-community/attacks/CSV_Injection. One that has quotes before that gets one
# more, so that each comes back as it was.
_BEGINS = r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_FORMULA = re.compile(f"'*{_BEGINS}")
_ESCAPED = re.compile(f"'+{_BEGINS}")


class Number(str):
    """What a column of numbers holds: a spreadsheet may add it up, a negative one too."""

    __slots__ = ()


class CSV(base_formats.CSV):
    """CSV without formulas: text that would be one gets a leading `'`, which imports take off.

    A `Number` is written as it is.
    """

    def create_dataset(self, in_stream: bytes | str, **kwargs: Any) -> Dataset:
        """Raises ValidationError for more than `MAX_ROWS` rows."""
        text = in_stream.decode(self.encoding) if isinstance(in_stream, bytes) else in_stream
        check_rows(sum(map(bool, csv.reader(StringIO(text)))) - 1)
        return _each_cell(super().create_dataset(text, **kwargs), _from_cell)

    def export_data(self, dataset: Dataset, **kwargs: Any) -> str:
        return super().export_data(_each_cell(dataset, to_cell), **kwargs)  # type: ignore[no-any-return]


class JSON(base_formats.JSON):
    """JSON, exactly as it is: no spreadsheet computes what it holds."""

    def create_dataset(self, in_stream: bytes | str, **kwargs: Any) -> Dataset:
        """Raises ValidationError for more than `MAX_ROWS` rows, and for rows without columns."""
        text = in_stream.decode(self.encoding) if isinstance(in_stream, bytes) else in_stream
        rows = json.loads(text)
        check_rows(len(rows))
        if not all(isinstance(row, dict) and row for row in rows):
            raise ValidationError("Each row has to be an object with the names of its columns.")
        return super().create_dataset(text, **kwargs)


def check_rows(number: int) -> None:
    """Refuse a file of too many rows before work is done for each.

    Raises:
        ValidationError: for more than `MAX_ROWS`.
    """
    if number > MAX_ROWS:
        raise ValidationError(f"The file has more than {MAX_ROWS:,} rows: import it in parts.")


def _each_cell(dataset: Dataset, change: Any) -> Dataset:
    return Dataset(*(map(change, row) for row in dataset), headers=dataset.headers)


def to_cell(value: Any) -> Any:
    """Put a `'` before text that a spreadsheet would compute."""
    is_text = isinstance(value, str) and not isinstance(value, Number)
    return f"'{value}" if is_text and _FORMULA.match(value) else value


def _from_cell(text: str) -> str:
    return text[1:] if _ESCAPED.match(text) else text
