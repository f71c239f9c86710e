"""Idempotency-Key of POST /api/orders/: a request sent twice places one order."""

from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F, QuerySet
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from shared_apps.api.models import IdempotencyKey
from shared_apps.organizations.models import Membership, Organization
from shared_apps.testing import Member
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenantry.context import tenant_context
from tests.conftest import ClientOf, InThread, statements, wait_for_blocked
from tests.items.fixtures import DESK_ID

URL = "/api/orders/"
ONE_DESK = {"lines": [{"item": DESK_ID, "quantity": 1}]}
TWO_DESKS = {"lines": [{"item": DESK_ID, "quantity": 2}]}


@pytest.fixture
def member(client_of: ClientOf, bob: User, desk: Item) -> APIClient:
    return client_of(bob)


def post(client: APIClient, key: str | None, body: Any = ONE_DESK, **more: Any) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(URL, body, headers=headers, **more)


def orders(organization: Organization | str = "acme") -> int:
    with tenant_context(organization):
        return Order.objects.count()


def test_a_repeated_post_gets_the_first_response_and_places_no_order(member: APIClient) -> None:
    first, second = post(member, "k"), post(member, "k")

    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert orders() == 1


def test_later_changes_do_not_change_the_repeated_response(
    member: APIClient, client_of: ClientOf, carol: User
) -> None:
    first = post(member, "k").json()
    member.post(f"{URL}{first['id']}/cancel/")
    client_of(carol).delete(f"/api/items/{DESK_ID}/")

    again = post(member, "k")

    assert (again.status_code, again.json()) == (201, first)


def test_a_new_order_is_placed_without_a_key_or_with_another_key(member: APIClient) -> None:
    responses = [post(member, key).json()["id"] for key in ("a", "b", None, None)]

    assert len({*responses}) == orders() == 4


def test_the_same_key_with_another_body_is_rejected(member: APIClient) -> None:
    post(member, "k")

    response = post(member, "k", TWO_DESKS)

    assert response.status_code == 422
    assert response.json()["code"] == "idempotency_key_reused"
    assert response.json().keys() == {"detail", "code"}
    assert orders() == 1


def test_the_same_json_in_another_notation_is_the_same_body(member: APIClient) -> None:
    one = f'{{"lines":[{{"item":{DESK_ID},"quantity":1}}]}}'
    other = f'{{ "lines": [ {{"quantity": 1, "item": {DESK_ID} }} ] }}'

    responses = [post(member, "k", body, content_type="application/json") for body in (one, other)]

    assert [response.status_code for response in responses] == [201, 201]
    assert orders() == 1


def test_a_key_with_another_form_is_rejected(member: APIClient) -> None:
    form = {"lines[0]item": DESK_ID, "lines[0]quantity": 1}

    responses = [
        post(member, "k", {**form, **change}, format="multipart").status_code
        for change in ({}, {}, {"lines[0]quantity": 2})
    ]

    assert responses == [201, 201, 422]
    assert orders() == 1


def test_each_user_has_their_own_keys(
    member: APIClient, client_of: ClientOf, carol: User, charlie: User, globex_desk: Item
) -> None:
    for client in (member, client_of(carol), client_of(charlie)):
        assert "Idempotent-Replayed" not in post(client, "k")

    assert (orders("acme"), orders("globex")) == (2, 1)


def test_each_organization_has_its_own_keys(
    member: APIClient, bob: User, globex: Organization, globex_desk: Item
) -> None:
    Membership.objects.create(user=bob, organization=globex, role="member")

    mine, there = post(member, "k"), post(Member(bob, globex, by="token"), "k")

    assert (mine.json()["total"], there.json()["total"]) == ("250.00", "90.00")


def test_a_rejected_request_can_be_corrected_with_the_same_key(member: APIClient) -> None:
    assert post(member, "k", {"lines": []}).status_code == 400
    assert post(member, "k", {"lines": [{"item": 1, "quantity": 1}]}).status_code == 400

    response = post(member, "k")

    assert response.status_code == 201
    assert "Idempotent-Replayed" not in response


@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 256, "schlüssel", "a\x01"])
def test_an_invalid_key_is_rejected(member: APIClient, key: str) -> None:
    response = member.post(URL, ONE_DESK, HTTP_IDEMPOTENCY_KEY=key)

    assert response.status_code == 400
    assert response.json()["code"] == "invalid_idempotency_key"
    assert orders() == 0


