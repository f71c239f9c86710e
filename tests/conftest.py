"""The cast of all tests: alice, bob and carol in acme, charlie in globex, stella on the staff.

The plugin (docs/testing.md) makes both organizations with their owners once for the whole run;
each test works in a transaction that is rolled back, in `public` and in the schemas alike.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any, Protocol

import psycopg2
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from psycopg2.extensions import connection as Connection  # noqa: N812 (a class)
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from shared_apps.api.models import IdempotencyKey
from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import membership_create, organization_create
from shared_apps.testing import PASSWORD, Member
from shared_apps.users.models import ApiToken, User

# Each tenant app brings its fixtures.
APP_FIXTURES = [
    f"tests.{each.parent.name}.fixtures" for each in Path(__file__).parent.glob("*/fixtures.py")
]
pytest_plugins = ["shared_apps.testing", "pytester", "tests.openapi", *APP_FIXTURES]


class ClientOf(Protocol):
    """Sign somebody in: by token in their own organization, or in the one given."""

    def __call__(self, user: User, organization: Organization | None = None) -> APIClient: ...


class SessionOf(Protocol):
    """Sign somebody in by session, as a browser does."""

    def __call__(self, user: User, *, csrf: bool = False) -> APIClient: ...


InThread = Callable[[Callable[[], Any]], "Future[Any]"]


def connect(database: str) -> Connection:
    """A plain connection, beside Django's."""
    at = connection.settings_dict
    opened = psycopg2.connect(
        dbname=database,
        user=at["USER"],
        password=at["PASSWORD"] or None,
        host=at["HOST"],
        port=at["PORT"],
    )
    opened.autocommit = True
    return opened


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Add the rest of the cast to the plugin's two organizations, and copy it all.

    The copy is for tests that need a whole database of their own.
    """
    database = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        create = User.objects.create_user
        acme = Organization.objects.get(schema_name="acme")
        for name, role in (("Bob", Role.MEMBER), ("Carol", Role.ADMIN)):
            user = create(f"{name.lower()}@acme.example", PASSWORD, name=name)
            membership_create(user=user, organization=acme, role=role)
        create("stella@tenantry.example", PASSWORD, name="Stella", is_staff=True)
        create("nora@nowhere.example", PASSWORD, name="Nora")
        connection.close()
    with closing(connect("postgres")) as server, server.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{database}_pristine"')
        cursor.execute(f'CREATE DATABASE "{database}_pristine" TEMPLATE "{database}"')
        yield
        cursor.execute(f'DROP DATABASE "{database}_pristine"')


def _user(email: str) -> User:
    return User.objects.get(email=email)


@pytest.fixture
def alice(db: None) -> User:
    """The owner of acme."""
    return _user("alice@acme.example")


@pytest.fixture
def bob(db: None) -> User:
    """A member of acme."""
    return _user("bob@acme.example")


@pytest.fixture
def carol(db: None) -> User:
    """An admin of acme."""
    return _user("carol@acme.example")


@pytest.fixture
def charlie(db: None) -> User:
    """The owner of globex, a stranger to acme."""
    return _user("charlie@globex.example")


@pytest.fixture
def stella(db: None) -> User:
    """Staff, and a member of nothing."""
    return _user("stella@tenantry.example")


@pytest.fixture
def nora(db: None) -> User:
    """A user who belongs nowhere."""
    return _user("nora@nowhere.example")


@pytest.fixture
def acme(organization: Organization) -> Organization:
    """Alice's, Bob's and Carol's organization."""
    return organization


@pytest.fixture
def globex(other_organization: Organization) -> Organization:
    """Charlie's organization."""
    return other_organization


@pytest.fixture
def api_client() -> APIClient:
    """Somebody who shows nothing."""
    return APIClient()


@pytest.fixture
def client_of(db: None) -> ClientOf:
    def client_of(user: User, organization: Organization | None = None) -> APIClient:
        organization = organization or user.organization
        assert organization is not None
        return Member(user, organization, by="token")

    return client_of


@pytest.fixture
def session_of(db: None) -> SessionOf:
    def session_of(user: User, *, csrf: bool = False) -> APIClient:
        client = APIClient(enforce_csrf_checks=csrf)
        client.force_login(user)
        return client

    return session_of


@pytest.fixture
def in_thread(db: None) -> Iterator[InThread]:
    """Run functions beside the test: on connections of their own, outside its transaction.

    What they write is committed; `committed_organization` is there to be written to.
    """

    def run(function: Callable[[], Any]) -> Any:
        try:
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=4) as pool:
        yield lambda function: pool.submit(run, function)


@pytest.fixture
def committed_organization(in_thread: InThread) -> Iterator[Organization]:
    """An organization with an owner that other connections can see, too; dropped afterwards."""
    name = f"race_{secrets.token_hex(4)}"

    def create() -> Organization:
        owner = User.objects.create_user(f"{name}@race.example", PASSWORD, name="Racer")
        return organization_create(schema_name=name, name="Race", owner=owner)

    yield in_thread(create).result()
    in_thread(lambda: remove_committed(name)).result()


def remove_committed(name: str) -> None:
    """Remove what a test committed: schema and organization of that name, and their users.

    More users and organizations of a test have the name at the end of theirs, or at the beginning.
    """
    users = User.objects.filter(email__endswith=f"{name}@race.example")
    Membership.objects.filter(user__in=users).delete()
    ApiToken.objects.filter(user__in=users).delete()
    IdempotencyKey.objects.filter(schema_name__startswith=name).delete()
    # Past the rule that both are kept for good.
    Organization.objects.filter(schema_name__startswith=name)._raw_delete(connection.alias)
    users._raw_delete(connection.alias)
    with connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA IF EXISTS "{name}" CASCADE')


def wait_for_blocked(number: int) -> None:
    """Wait until that many connections wait for a lock. Call it outside a transaction."""
    deadline = time.monotonic() + 10
    blocked = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(blocked)
            if cursor.fetchone()[0] >= number:
                return
            time.sleep(0.01)
    raise AssertionError(f"Fewer than {number} connections waited for a lock.")


def one_after_the_other(
    in_thread: InThread, first: Callable[[], Any], second: Callable[[], Any]
) -> Any:
    """Let `second` run into a lock of `first`, which commits then.

    Returns:
        What `second` returned.
    """
    done, let_go = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            first()
            done.set()
            let_go.wait(timeout=10)

    holding = in_thread(hold)
    try:
        assert done.wait(timeout=10) or holding.result()
        waiting = in_thread(second)
        in_thread(lambda: wait_for_blocked(1)).result()
    finally:
        let_go.set()
    holding.result()
    return waiting.result()


def statements(captured: CaptureQueriesContext) -> list[str]:
    """Return the SQL a request sent, without django-tenants' SETs and the test's savepoints."""
    own = ("SET search_path", "SAVEPOINT", "RELEASE SAVEPOINT")
    return [query["sql"] for query in captured if not query["sql"].startswith(own)]
