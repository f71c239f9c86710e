"""Parsers of request bodies."""

from typing import Any, Self

from rest_framework import parsers
from rest_framework.exceptions import ParseError
from rest_framework.utils import json

_MAX_NAME_LENGTH = 255  # characters

TOO_DEEP = "The JSON is nested too deeply. Send fewer levels."


class WrittenFloat(float):
    """A float with the text it was parsed from.

    A plain float has about 15 digits: it would turn 19.990000000000000001 into 19.99, although an
    amount with more than two decimals is an error.
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
    """DRF's parser with exact numbers and only UTF-8 (RFC 8259).

    Raises:
        ParseError: for invalid JSON, and for nesting that is too deep.
    """

    def parse(self, stream: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return json.loads(stream.read().decode(), parse_float=WrittenFloat)
        except RecursionError as error:
            raise ParseError(TOO_DEEP) from error
        except ValueError as error:
            raise ParseError(f"The body is not valid JSON: {error}.") from error


class FormParser(parsers.FormParser):
    """DRF's parser with a limit on names; Django limits them in forms with files.

    Raises:
        ParseError: for a name that is too long. DRF converts the number in `rows[12]name`, and
            Python rejects numbers of thousands of digits.
    """

    def parse(self, stream: Any, *args: Any, **kwargs: Any) -> Any:
        form = super().parse(stream, *args, **kwargs)
        if any(len(name) > _MAX_NAME_LENGTH for name in form):
            raise ParseError(
                f"The name of a form field is too long. Use at most {_MAX_NAME_LENGTH} characters."
            )
        return form
