"""An error of PostgreSQL is logged without the row that it refused."""

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
def refused(db: None) -> IntegrityError:
    """PostgreSQL's error about a row, with all of the row's values."""
    row = {"email": "ada@secret.example", "password": "argon2$secret", "name": None}
    with pytest.raises(IntegrityError, match="secret") as caught, transaction.atomic():
        User.objects.create(**row)
    return caught.value


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What the service writes to its log."""
    (handler,) = [each for each in logging.getLogger().handlers if each.name == "stderr"]
    stream = StringIO()
    monkeypatch.setattr(handler, "stream", stream)
    return stream


def test_the_values_of_a_refused_row_are_not_logged(
    refused: IntegrityError, written: StringIO
) -> None:
    logging.getLogger("django.request").error("Refused", exc_info=refused)

    assert "violates not-null constraint" in written.getvalue()
    assert "secret" not in written.getvalue()


LINES: dict[str, Callable[[Exception], None]] = {
    "%s": lambda error: logging.getLogger("app").error("Refused: %s", error),
    "a text": lambda error: logging.getLogger("app").error(f"Refused: {error}"),  # noqa: G004
    "structlog": lambda error: structlog.get_logger("app").error("Refused", error=error),
    "structlog, %s": lambda error: structlog.get_logger("app").error("Refused: %s", error),
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_nor_are_they_where_the_error_is_part_of_a_line(
    refused: IntegrityError, written: StringIO, line: Callable[[Exception], None]
) -> None:
    try:
        raise refused
    except IntegrityError as error:
        line(error)

    assert "violates not-null constraint" in written.getvalue()
    assert "secret" not in written.getvalue()


def test_the_error_keeps_its_words_for_other_handlers(refused: IntegrityError) -> None:
    traceback_without_rows((type(refused), refused, None))

    assert "secret" in str(refused)
    assert "secret" in str(refused.__cause__)


def in_a_ring(refused: IntegrityError) -> BaseException:
    outer = RuntimeError("outer")
    outer.__context__ = refused
    assert refused.__cause__
    refused.__cause__.__context__ = outer
    return outer


def in_a_group(refused: IntegrityError) -> BaseException:
    return ExceptionGroup("several", [ExceptionGroup("inner", [ValueError(), refused])])


def quoted(refused: IntegrityError) -> BaseException:
    error = ValueError(f"Nothing was saved: {refused}")
    error.__cause__ = refused
    return error


def in_a_long_chain(refused: IntegrityError) -> BaseException:
    error: BaseException = refused
    for _ in range(sys.getrecursionlimit()):
        outer = RuntimeError("outer")
        outer.__context__, error = error, outer
    return error


@pytest.mark.parametrize(
    "wrap", [in_a_ring, in_a_group, quoted, in_a_long_chain], ids=lambda wrap: wrap.__name__
)
def test_a_row_is_found_wherever_the_error_hangs(
    refused: IntegrityError, wrap: Callable[[IntegrityError], BaseException]
) -> None:
    error = wrap(refused)

    text = traceback_without_rows((type(error), error, None))

    assert "violates not-null constraint" in text
    assert "(not logged)" in text
    assert "secret" not in text


def test_an_error_that_was_raised_from_itself_is_logged() -> None:
    error = ValueError("its own cause")
    error.__cause__ = error.__context__ = error

    text = traceback_without_rows((type(error), error, None))

    assert text == "ValueError: its own cause"
