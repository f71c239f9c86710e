import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.stdlib import ProcessorFormatter

Line = dict[str, Any]


class Lines:
    """Lines that the service's log handler wrote."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def read(self) -> list[Line]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def only(self) -> Line:
        (line,) = self.read()
        return line

    def of(self, logger: str) -> list[Line]:
        return [line for line in self.read() if line["logger"] == logger]


@pytest.fixture
def handler() -> "logging.StreamHandler[Any]":
    """The log handler of the service; pytest adds others."""
    (handler,) = (
        each
        for each in logging.getLogger().handlers
        if isinstance(each.formatter, ProcessorFormatter)
    )
    assert isinstance(handler, logging.StreamHandler)
    return handler


@pytest.fixture
def lines(handler: "logging.StreamHandler[Any]") -> Iterator[Lines]:
    lines = Lines()
    before = handler.setStream(lines.stream)
    yield lines
    handler.setStream(before)
