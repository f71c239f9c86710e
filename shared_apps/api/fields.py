"""Numbers as JSON and forms write them, and not as Python's source code does: `1_0` is no 10."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers


def is_written_plainly(number: object) -> bool:
    """Return whether a number is free of what only Python reads: underscores, foreign digits."""
    text = str(number)
    return text.isascii() and "_" not in text


def without_negative_zero(number: Decimal) -> Decimal:
    """Return a number as PostgreSQL keeps it, so that an answer reads like the next one."""
    return number or abs(number)


class IntegerField(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if not is_written_plainly(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class DecimalField(serializers.DecimalField):
    def to_internal_value(self, data: Any) -> Decimal:
        if not is_written_plainly(data):
            self.fail("invalid")
        return without_negative_zero(super().to_internal_value(data))
