"""Numbers as JSON and forms write them, and not as Python's source code does: `1_0` is no 10."""

from typing import Any

from rest_framework import serializers


class IntegerField(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if "_" in str(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class DecimalField(serializers.DecimalField):
    def to_internal_value(self, data: Any) -> Any:
        if "_" in str(data):
            self.fail("invalid")
        return super().to_internal_value(data)
