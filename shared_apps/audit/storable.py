"""Converts any value to JSON and text that PostgreSQL can store, for the audit log."""

from collections.abc import Mapping
from datetime import date, time
from enum import Enum
from itertools import islice
from math import isfinite
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet

_MAX_LENGTH = 10_000  # characters of a text
_MAX_INTEGER = 10**100
_MAX_DEPTH = 20
_MAX_ITEMS = 1_000  # of a container
_CUT = "..."


def storable(value: object, above: tuple[int, ...] = ()) -> Any:
    """Return a value as JSON; never raise, since that would roll back the action.

    Decimals, UUIDs and the like become text; a model's object becomes its label and key.
    Characters that PostgreSQL cannot store are escaped. Values that are too long, too deep or
    contain themselves are cut.

    Args:
        above: ids of the containers around the value.
    """
    try:
        return _storable(value, above)
    except Exception as error:  # noqa: BLE001 (a value can raise anything)
        return f"{type(value).__name__} ({type(error).__name__})"


def storable_text(value: object, max_length: int = _MAX_LENGTH) -> str:
    """Return a value's text, cut to `max_length`, with NUL and lone surrogates escaped."""
    try:
        text = str(value)[:max_length]
    except Exception as error:  # noqa: BLE001 (a value can raise anything)
        text = f"{type(value).__name__} ({type(error).__name__})"
    text = text.replace("\0", r"\x00").encode(errors="backslashreplace").decode()
    return text[:max_length]


def _storable(value: object, above: tuple[int, ...]) -> Any:
    shown: Any
    match value:
        case Enum():
            shown = storable(value.value, above)
        case None | bool():
            shown = value
        case int():
            shown = int(value) if abs(value) < _MAX_INTEGER else storable_text(hex(value))
        case float():
            shown = float(value) if isfinite(value) else str(value)
        case date() | time():
            shown = value.isoformat()
        case bytes() | bytearray() | memoryview():
            shown = storable_text(bytes(value[:_MAX_LENGTH]).decode(errors="backslashreplace"))
        case Model():
            shown = storable_text(f"{value._meta.label_lower} {value.pk}")
        case QuerySet():
            # PostgreSQL may reject it, which would abort the transaction.
            with transaction.atomic(using=value.db):
                shown = _container(list(value[: _MAX_ITEMS + 1]), above)
        case Mapping() | list() | tuple() | set() | frozenset():
            shown = _container(value, above)
        case _:
            shown = storable_text(value)
    return shown


def _container(value: Any, above: tuple[int, ...]) -> Any:
    if id(value) in above or len(above) == _MAX_DEPTH:
        return _CUT
    inside = (*above, id(value))
    if isinstance(value, Mapping):
        kept = islice(value.items(), _MAX_ITEMS)
        shown = {storable_text(key): storable(each, inside) for key, each in kept}
        return {**shown, _CUT: _CUT} if len(value) > _MAX_ITEMS else shown
    listed = [storable(each, inside) for each in islice(value, _MAX_ITEMS)]
    if isinstance(value, set | frozenset):
        listed.sort(key=str)
    return [*listed, _CUT] if len(value) > _MAX_ITEMS else listed
