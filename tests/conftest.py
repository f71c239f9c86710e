"""The people of all tests: alice, bob and carol in acme, charlie in globex, stella on the staff.

The plugin (docs/testing.md) creates both organizations with their owners once for the whole run.
Each test runs in a transaction that is rolled back, in `public` and in the schemas.
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
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from psycopg2.extensions import connection as Connection  # noqa: N812 (a class)
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from shared_apps.accounts.models import EmailChange, KnownProgram, PendingSignUp
from shared_apps.api.models import IdempotencyKey
from shared_apps.jobs.models import Job
from shared_apps.organizations.models import Invitation, Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import membership_create, organization_create
from shared_apps.testing import PASSWORD, Member
from shared_apps.users.models import ApiToken, OldSessionsEnded, SignInSession, User
from shared_apps.webhooks.models import Endpoint
from tenantry.roles import forget_role

# Each tenant app has its own fixtures.
APP_FIXTURES = [
    f"tests.{each.parent.name}.fixtures" for each in Path(__file__).parent.glob("*/fixtures.py")
]
pytest_plugins = ["shared_apps.testing", "pytester", "tests.budget", "tests.openapi", *APP_FIXTURES]


class ClientOf(Protocol):
    """Return a client with a token for the user's organization, or the given one."""

    def __call__(self, user: User, organization: Organization | None = None) -> APIClient: ...


class SessionOf(Protocol):
    """Return a client with a session, as a browser has."""

    def __call__(self, user: User, *, csrf: bool = False) -> APIClient: ...


InThread = Callable[[Callable[[], Any]], "Future[Any]"]


def connect(database: str) -> Connection:
    """Open a psycopg2 connection without Django."""
    settings = connection.settings_dict
    opened = psycopg2.connect(
        dbname=database,
        user=settings["USER"],
        password=settings["PASSWORD"] or None,
        host=settings["HOST"],
        port=settings["PORT"],
    )
    opened.autocommit = True
    return opened


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Add the other people to the plugin's two organizations, then copy the database.

    The copy is for tests that need their own database.
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
    """The owner of globex."""
    return _user("charlie@globex.example")


@pytest.fixture
def stella(db: None) -> User:
    """Staff without a membership."""
    return _user("stella@tenantry.example")


@pytest.fixture
def nora(db: None) -> User:
    """A user without a membership."""
    return _user("nora@nowhere.example")


@pytest.fixture
def acme(organization: Organization) -> Organization:
    """The organization of alice, bob and carol."""
    return organization


@pytest.fixture
def globex(other_organization: Organization) -> Organization:
    """The organization of charlie."""
    return other_organization


@pytest.fixture
def api_client() -> APIClient:
    """A client that is not signed in."""
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
    """Run functions in threads, with their own connections, outside the test's transaction.

    Their writes are committed, so use `committed_organization`.
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
    """A committed organization with an owner, dropped afterwards; other connections see it."""
    name = f"race_{secrets.token_hex(4)}"

    def create() -> Organization:
        owner = User.objects.create_user(f"{name}@race.example", PASSWORD, name="Racer")
        return organization_create(schema_name=name, name="Race", owner=owner)

    yield in_thread(create).result()
    in_thread(lambda: remove_committed(name)).result()


@pytest.fixture
def committed_client(in_thread: InThread, committed_organization: Organization) -> APIClient:
    """The owner of `committed_organization`, signed in by token, for use in threads."""

    def sign_in() -> APIClient:
        owner = User.objects.get(organization=committed_organization)
        return Member(owner, committed_organization, by="token")

    client: APIClient = in_thread(sign_in).result()
    return client


def remove_committed(name: str) -> None:
    """Delete the committed organizations of a test with their schemas, and its users.

    Names of its organizations begin with the name; emails of its users end with it (before @).
    """
    emails = f"{name}@race.example"
    users = User.objects.filter(email__iendswith=emails)
    PendingSignUp.objects.filter(email_key__endswith=emails).delete()
    EmailChange.objects.filter(user__in=users).delete()
    KnownProgram.objects.filter(user__in=users).delete()
    EmailAddress.objects.filter(user__in=users).delete()
    Invitation.objects.filter(organization__schema_name__startswith=name).delete()
    Membership.objects.filter(user__in=users).delete()
    ApiToken.objects.filter(user__in=users).delete()
    ApiToken.objects.filter(organization__schema_name__startswith=name).delete()
    SignInSession.objects.filter(user__in=users).delete()
    OldSessionsEnded.objects.filter(user__in=users).delete()
    Authenticator.objects.filter(user__in=users).delete()
    IdempotencyKey.objects.filter(schema_name__startswith=name).delete()
    Endpoint.objects.filter(schema_name__startswith=name).delete()
    Job.objects.filter(schema_name__startswith=name).delete()
    Job.objects.filter(arguments__args__0__endswith=f"{name}@race.example").delete()  # Mails.
    Session.objects.all().delete()  # A session names no user in a column.
    organizations = Organization.objects.filter(schema_name__startswith=name)
    schemas = [name, *organizations.values_list("schema_name", flat=True)]
    # The models forbid deletion; _raw_delete skips their check.
    organizations._raw_delete(connection.alias)
    users._raw_delete(connection.alias)
    for schema in schemas:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
        forget_role(schema)


def wait_for_blocked(number: int) -> None:
    """Wait until this number of connections wait for a lock. Call it outside a transaction."""
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


def run_behind_a_lock(
    in_thread: InThread, lock: Callable[[], Any], *functions: Callable[[], Any]
) -> list[Any]:
    """Start functions that wait for a lock which `lock` takes; release it; return their results."""
    locked, release = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            lock()
            locked.set()
            release.wait(timeout=10)

    holding = in_thread(hold)
    try:
        assert locked.wait(timeout=10) or holding.result()
        waiting = [in_thread(function) for function in functions]
        in_thread(lambda: wait_for_blocked(len(functions))).result()
    finally:
        release.set()
    holding.result()
    return [each.result() for each in waiting]


def one_after_the_other(
    in_thread: InThread, first: Callable[[], Any], second: Callable[[], Any]
) -> Any:
    """Run `second` until it waits for a lock of `first`; commit; return the result of `second`."""
    (result,) = run_behind_a_lock(in_thread, first, second)
    return result


def statements(captured: CaptureQueriesContext) -> list[str]:
    """Return the SQL of a request, without django-tenants' SETs and the test's savepoints."""
    own = ("SET search_path", "SAVEPOINT", "RELEASE SAVEPOINT")
    return [query["sql"] for query in captured if not query["sql"].startswith(own)]
