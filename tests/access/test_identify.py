"""The query of the caller knows keys, scopes, rows of sessions, and tokens of 0.4.0."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shared_apps.access.principal import principal_of_session, principal_of_token
from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.users.models import ApiToken, SignInSession, User
from shared_apps.users.service_accounts import ServiceAccount
from shared_apps.users.sessions import session_start
from shared_apps.users.token_form import new_plaintext, token_digest
from tests.conftest import statements
from tests.tokens import MADE, client_with, code_of

OF_0_4_0 = "Zk3w9Xy0qLr5sT7uVbN2mA4cD6eF8gH1jK3lP5oI7yU"


def found_by_0_4_0(plaintext: str) -> bool:
    """Return whether a server that still runs 0.4.0 accepts the token."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM public.tenantry_access_caller(%s, NULL, NULL)", [token_digest(plaintext)]
        )
        return cursor.fetchone() is not None


def made(user: User, **fields: Any) -> str:
    assert user.organization is not None
    _, plaintext = ApiToken.objects.issue(
        user=user, organization=user.organization, **MADE | fields
    )
    return plaintext


@pytest.mark.parametrize("model", [User, Organization])
def test_no_field_of_the_caller_costs_a_query_of_its_own(bob: User, model: type[Model]) -> None:
    """A field that was added needs a new function, with a new name."""
    principal = principal_of_token(made(bob))

    assert principal is not None
    found = principal.user if model is User else principal.organization
    assert isinstance(found, model)
    assert found.get_deferred_fields() == set()
    assert found == model._default_manager.get(pk=found.pk)


def test_a_token_has_its_scopes(bob: User) -> None:
    principal = principal_of_token(made(bob, scopes=["read"]))

    assert principal is not None
    assert (principal.person, principal.role) == (bob, Role.MEMBER)
    assert principal.scopes == frozenset({"read"})


def test_a_token_without_an_expiry_works_and_an_expired_one_does_not(bob: User) -> None:
    assert principal_of_token(made(bob, expiry=None))
    assert not principal_of_token(made(bob, expiry=timezone.now() - timedelta(seconds=1)))


def test_a_key_is_a_service_account_with_the_key_s_role(acme: Organization) -> None:
    key, plaintext = ApiToken.objects.make(organization=acme, name="Shop", role="member")

    principal = principal_of_token(plaintext)

    assert principal is not None
    assert principal.user == ServiceAccount(key_id=key.pk, name="Shop", prefix=key.prefix)
    assert (principal.organization, principal.role) == (acme, Role.MEMBER)
    assert principal.person_or_none is None


def test_a_token_that_0_4_0_issued_still_works(bob: User, acme: Organization) -> None:
    """0.4.0 inserts the columns that it knows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO public.tenantry_users_apitoken "
            "(digest, user_id, organization_id, membership_id, expiry, created_at) "
            "VALUES (%s, %s, %s, %s, now() + interval '1 day', now())",
            [token_digest(OF_0_4_0), bob.pk, acme.pk, Membership.objects.get(user=bob).pk],
        )

    assert client_with(OF_0_4_0).get("/api/me/").json()["email"] == bob.email
    stored = ApiToken.objects.get(user=bob)
    assert (stored.name, stored.prefix, stored.scopes, stored.is_sign_in) == ("", "", None, True)


def test_a_server_of_0_4_0_finds_no_token_with_scopes_and_no_key(
    bob: User, acme: Organization
) -> None:
    """It knows no scopes, so it would let the token do all that its role may do."""
    _, key = ApiToken.objects.make(organization=acme, name="Shop", role="admin")
    later = timezone.now() + timedelta(days=1)

    assert found_by_0_4_0(made(bob, expiry=later))
    assert not found_by_0_4_0(made(bob, expiry=later, scopes=["read"]))
    assert not found_by_0_4_0(key)


def test_a_session_works_in_its_choice_else_in_the_landing(bob: User, globex: Organization) -> None:
    Membership.objects.create(user=bob, organization=globex)
    plain = session_start(user_id=bob.pk, device="", address=None)
    chosen = session_start(user_id=bob.pk, device="", address=None, organization_id=globex.pk)

    found = [principal_of_session(row.pk, user_id=bob.pk) for row in (plain, chosen)]

    assert [each and each.organization for each in found] == [bob.organization, globex]


def test_a_session_that_was_ended_or_is_another_user_s_gives_nobody(bob: User, carol: User) -> None:
    row = session_start(user_id=bob.pk, device="", address=None)

    assert principal_of_session(row.pk, user_id=carol.pk) is None
    SignInSession.objects.filter(pk=row.pk).delete()
    assert principal_of_session(row.pk, user_id=bob.pk) is None


def test_a_deactivated_user_has_neither_token_nor_session(bob: User) -> None:
    token, row = made(bob), session_start(user_id=bob.pk, device="", address=None)
    User.objects.filter(pk=bob.pk).update(is_active=False)

    assert principal_of_token(token) is None
    assert principal_of_session(row.pk, user_id=bob.pk) is None


@pytest.mark.parametrize("known", [True, False], ids=["damaged", "invented"])
def test_a_wrong_checksum_is_401_without_a_statement(bob: User, known: bool) -> None:
    token = made(bob) if known else new_plaintext("acme")
    damaged = token[:-1] + ("0" if token[-1] != "0" else "1")

    with CaptureQueriesContext(connection) as captured:
        response = client_with(damaged).get("/api/me/")

    assert code_of(response) == (401, "invalid_token")
    assert statements(captured) == []


def test_an_unknown_token_of_the_right_form_is_401(db: None) -> None:
    assert code_of(client_with(new_plaintext("acme")).get("/api/me/")) == (401, "invalid_token")


def test_the_hint_of_a_token_is_not_trusted(bob: User, globex: Organization) -> None:
    Membership.objects.create(user=bob, organization=globex)
    _, plaintext = ApiToken.objects.issue(user=bob, organization=globex)

    me = client_with(plaintext).get("/api/me/").json()

    assert plaintext[4:12] != new_plaintext("acme")[4:12]
    assert me["organization"]["schema_name"] == "globex"


@pytest.mark.parametrize("role", ["", "owner"])
def test_a_row_without_a_user_needs_the_role_of_a_key(acme: Organization, role: str) -> None:
    with pytest.raises(IntegrityError, match="user_or_role"), transaction.atomic():
        ApiToken.objects.make(organization=acme, name="Shop", role=role)


def test_a_user_s_token_has_no_role_of_its_own(bob: User) -> None:
    with pytest.raises(IntegrityError, match="user_or_role"), transaction.atomic():
        made(bob, role="admin")
