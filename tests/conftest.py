"""The cast of all tests: alice, bob and carol in acme, charlie in globex, stella on the staff.

Both organizations exist once for the whole run; each test works in a transaction that is rolled
back, in `public` and in the organizations' schemas alike.
"""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import membership_create, organization_create
from shared_apps.tenancy.context import active_schema
from shared_apps.users.models import User

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Create the cast once, beside pytest-django's empty database."""
    with django_db_blocker.unblock():
        create = User.objects.create_user
        alice = create("alice@acme.example", PASSWORD, name="Alice")
        acme = organization_create(schema_name="acme", name="Acme", owner=alice)
        for name, role in (("Bob", Role.MEMBER), ("Carol", Role.ADMIN)):
            user = create(f"{name.lower()}@acme.example", PASSWORD, name=name)
            membership_create(user=user, organization=acme, role=role)
        charlie = create("charlie@globex.example", PASSWORD, name="Charlie")
        organization_create(schema_name="globex", name="Globex", owner=charlie)
        create("stella@tenantry.example", PASSWORD, name="Stella", is_staff=True)
        create("nora@nowhere.example", PASSWORD, name="Nora")


@pytest.fixture(autouse=True)
def no_tenant_is_left_active() -> Iterator[None]:
    """Fail the test after which code still works for a tenant."""
    yield
    assert active_schema() is None


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
def acme(db: None) -> Organization:
    """Alice's, Bob's and Carol's organization."""
    return Organization.objects.get(schema_name="acme")


@pytest.fixture
def globex(db: None) -> Organization:
    """Charlie's organization."""
    return Organization.objects.get(schema_name="globex")
