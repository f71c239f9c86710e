"""member.added, member.changed and member.removed."""

import json
from typing import Any

import pytest
from django.db import transaction

from shared_apps.core.errors import DomainError
from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import (
    membership_change,
    membership_create,
    membership_remove,
)
from shared_apps.users.models import User
from shared_apps.webhooks.models import Delivery

from .fixtures import Hook

EVENTS = ["member.added", "member.changed", "member.removed"]


@pytest.fixture(autouse=True)
def _hook(hook: Hook, local: None) -> None:
    hook("http://127.0.0.1:9999/", events=EVENTS)


def events() -> list[tuple[str, Any]]:
    messages = [json.loads(each.body) for each in Delivery.objects.order_by("pk")]
    return [(message["type"], message["data"]) for message in messages]


def test_each_change_of_a_membership_is_an_event(acme: Organization, nora: User) -> None:
    membership = membership_create(user=nora, organization=acme)
    shown = {
        "id": membership.pk,
        "user": {"id": nora.pk, "name": "Nora", "email": "nora@nowhere.example"},
        "role": "member",
        "joined_at": membership.created_at.isoformat().replace("+00:00", "Z"),
    }
    membership_change(membership=membership, role=Role.ADMIN)
    membership_remove(membership=membership)

    assert events() == [
        ("member.added", shown),
        ("member.changed", shown | {"role": "admin"}),
        ("member.removed", shown | {"role": "admin"}),
    ]


def test_events_of_a_membership_are_about_one_object(acme: Organization, nora: User) -> None:
    membership = membership_create(user=nora, organization=acme)
    pk = membership.pk
    membership_remove(membership=membership)

    assert {each.subject for each in Delivery.objects.all()} == {f"member:{pk}"}


def test_an_unchanged_member_sends_no_event(acme: Organization, alice: User, bob: User) -> None:
    membership_change(membership=Membership.objects.get(user=bob), role=Role.MEMBER)
    with pytest.raises(DomainError), transaction.atomic():
        membership_remove(membership=Membership.objects.get(user=alice))

    assert events() == []


def test_members_of_another_organization_send_no_event(globex: Organization, nora: User) -> None:
    membership_create(user=nora, organization=globex)

    assert events() == []
