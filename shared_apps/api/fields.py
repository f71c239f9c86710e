"""Fields that differ from DRF's: numbers reject what only Python accepts, such as `1_0` for 10."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers


def is_plain_number(number: object) -> bool:
    """Return whether a number has no underscores and only ASCII digits."""
    text = str(number)
    return text.isascii() and "_" not in text


def without_negative_zero(number: Decimal) -> Decimal:
    """Return a number as PostgreSQL stores it: -0.00 becomes 0.00."""
    return number or abs(number)


class OptionalBoolean(serializers.BooleanField):
    """A boolean that a form can omit, as JSON can.

    DRF reads a missing box as False, so a form without it would create an archived item. The form
    of the browsable API sends false explicitly.
    """

    default_empty_html = serializers.empty

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(style={"base_template": "optional_checkbox.html"}, **kwargs)


class IntegerField(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if not is_plain_number(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class DecimalField(serializers.DecimalField):
    def to_internal_value(self, data: Any) -> Decimal:
        if not is_plain_number(data):
            self.fail("invalid")
        return without_negative_zero(super().to_internal_value(data))