@pytest.mark.parametrize("key", ["k" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "%s'--"])
def test_a_valid_key_is_accepted(member: APIClient, key: str) -> None:
    assert [post(member, key).status_code for _ in range(2)] == [201, 201]
    assert orders() == 1


def test_a_body_that_is_nested_too_deeply_is_rejected(member: APIClient) -> None:
    body = '{"lines": ' + "[" * 900 + "]" * 900 + "}"

    assert post(member, "k", body, content_type="application/json").status_code == 400


def age(by: timedelta) -> None:
    IdempotencyKey.objects.update(created_at=F("created_at") - by)


@pytest.mark.parametrize(("hours", "kept"), [(23.9, True), (24.1, False)])
def test_a_key_is_valid_for_24_hours(member: APIClient, hours: float, kept: bool) -> None:
    post(member, "k", TWO_DESKS)
    age(timedelta(hours=hours))

    responses = [post(member, "k").status_code, post(member, "k").status_code]

    assert responses == ([422, 422] if kept else [201, 201])
    assert orders() == (1 if kept else 2)


def test_only_expired_keys_are_cleared(
    member: APIClient, client_of: ClientOf, charlie: User, globex_desk: Item, capsys: Any
) -> None:
    post(member, "old")
    age(timedelta(hours=25))
    post(member, "new")
    post(client_of(charlie), "new")

    call_command("clear_idempotency_keys")

    assert capsys.readouterr().out == "1 keys removed.\n"
    assert "Idempotent-Replayed" in post(member, "new")
    assert orders() == 2


def test_a_key_costs_two_statements_and_a_replay_skips_those_of_the_order(
    member: APIClient,
) -> None:
    def cost(key: str | None) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert post(member, key).status_code == 201
        return len(statements(captured))

    plain, first, replay = cost(None), cost("k"), cost("k")

    assert first == plain + 2
    assert replay < plain


@pytest.fixture
def racer(
    in_thread: InThread, committed_organization: Organization, committed_client: APIClient
) -> Callable[[], Any]:
    """Return a function that posts an order with the same key, for use in threads."""
    within = tenant_context(committed_organization)
    create = within(lambda: Item.objects.create(sku="A", description="A", price=1))
    item = in_thread(create).result().pk
    # Django's test client would raise exceptions of views of other threads.
    committed_client.raise_request_exception = False
    return lambda: post(committed_client, "k", {"lines": [{"item": item, "quantity": 1}]})


def committed(in_thread: InThread, organization: Organization) -> int:
    number: int = in_thread(lambda: orders(organization)).result()
    return number


def test_four_concurrent_posts_place_one_order_and_get_the_same_response(
    in_thread: InThread, committed_organization: Organization, racer: Callable[[], Any]
) -> None:
    responses = [each.result() for each in [in_thread(racer) for _ in range(4)]]

    assert {response.status_code for response in responses} == {201}
    assert len({response.content for response in responses}) == 1
    assert sum("Idempotent-Replayed" in response for response in responses) == 3
    assert committed(in_thread, committed_organization) == 1


@pytest.mark.parametrize("how", ["commits", "dies"])
def test_a_concurrent_post_waits_and_places_the_order_if_the_first_dies(
    in_thread: InThread,
    committed_organization: Organization,
    racer: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    """The first waits before its commit; then its connection is terminated, as if it was killed."""
    written, go_on = Event(), Event()
    first: list[int] = []

    def update_held(self: Any, **values: Any) -> int:
        number = update(self, **values)
        if not first and "response" in values:
            first.append(1)
            if how == "dies":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_backend_pid()")
                    first.append(cursor.fetchone()[0])
            written.set()
            go_on.wait(timeout=10)
        return number

    update = QuerySet.update
    monkeypatch.setattr(QuerySet, "update", update_held)

    one = in_thread(racer)
    assert written.wait(timeout=10)
    other = in_thread(racer)
    in_thread(lambda: wait_for_blocked(1)).result()
    if how == "dies":
        in_thread(
            lambda: connection.cursor().execute("SELECT pg_terminate_backend(%s)", first[1:])
        ).result()
    go_on.set()

    response = other.result()
    assert response.status_code == 201
    assert ("Idempotent-Replayed" in response) == (how == "commits")
    assert one.result().status_code == (201 if how == "commits" else 503)
    assert (one.result().content == response.content) == (how == "commits")
    assert committed(in_thread, committed_organization) == 1
