"""A mail for a sign-in by API with a program, or from a network, that the user has not used."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from shared_apps.accounts.known_programs import KEPT, MAX_MAILS
from shared_apps.accounts.models import KnownProgram
from shared_apps.accounts.tasks import forget_programs
from shared_apps.organizations.models import Membership, Organization
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User
from tenantry.context import tenant_context
from tests.accounts.test_new_device import FIREFOX, mails
from tests.conftest import InThread, one_after_the_other, statements

MAIL = "accounts/second_factor/new_program"


def sign_in(
    user: User, program: str = "curl/8.5.0", address: str = "192.0.2.7", password: str = PASSWORD
) -> Any:
    client = APIClient(REMOTE_ADDR=address, headers={"User-Agent": program})
    return client.post("/api/auth/token/", {"email": user.email, "password": password})


def test_names_the_address_and_comes_once(bob: User) -> None:
    sign_in(bob)
    sign_in(bob)

    ((to, template, facts),) = mails()
    assert (to, template) == (bob.email, MAIL)
    assert facts["Address"] == "192.0.2.7"


@pytest.mark.parametrize(
    ("program", "address", "number"),
    [
        ("python-requests/2.32.0", "192.0.2.7", 2),
        ("curl/8.5.0", "192.0.2.8", 2),
        (FIREFOX, "192.0.2.7", 2),
        ("curl/8.6.1", "192.0.2.7", 1),
    ],
    ids=["another program", "another address", "a browser", "another version"],
)
def test_is_for_another_program_or_network(
    bob: User, program: str, address: str, number: int
) -> None:
    sign_in(bob)
    sign_in(bob, program, address)

    assert len(mails()) == number


def test_an_ipv6_network_is_one(bob: User) -> None:
    sign_in(bob, address="2001:db8:1:2::1")
    sign_in(bob, address="2001:db8:1:2:ffff::1")

    assert len(mails()) == 1


def test_is_for_each_user_of_a_program(bob: User, carol: User) -> None:
    for user in (bob, carol, bob, carol):
        sign_in(user)

    assert [to for to, _, _ in mails()] == [bob.email, carol.email]


def test_contains_no_text_of_the_caller(bob: User) -> None:
    """A thief chooses the User-Agent."""
    sign_in(bob, "https://evil.example/call-us")

    ((_, _, facts),) = mails()
    assert set(facts) == {"When", "Address"}


def test_is_not_for_a_sign_in_that_fails(bob: User, carol: User) -> None:
    Membership.objects.filter(user=carol).delete()

    assert sign_in(bob, password="wrong").status_code == 400
    assert sign_in(carol).status_code == 403

    assert mails() == []
    assert not KnownProgram.objects.exists()


class TestAProgramWithChangingAddresses:
    def test_sends_few_mails_a_day(self, bob: User) -> None:
        for number in range(MAX_MAILS + 3):
            assert sign_in(bob, address=f"192.0.2.{number}").status_code == 200

        assert len(mails()) == MAX_MAILS
        assert KnownProgram.objects.filter(user=bob).count() == MAX_MAILS

    def test_hides_no_thief_for_longer_than_a_day(self, bob: User) -> None:
        for number in range(MAX_MAILS):
            sign_in(bob, address=f"192.0.2.{number}")
        sign_in(bob, "thief/1.0")
        KnownProgram.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))

        sign_in(bob, "thief/1.0")

        assert len(mails()) == MAX_MAILS + 1


def test_two_concurrent_sign_ins_send_one_mail(
    in_thread: InThread, committed_organization: Organization
) -> None:
    def find() -> User:
        return User.objects.get(organization=committed_organization)

    user = in_thread(find).result()

    response = one_after_the_other(in_thread, lambda: sign_in(user), lambda: sign_in(user))

    assert response.status_code == 200
    assert in_thread(KnownProgram.objects.filter(user=user).count).result() == 1
    assert in_thread(lambda: [to for to, _, _ in mails() if to == user.email]).result() == [
        user.email
    ]


def test_a_known_program_costs_one_statement_a_sign_in(bob: User) -> None:
    def about_programs() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            sign_in(bob)
        return [sql for sql in statements(captured) if KnownProgram._meta.db_table in sql]

    assert len(about_programs()) == 3
    assert len(about_programs()) == 1
    yesterday = timezone.now().date() - timedelta(days=1)
    KnownProgram.objects.update(last_used_on=yesterday)
    assert len(about_programs()) == 2
    assert KnownProgram.objects.get().last_used_on == timezone.now().date()


def test_one_that_was_not_used_for_long_is_forgotten_at_night(bob: User, carol: User) -> None:
    sign_in(bob)
    sign_in(carol)
    long_ago = timezone.now().date() - KEPT - timedelta(days=1)
    KnownProgram.objects.filter(user=bob).update(last_used_on=long_ago)

    assert forget_programs.call() == 1

    sign_in(bob)
    sign_in(carol)
    assert [to for to, _, _ in mails()] == [bob.email, carol.email, bob.email]


def test_a_new_password_makes_each_program_new(bob: User, carol: User) -> None:
    """A thief's was known after its first sign-in with the old password."""
    sign_in(bob)
    sign_in(carol)
    bob.set_password("another long password")
    bob.save()

    sign_in(bob, password="another long password")
    sign_in(carol)

    assert [to for to, _, _ in mails()] == [bob.email, carol.email, bob.email]


@pytest.mark.parametrize("statement", ["SELECT * FROM {}", "DELETE FROM {}"])
def test_a_tenant_s_statement_is_denied(bob: User, acme: Organization, statement: str) -> None:
    sign_in(bob)

    with (
        tenant_context(acme),
        connection.cursor() as cursor,
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
    ):
        cursor.execute(statement.format(f"public.{KnownProgram._meta.db_table}"))
