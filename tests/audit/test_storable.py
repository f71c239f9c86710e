"""The audit log accepts any value, so it never rolls back the action."""

from collections import OrderedDict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from math import inf, nan
from typing import Any
from uuid import UUID

import pytest
from django.db.models import F, Value
from django.utils.functional import lazy
from django.utils.safestring import mark_safe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.roles import Role
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenantry.context import tenant_context


class Size(Enum):
    LARGE = Decimal("1.50")


class Step(IntEnum):
    FIRST = 1


class Broken:
    def __str__(self) -> str:
        raise RuntimeError


CYCLE: list[Any] = [1]
CYCLE.append(CYCLE)
DEEP: Any = 1
for _ in range(5_000):
    DEEP = [DEEP]

VALUES: list[tuple[Any, Any]] = [
    (None, None),
    (True, True),
    (7, 7),
    (1.5, 1.5),
    ("é", "é"),
    (Decimal("19.90"), "19.90"),
    (Decimal("NaN"), "NaN"),
    (date(2026, 11, 28), "2026-11-28"),
    (datetime(2026, 11, 28, 12, tzinfo=UTC), "2026-11-28T12:00:00+00:00"),
    (time(12, 30), "12:30:00"),
    (timedelta(hours=1), "1:00:00"),
    (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (lazy(lambda: "Later", str)(), "Later"),
    (mark_safe("<b>"), "<b>"),
    (Role.OWNER, "owner"),
    (Size.LARGE, "1.50"),
    (Step.FIRST, 1),
    (b"caf\xc3\xa9 \xff\0", r"café \xff\x00"),
    ({2, 1, 10}, [1, 10, 2]),
    (frozenset(), []),
    ((1, [2]), [1, [2]]),
    (OrderedDict({Role.ADMIN: {1: None}}), {"admin": {"1": None}}),
    ({"a\0": "\0"}, {r"a\x00": r"\x00"}),
    (nan, "nan"),
    (-inf, "-inf"),
    (10**5_000, hex(10**5_000)),
    ("\ud800a\udfff", r"\ud800a\udfff"),
    ("x" * 20_000, "x" * 10_000),
    (CYCLE, [1, "..."]),
    (Broken(), "Broken (RuntimeError)"),
    (object, "<class 'object'>"),
]


def recorded(value: Any) -> Any:
    record(AuditAction.USER_CHANGED, subject="Ada", value=value)
    return AuditEntry.objects.latest("pk").data["value"]


@pytest.mark.parametrize(("value", "stored"), VALUES, ids=lambda value: type(value).__name__)
def test_a_value_of_any_type_is_stored(db: None, value: Any, stored: Any) -> None:
    assert recorded(value) == stored


def test_objects_of_models_are_stored_as_label_and_key(bob: User) -> None:
    assert recorded(bob) == f"tenantry_users.user {bob.pk}"
    assert recorded(User.objects.filter(pk=bob.pk)) == [f"tenantry_users.user {bob.pk}"]


def test_a_queryset_that_raises_is_stored_by_its_type(db: None) -> None:
    with tenant_context("acme"):
        items = Item.objects.all()

    assert recorded(items).startswith("TenantQuerySet (")


def test_a_queryset_that_postgresql_rejects_does_not_abort_the_transaction(bob: User) -> None:
    rejected = User.objects.annotate(share=F("pk") / Value(0))

    assert recorded(rejected) == "QuerySet (DataError)"


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ([1] * 1_001, [1] * 1_000 + ["..."]),
        (dict.fromkeys(range(1_001)), {**dict.fromkeys(map(str, range(1_000))), "...": "..."}),
    ],
    ids=["list", "mapping"],
)
def test_too_many_items_are_cut(db: None, value: Any, stored: Any) -> None:
    assert recorded(value) == stored


def test_deep_nesting_is_cut(db: None) -> None:
    assert str(recorded(DEEP)) == "[" * 19 + "'...'" + "]" * 19


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x" * 1_000, Broken()])
def test_no_subject_or_reason_breaks_an_entry(db: None, text: Any) -> None:
    record(AuditAction.USER_CHANGED, subject=text, reason=text)

    assert AuditEntry.objects.latest("pk").subject


_TEXT = st.text(st.characters(codec=None))
_ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.dates()
    | st.binary()
    | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(_ANYTHING)
def test_no_value_breaks_an_entry(db: None, value: Any) -> None:
    record(AuditAction.USER_CHANGED, subject=value, reason=str(value), value=value)
