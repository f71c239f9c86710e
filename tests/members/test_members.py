"""/api/members/: the list, changing a role, removing a member, and leaving."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from rest_framework.test import APIClient

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import membership_create
from shared_apps.testing.jobs import run_jobs
from shared_apps.users.models import User
from tests.conftest import ClientOf
from tests.organizations.members import member

URL = "/api/members/"
Act = Callable[[APIClient, int], Any]


def one(user: User) -> str:
    return f"{URL}{member(user).pk}/"


def status(response: Any) -> tuple[int, str]:
    return response.status_code, response.json().get("code", "") if response.content else ""


class TestList:
    def test_has_everyone_by_name(
        self, client_of: ClientOf, alice: User, bob: User, carol: User
    ) -> None:
        body = client_of(alice).get(URL).json()

        assert body == {
            "count": 3,
            "next": None,
            "previous": None,
            "results": [
                {
                    "id": member(user).pk,
                    "user": {"id": user.pk, "name": user.name, "email": user.email},
                    "role": role,
                    "joined_at": body["results"][position]["joined_at"],
                }
                for position, (user, role) in enumerate(
                    ((alice, "owner"), (bob, "member"), (carol, "admin"))
                )
            ],
        }
        assert body["results"][0]["joined_at"].endswith("Z")

    def test_members_see_no_email(self, client_of: ClientOf, bob: User) -> None:
        results = client_of(bob).get(URL).json()["results"]

        assert [each["user"]["email"] for each in results] == [None] * 3

    def test_admins_see_emails(self, client_of: ClientOf, carol: User, bob: User) -> None:
        results = client_of(carol).get(URL).json()["results"]

        assert bob.email in [each["user"]["email"] for each in results]

    def test_has_nobody_of_another_organization(
        self, client_of: ClientOf, bob: User, globex: Organization, charlie: User
    ) -> None:
        membership_create(user=bob, organization=globex)

        results = client_of(charlie).get(URL).json()["results"]

        assert [each["user"]["name"] for each in results] == ["Bob", "Charlie"]

    def test_has_pages(self, client_of: ClientOf, alice: User) -> None:
        body = client_of(alice).get(URL, {"page_size": 2, "page": 2}).json()

        assert (body["count"], len(body["results"])) == (3, 1)
        assert client_of(alice).get(URL, {"page": 9}).status_code == 404

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ({"ordering": "-name"}, ["Carol", "Bob", "Alice"]),
            ({"ordering": "joined_at"}, ["Alice", "Bob", "Carol"]),
            ({"search": "car"}, ["Carol"]),
            ({"search": "bob@acme"}, ["Bob"]),
        ],
    )
    def test_is_ordered_and_searched(
        self, client_of: ClientOf, alice: User, query: dict[str, str], names: list[str]
    ) -> None:
        results = client_of(alice).get(URL, query).json()["results"]

        assert [each["user"]["name"] for each in results] == names

    def test_a_member_s_search_does_not_find_emails(self, client_of: ClientOf, bob: User) -> None:
        assert client_of(bob).get(URL, {"search": "acme.example"}).json()["count"] == 0

    def test_takes_one_query_for_any_number(
        self, client_of: ClientOf, alice: User, django_assert_num_queries: Any
    ) -> None:
        client = client_of(alice)
        client.get(URL)

        with django_assert_num_queries(3):  # The caller, the count and the page.
            client.get(URL)


class TestChange:
    def test_shows_the_member_with_the_new_role(
        self, client_of: ClientOf, carol: User, bob: User
    ) -> None:
        body = client_of(carol).patch(one(bob), {"role": "admin"}).json()

        assert (body["user"]["email"], body["role"]) == (bob.email, "admin")
        assert member(bob).role == "admin"
        entry = AuditEntry.objects.latest("pk")
        assert (entry.action, entry.actor) == ("membership.changed", carol.email)

    @pytest.mark.parametrize(
        ("by", "whom", "role", "result"),
        [
            ("bob", "bob", "admin", (403, "permission_denied")),
            ("carol", "alice", "admin", (403, "permission_denied")),
            ("carol", "bob", "owner", (403, "permission_denied")),
            ("carol", "carol", "owner", (403, "permission_denied")),
            ("carol", "carol", "member", (200, "")),
            ("alice", "bob", "owner", (200, "")),
            ("alice", "alice", "admin", (409, "last_owner")),
            ("charlie", "bob", "admin", (404, "not_found")),
            ("stella", "bob", "admin", (403, "no_organization")),
        ],
    )
    def test_each_role_may_do_its_part(
        self,
        request: pytest.FixtureRequest,
        session_of: Any,
        alice: User,
        bob: User,
        carol: User,
        by: str,
        whom: str,
        role: str,
        result: tuple[int, str],
    ) -> None:
        client = session_of(request.getfixturevalue(by))

        response = client.patch(one(request.getfixturevalue(whom)), {"role": role})

        assert status(response) == result

    @pytest.mark.parametrize("role", ["king", "", None, ["admin"], 1])
    def test_an_unknown_role_is_400(
        self, client_of: ClientOf, alice: User, bob: User, role: Any
    ) -> None:
        response = client_of(alice).patch(one(bob), {"role": role}, format="json")

        assert (response.status_code, response.json().keys()) == (400, {"role"})

    def test_nothing_but_the_role_can_be_changed(
        self, client_of: ClientOf, alice: User, bob: User, globex: Organization
    ) -> None:
        body = {"user": {"name": "Eve"}, "organization": globex.pk, "joined_at": "2020-01-01"}

        response = client_of(alice).patch(one(bob), body)

        assert (response.status_code, response.json()["role"]) == (200, "member")
        assert member(bob).user.name == "Bob"

    @pytest.mark.parametrize("method", ["put", "get"])
    def test_other_methods_are_405(
        self, client_of: ClientOf, alice: User, bob: User, method: str
    ) -> None:
        assert getattr(client_of(alice), method)(one(bob)).status_code == 405


class TestRemove:
    @pytest.mark.parametrize(
        ("by", "whom", "result"),
        [
            ("bob", "bob", (204, "")),
            ("bob", "carol", (403, "permission_denied")),
            ("carol", "bob", (204, "")),
            ("carol", "carol", (204, "")),
            ("carol", "alice", (403, "permission_denied")),
            ("alice", "carol", (204, "")),
            ("alice", "alice", (409, "last_owner")),
            ("charlie", "bob", (404, "not_found")),
        ],
    )
    def test_everyone_may_leave_and_admins_remove_all_but_owners(
        self,
        request: pytest.FixtureRequest,
        client_of: ClientOf,
        bob: User,
        by: str,
        whom: str,
        result: tuple[int, str],
    ) -> None:
        user = request.getfixturevalue(whom)

        response = client_of(request.getfixturevalue(by)).delete(one(user))

        assert status(response) == result
        assert user.memberships.exists() == (result[0] != 204)

    def test_the_next_request_of_a_removed_member_is_401(
        self, client_of: ClientOf, carol: User, bob: User
    ) -> None:
        client = client_of(bob)
        client_of(carol).delete(one(bob))

        assert client.get(URL).status_code == 401


class TestOwnership:
    def test_is_offered_and_accepted(self, client_of: ClientOf, alice: User, bob: User) -> None:
        offered = client_of(alice).post(f"{one(bob)}offer-ownership/")
        assert offered.status_code == 202
        assert offered.json().keys() == {"member", "expires_at"}
        assert offered.json()["member"] == member(bob).pk

        accepted = client_of(bob).post("/api/organization/accept-ownership/")

        assert (accepted.status_code, accepted.json()["role"]) == (200, "owner")
        assert (member(alice).role, member(bob).role) == (Role.ADMIN, Role.OWNER)

    def test_the_mail_says_who_offers_it_from_where_and_what_to_do(
        self, client_of: ClientOf, alice: User, bob: User
    ) -> None:
        client_of(alice).post(f"{one(bob)}offer-ownership/", REMOTE_ADDR="203.0.113.9")

        run_jobs()

        body = mail.outbox[0].body
        for part in ("Offered by: Alice", "From: 203.0.113.9", "Ask Alice first."):
            assert part in body

    @pytest.mark.parametrize(
        ("by", "whom", "result"),
        [
            ("bob", "carol", (403, "permission_denied")),
            ("carol", "bob", (403, "permission_denied")),
            ("alice", "alice", (409, "already_owner")),
            ("charlie", "bob", (404, "not_found")),
        ],
    )
    def test_only_an_owner_offers_it_to_a_member(
        self,
        request: pytest.FixtureRequest,
        client_of: ClientOf,
        alice: User,
        by: str,
        whom: str,
        result: tuple[int, str],
    ) -> None:
        url = f"{one(request.getfixturevalue(whom))}offer-ownership/"

        assert status(client_of(request.getfixturevalue(by)).post(url)) == result

    def test_accepting_what_was_not_offered_is_404(self, client_of: ClientOf, bob: User) -> None:
        response = client_of(bob).post("/api/organization/accept-ownership/")

        assert status(response) == (404, "not_found")
