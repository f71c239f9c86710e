"""Streams that a test leaves unread: Django's test client closes them when they are collected.

Python can collect one inside any ContextVar.set(), and closing it sets ContextVars of the logs.
Without a copy of the context that corrupts other ContextVars, also those of `decimal`
(https://github.com/python/cpython/issues/148891).
"""

from collections.abc import Callable, Iterable, Iterator
from contextvars import copy_context

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import client


@pytest.fixture(autouse=True, scope="session")
def unread_streams_close_in_a_copied_context() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "closing_iterator_wrapper", _closing)
        yield


def _closing(iterable: Iterable[bytes], close: Callable[[], None]) -> Iterator[bytes]:
    """Do what the function of Django does."""
    try:
        yield from iterable
    except GeneratorExit:
        copy_context().run(_finish, close)
        raise
    except BaseException:
        _finish(close)
        raise
    _finish(close)


def _finish(close: Callable[[], None]) -> None:
    request_finished.disconnect(close_old_connections)
    close()  # It sends request_finished.
    request_finished.connect(close_old_connections)
