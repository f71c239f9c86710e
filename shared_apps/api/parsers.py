"""How JSON is read."""

from typing import Any, Self

from rest_framework import parsers
from rest_framework.exceptions import ParseError
from rest_framework.utils import json


class WrittenFloat(float):
    """A number that remembers how it was written.

    A plain float has 15 digits or so: 19.990000000000000001 would be taken for 19.99 where an
    amount with more than two decimals is to be refused.
    """

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
