"""Measures the query of the caller against that of 0.4.0, which knows no keys, scopes and sessions.

ROUNDS sets the number of turns, for a quick try.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection
from rich.console import Console

from shared_apps.access import principal
from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import ApiToken, User
from shared_apps.users.sessions import session_start
from shared_apps.users.token_form import token_digest

from .database import bench_database, make_first_organization, make_tokens
from .report import Row, row
from .timing import alternate

ROUNDS = int(os.environ.get("ROUNDS", "31"))
TIMES = 500
USERS = 2000
TARGET = "<= 1.05"

_NEW_IN_0_5 = {"second_factor_required", "created_by_id"}


def measure(console: Console) -> list[Row]:
    with bench_database():
        organization = make_first_organization()
        make_tokens()
        _make_users(organization)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        return [*_of_a_token(), *_of_a_session()]


def _make_users(organization: Organization) -> None:
    """Create other members, so that no table fits into one page."""
    users = User.objects.bulk_create(
        User(email=f"member{number}@example.com", name=f"Member {number}", password="!")
        for number in range(USERS)
    )
    Membership.objects.bulk_create(
        Membership(user=user, organization=organization, role="member") for user in users
    )
    ApiToken.objects.bulk_create(
        ApiToken(
            user=user,
            organization=organization,
            digest=token_digest(user.email),
            expiry="2100-01-01T00:00:00Z",
        )
        for user in users
    )
    for user in users:
        session_start(user_id=user.pk, device="Firefox", address="192.0.2.1")


def _of_a_token() -> Iterator[Row]:
    digest = token_digest("bench1")
    ours, peer = alternate(
        _asks(principal._SQL, [digest, None, None, None]),
        _asks(_sql_of_0_4_0(), [digest, None, None]),
        rounds=ROUNDS,
        times=TIMES,
    )
    yield row("query of the caller with a token, µs; peer: that of 0.4.0", ours, peer, TARGET)


def _of_a_session() -> Iterator[Row]:
    user = User.objects.get(email="bench1@example.com")
    session = session_start(user_id=user.pk, device="Firefox", address="192.0.2.1")
    ours, peer = alternate(
        _asks(principal._SQL, [None, user.pk, session.pk, None]),
        _asks(_sql_of_0_4_0(), [None, user.pk, None]),
        rounds=ROUNDS,
        times=TIMES,
    )
    yield row("query of the caller with a session, µs; peer: that of 0.4.0", ours, peer, TARGET)


def _sql_of_0_4_0() -> str:
    columns = [
        f'({row_name})."{field.column}"'
        for model, row_name in ((User, "caller"), (Organization, "organization"))
        for field in model._meta.concrete_fields
        if field.column not in _NEW_IN_0_5
    ]
    return (
        f"SELECT token, member_role, migrated, tenant_role, {', '.join(columns)} "
        "FROM public.tenantry_access_caller(%s, %s, %s)"
    )


def _asks(sql: str, parameters: list[Any]) -> Callable[[], None]:
    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            assert cursor.fetchone() is not None

    return ask
