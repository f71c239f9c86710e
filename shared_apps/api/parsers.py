"""How bodies are read."""

from typing import Any, Self

from rest_framework import parsers
from rest_framework.exceptions import ParseError
from rest_framework.utils import json

_LONGEST_NAME = 255  # characters


class WrittenFloat(float):
    """A number that remembers how it was written.

    A plain float has about 15 digits: it reads 19.990000000000000001 as 19.99, although an amount
    with more than two decimals is an error.
    """

    __slots__ = ("written",)

    written: str

    def __new__(cls, written: str) -> Self:
        number = super().__new__(cls, written)
        number.written = written
        return number

    def __str__(self) -> str:
        return self.written


class JSONParser(parsers.JSONParser):
    """DRF's parser with exact numbers, in UTF-8 alone (RFC 8259), and safe from deep nesting.

    Raises:
        ParseError: for whatever is no JSON, or nested too deeply to be read.
    """

    def parse(self, stream: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return json.loads(stream.read().decode(), parse_float=WrittenFloat)
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deeply") from error
        except ValueError as error:
            raise ParseError(f"JSON parse error - {error}") from error


class FormParser(parsers.FormParser):
    """DRF's parser for forms; in those with files Django bounds the names.

    Raises:
        ParseError: for a name that no field has. DRF reads the number in `rows[12]name`, and
            Python reads no number of thousands of digits.
    """

    def parse(self, stream: Any, *args: Any, **kwargs: Any) -> Any:
        form = super().parse(stream, *args, **kwargs)
        if any(len(name) > _LONGEST_NAME for name in form):
            raise ParseError("Form parse error - the name of a field is too long")
        return form
