"""An error of PostgreSQL is logged without the values of the rejected row."""

import logging
import sys
from collections.abc import Callable
from io import StringIO

import pytest
import structlog
from django.db import IntegrityError, transaction

from shared_apps.users.models import User
from tenantry.postgres.logs import traceback_without_rows


@pytest.fixture
def rejected(db: None) -> IntegrityError:
    """PostgreSQL's error with all values of the row."""
    row = {"email": "ada@secret.example", "password": "argon2$secret", "name": None}
    with pytest.raises(IntegrityError, match="secret") as caught, transaction.atomic():
        User.objects.create(**row)
    return caught.value


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    (handler,) = [each for each in logging.getLogger().handlers if each.name == "stderr"]
    stream = StringIO()
    monkeypatch.setattr(handler, "stream", stream)
    return stream


def test_a_traceback_does_not_contain_the_values_of_the_row(
    rejected: IntegrityError, written: StringIO
) -> None:
    logging.getLogger("django.request").error("Rejected", exc_info=rejected)

    assert "violates not-null constraint" in written.getvalue()
    assert "secret" not in written.getvalue()


LINES: dict[str, Callable[[Exception], None]] = {
    "%s": lambda error: logging.getLogger("app").error("Rejected: %s", error),
    "a text": lambda error: logging.getLogger("app").error(f"Rejected: {error}"),  # noqa: G004
    "structlog": lambda error: structlog.get_logger("app").error("Rejected", error=error),
    "structlog, %s": lambda error: structlog.get_logger("app").error("Rejected: %s", error),
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_log_line_does_not_contain_the_values_of_the_row(
    rejected: IntegrityError, written: StringIO, line: Callable[[Exception], None]
) -> None:
    try:
        raise rejected
    except IntegrityError as error:
        line(error)

    assert "violates not-null constraint" in written.getvalue()
    assert "secret" not in written.getvalue()


def test_the_exception_keeps_its_text_for_other_handlers(rejected: IntegrityError) -> None:
    traceback_without_rows((type(rejected), rejected, None))

    assert "secret" in str(rejected)
    assert "secret" in str(rejected.__cause__)


def in_a_cycle(rejected: IntegrityError) -> BaseException:
    outer = RuntimeError("outer")
    outer.__context__ = rejected
    assert rejected.__cause__
    rejected.__cause__.__context__ = outer
    return outer


def in_a_group(rejected: IntegrityError) -> BaseException:
    return ExceptionGroup("several", [ExceptionGroup("inner", [ValueError(), rejected])])


def quoted(rejected: IntegrityError) -> BaseException:
    error = ValueError(f"Nothing was saved: {rejected}")
    error.__cause__ = rejected
    return error


def in_a_long_chain(rejected: IntegrityError) -> BaseException:
    error: BaseException = rejected
    for _ in range(sys.getrecursionlimit()):
        outer = RuntimeError("outer")
        outer.__context__, error = error, outer
    return error


@pytest.mark.parametrize(
    "wrap", [in_a_cycle, in_a_group, quoted, in_a_long_chain], ids=lambda wrap: wrap.__name__
)
def test_the_row_is_removed_from_causes_contexts_and_groups(
    rejected: IntegrityError, wrap: Callable[[IntegrityError], BaseException]
) -> None:
    error = wrap(rejected)

    text = traceback_without_rows((type(error), error, None))

    assert "violates not-null constraint" in text
    assert "(not logged)" in text
    assert "secret" not in text


def test_an_exception_that_is_its_own_cause_is_logged() -> None:
    error = ValueError("its own cause")
    error.__cause__ = error.__context__ = error

    text = traceback_without_rows((type(error), error, None))

    assert text == "ValueError: its own cause"
