"""Requests show that each role may do exactly its actions."""

from collections.abc import Callable
from importlib import import_module

import pytest
from rest_framework.test import APIClient

from shared_apps.organizations.roles import Action, Role, may
from shared_apps.users.models import User
from tests.conftest import ClientOf
from tests.contracts import CONTRACTS, Contract, Pks

NAMES = {Role.MEMBER: "bob", Role.ADMIN: "carol", Role.OWNER: "alice"}
SHOWS = [
    pytest.param(contract, action, shows, id=action.name)
    for contract in CONTRACTS.values()
    for action, shows in contract.shows.items()
]


@pytest.mark.parametrize(("contract", "action", "shows"), SHOWS)
@pytest.mark.parametrize("role", Role)
def test_the_service_allows_exactly_the_actions_of_the_role(
    request: pytest.FixtureRequest,
    client_of: ClientOf,
    nora: User,
    role: Role,
    contract: Contract,
    action: Action,
    shows: Callable[[APIClient, Pks, Pks], bool],
) -> None:
    user: User = request.getfixturevalue(NAMES[role])
    user.memberships.get().organization.memberships.create(user=nora)
    nora.refresh_from_db()
    own, others = (contract.rows(request, each) for each in (user, nora))

    assert shows(client_of(user), own, others) == may(role, action)


@pytest.mark.parametrize("app", CONTRACTS)
def test_every_action_has_a_test(app: str) -> None:
    roles = vars(import_module(f"tenant_apps.{app}.roles")).values()

    assert {each for each in roles if isinstance(each, Action)} == CONTRACTS[app].shows.keys()


@pytest.mark.parametrize(
    ("lowest_role", "allowed"),
    [
        (Role.MEMBER, {Role.MEMBER, Role.ADMIN, Role.OWNER}),
        (Role.ADMIN, {Role.ADMIN, Role.OWNER}),
        (Role.OWNER, {Role.OWNER}),
    ],
)
def test_a_higher_role_may_do_what_a_lower_one_may(lowest_role: Role, allowed: set[Role]) -> None:
    assert {role for role in Role if may(role, Action("notes.read", lowest_role))} == allowed
