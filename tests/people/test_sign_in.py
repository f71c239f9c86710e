"""Signing in works while a tenant is active, as before."""

from django.contrib.auth import authenticate, get_user
from django.test import RequestFactory

from shared_apps.organizations.models import Organization
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User
from shared_apps.users.services import find_user, token_issue
from tenantry.context import tenant_context
from tests.conftest import SessionOf


def test_the_password_is_that_of_public(globex: Organization, bob: User) -> None:
    with tenant_context(globex):
        found = authenticate(RequestFactory().get("/"), username=bob.email, password=PASSWORD)

    assert found == bob
    assert found.password == bob.password


def test_the_user_of_a_session_has_all_fields(
    globex: Organization, bob: User, session_of: SessionOf
) -> None:
    request = RequestFactory().get("/")
    request.session = session_of(bob).session
    assert "_auth_user_id" in request.session  # Read without a tenant, as the middleware does.
    with tenant_context(globex):
        found = get_user(request)

    assert isinstance(found, User)
    assert found.password == bob.password


def test_services_of_users_find_users_of_public(
    acme: Organization, globex: Organization, bob: User
) -> None:
    with tenant_context(globex):
        assert find_user(bob.email).password == bob.password
        assert token_issue(user=bob, organization=acme)[0].user == bob
