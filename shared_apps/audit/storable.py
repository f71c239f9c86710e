"""What services hand to the audit log, as JSON and text that PostgreSQL can store."""

from collections.abc import Mapping
from datetime import date, time
from enum import Enum
from itertools import islice
from math import isfinite
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet

_LONGEST = 10_000  # characters of a text
_LARGEST = 10**100
_DEEPEST = 20
_MOST = 1_000  # of a container's values
_CUT = "..."


def storable(value: object, above: tuple[int, ...] = ()) -> Any:
    """Return any value as JSON: an entry must not undo what it tells of.

    Decimals, UUIDs and the like become text, objects of models their label and key, what is no
    text for PostgreSQL is escaped, and what is too long, too much, too deep or contains itself is
    cut.

    Args:
        above: ids of what contains the value.
    """
    try:
        return _storable(value, above)
    except Exception as error:  # noqa: BLE001 (anything can be handed over)
        return f"{type(value).__name__} ({type(error).__name__})"


def storable_text(value: object, longest: int = _LONGEST) -> str:
    """Return a value's text, at most so many characters, with NUL and lone surrogates escaped."""
    try:
        text = str(value)[:longest]
    except Exception as error:  # noqa: BLE001 (anything can be handed over)
        text = f"{type(value).__name__} ({type(error).__name__})"
    text = text.replace("\0", r"\x00").encode(errors="backslashreplace").decode()
    return text[:longest]


def _storable(value: object, above: tuple[int, ...]) -> Any:
    shown: Any
    match value:
        case Enum():
            shown = storable(value.value, above)
        case None | bool():
            shown = value
        case int():
            shown = int(value) if abs(value) < _LARGEST else storable_text(hex(value))
        case float():
            shown = float(value) if isfinite(value) else str(value)
        case date() | time():
            shown = value.isoformat()
        case bytes() | bytearray() | memoryview():
            shown = storable_text(bytes(value[:_LONGEST]).decode(errors="backslashreplace"))
        case Model():
            shown = storable_text(f"{value._meta.label_lower} {value.pk}")
        case QuerySet():
            # PostgreSQL may reject it, which would abort the transaction.
            with transaction.atomic(using=value.db):
                shown = _container(list(value[: _MOST + 1]), above)
        case Mapping() | list() | tuple() | set() | frozenset():
            shown = _container(value, above)
        case _:
            shown = storable_text(value)
    return shown


def _container(value: Any, above: tuple[int, ...]) -> Any:
    if id(value) in above or len(above) == _DEEPEST:
        return _CUT
    inside = (*above, id(value))
    if isinstance(value, Mapping):
        kept = islice(value.items(), _MOST)
        shown = {storable_text(key): storable(each, inside) for key, each in kept}
        return {**shown, _CUT: _CUT} if len(value) > _MOST else shown
    listed = [storable(each, inside) for each in islice(value, _MOST)]
    if isinstance(value, set | frozenset):
        listed.sort(key=str)
    return [*listed, _CUT] if len(value) > _MOST else listed
