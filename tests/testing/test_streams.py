"""A stream that a test leaves unread changes no ContextVar of what runs when it is collected."""

from contextvars import ContextVar

from django.core.signals import request_finished
from django.test import client

changed: ContextVar[bool] = ContextVar("changed", default=False)


def change(**_: object) -> None:
    changed.set(True)


def test_an_unread_stream_that_is_collected_changes_no_variable() -> None:
    closed = []

    def close() -> None:
        closed.append(True)
        request_finished.send(sender=None)

    request_finished.connect(change)
    try:
        stream = client.closing_iterator_wrapper(iter([b"a", b"b"]), close)
        assert next(stream) == b"a"
        del stream
    finally:
        request_finished.disconnect(change)

    assert closed == [True]
    assert not changed.get()
