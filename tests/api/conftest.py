import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient
from structlog.stdlib import ProcessorFormatter

from shared_apps.users.models import User
from tests.conftest import ClientOf

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


@pytest.fixture
def admin_client(client_of: ClientOf, carol: User) -> APIClient:
    return client_of(carol)


def assert_error(response: Any, status: int = 400) -> None:
    assert response.status_code == status, response.content
    body = response.json()
    assert body.keys() == {"detail", "code"}
    assert all(isinstance(word, str) and word for word in body.values())
