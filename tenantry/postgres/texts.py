"""Text that PostgreSQL cannot store raises UnstorableText, which is an error of the sender."""

from types import TracebackType

from django.db.utils import DatabaseErrorWrapper

from tenantry.errors import UnstorableText


class TextErrorWrapper(DatabaseErrorWrapper):
    """Django's translation of psycopg2's errors, and of two kinds of ValueError."""

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exc_type is None:
            return
        # "A string literal cannot contain NUL (0x00) characters."
        if isinstance(exc_value, UnicodeEncodeError) or (
            isinstance(exc_value, ValueError) and "NUL" in str(exc_value)
        ):
            raise UnstorableText from exc_value
        super().__exit__(exc_type, exc_value, traceback)
