"""A state machine: several people change an organization's members at the same time.

Each step is a request of a person, or staff who deactivate one. The steps of a round run in
threads, in transactions that are committed; after it, the database and the next requests are
checked.
"""

import re
import secrets
from collections import Counter
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from rest_framework.test import APIClient

from shared_apps.core.errors import DomainError
from shared_apps.jobs.mail.values import unseal
from shared_apps.jobs.models import Job
from shared_apps.organizations.models import (
    Invitation,
    Membership,
    Organization,
    OwnershipOffer,
)
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import membership_create, organization_create
from shared_apps.testing import Member
from shared_apps.users.models import ApiToken, User
from shared_apps.users.services import user_deactivate, user_reactivate
from tests.conftest import InThread, remove_committed

from .people_steps import ACCEPT, BY_STAFF, CHANGES_OWNERS, PEOPLE, State, Step, choose

TOGETHER = 4  # steps of a round, as many as `in_thread` has threads
Request = tuple[str, str, dict[str, str]]


class Broken(Exception):
    """The service did what it must never do."""


class PeopleMachine(RuleBasedStateMachine):
    """The steps and their successes are counted over all runs."""

    in_thread: ClassVar[InThread]
    steps: ClassVar[int] = 0
    successes: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.name = f"race_{secrets.token_hex(4)}"
        self.tokens: dict[int, list[APIClient]] = {person: [] for person in PEOPLE}
        self.signed_out: set[int] = set()  # By a deactivation.
        self.await_all([self.create])

    def teardown(self) -> None:
        self.await_all([lambda: remove_committed(self.name)])

    def await_all(self, functions: list[Callable[[], Any]]) -> list[Any]:
        """Run functions in threads at the same time, and return their results."""
        started = [type(self).in_thread(function) for function in functions]
        return [each.result() for each in started]

    def create(self) -> None:
        self.users = [
            User.objects.create_user(f"p{person}.{self.name}@race.example", name=f"P{person}")
            for person in PEOPLE
        ]
        self.organization: Organization = organization_create(
            schema_name=self.name, name="Race", owner=self.users[0]
        )
        # So that a member, an admin and an owner act from the first step on.
        for person, role in ((1, Role.ADMIN), (2, Role.MEMBER)):
            membership_create(user=self.users[person], organization=self.organization, role=role)
        self.browsers = [APIClient() for _ in PEOPLE]
        for person in PEOPLE:
            self.browsers[person].force_login(self.users[person])

    # Hypothesis prefers small values, so it chooses the seed of a round and not its steps.
    @rule(seed=st.integers(0, 2**32))
    def together(self, seed: int) -> None:
        (before,) = self.await_all([self.state])
        chosen = [choose(before, Random(f"{seed}/{number}")) for number in range(TOGETHER)]
        results = self.await_all([partial(self.act, before, step) for step in chosen])
        (after,) = self.await_all([self.state])
        done = [step for step, succeeded in zip(chosen, results, strict=True) if succeeded]
        type(self).successes.update(step.kind for step in done)
        type(self).steps += len(chosen)
        joined = {step.person for step in done if step.kind in ACCEPT}
        self.signed_out |= {step.person for step in done if step.kind == "deactivate"}
        self.check_members(before, after, joined)
        self.check_links(before, done)
        self.check_actors(before, after, done, joined)
        self.await_all([partial(self.check_requests, after, person) for person in PEOPLE])

    # --- Reading ---

    def state(self) -> State:
        memberships = Membership.objects.filter(organization=self.organization)
        people_of = {user.pk: person for person, user in enumerate(self.users)}
        jobs = Job.objects.filter(
            schema_name=self.name, arguments__args__1="organizations/invitation"
        )
        links = []
        for job in jobs.order_by("pk"):
            to, _, _, sealed = job.arguments["args"]
            (token,) = re.findall(r"/invitations/([\w-]+)/", unseal(sealed)["url"])
            links.append((to, token))
        invitations = Invitation.objects.filter(organization=self.organization)
        inactive = User.objects.filter(pk__in=people_of, is_active=False)
        offers = OwnershipOffer.objects.filter(organization=self.organization)
        emails = {user.email: person for person, user in enumerate(self.users)}
        return State(
            {people_of[each.user_id]: each for each in memberships.select_related("user")},
            {people_of[pk] for pk in inactive.values_list("pk", flat=True)},
            {emails[email] for email in invitations.values_list("email", flat=True)},
            {people_of[pk] for pk in offers.values_list("to__user_id", flat=True)},
            list(invitations.order_by("pk").values_list("pk", flat=True)),
            links,
        )

    def browser(self, person: int) -> APIClient:
        """Return a client with the session of the person; threads share no client."""
        browser = APIClient()
        browser.cookies = self.browsers[person].cookies
        return browser

    # --- Steps ---

    def act(self, before: State, step: Step) -> bool:
        """Take a step, and return whether it succeeded."""
        if step.kind in BY_STAFF:
            return self.act_as_staff(step)
        request = self.request(before, step)
        if request is None:  # There is nothing to act on.
            return False
        method, url, body = request
        response = getattr(self.browser(step.person), method)(url, body)
        if response.status_code >= 500:
            raise Broken(f"{step}: {response.status_code} {response.content[:200]!r}")
        return bool(response.status_code < 300)

    def act_as_staff(self, step: Step) -> bool:
        user = User.objects.get(pk=self.users[step.person].pk)
        service = user_deactivate if step.kind == "deactivate" else user_reactivate
        try:
            service(user=user)
        except DomainError:  # The last owner.
            return False
        return True

    def request(self, before: State, step: Step) -> Request | None:
        """Return the request of a step; None if there is nothing to act on."""
        link, own = self.link(before, step), before.members.get(step.person)
        whom = before.members.get(step.whom)
        member = whom and f"/api/members/{whom.pk}/"
        pks = before.invitations
        invitation = pks and f"/api/invitations/{pks[step.number % len(pks)]}/"
        invited = {"email": self.users[step.whom].email, "role": step.role}
        requests: dict[str, Any] = {
            "invite": ("post", "/api/invitations/", invited),
            "accept": link and ("post", "/api/invitations/accept/", {"token": link[1]}),
            "accept_own": link and ("post", "/api/invitations/accept/", {"token": link[1]}),
            "revoke": invitation and ("delete", invitation, {}),
            "resend": invitation and ("post", f"{invitation}resend/", {}),
            "change": member and ("patch", member, {"role": step.role}),
            "remove": member and ("delete", member, {}),
            "leave": own and ("delete", f"/api/members/{own.pk}/", {}),
            "offer": member and ("post", f"{member}offer-ownership/", {}),
            "take_over": ("post", "/api/organization/accept-ownership/", {}),
        }
        return requests[step.kind] or None

    def link(self, before: State, step: Step) -> tuple[str, str] | None:
        """Return the link that a step accepts: any one, or the newest of the person."""
        email = self.users[step.person].email
        if step.kind == "accept_own":
            return next((link for link in reversed(before.links) if link[0] == email), None)
        return before.links[step.number % len(before.links)] if before.links else None

    # --- Checks ---

    def check_members(self, before: State, after: State, joined: set[int]) -> None:
        if not after.owners() - after.inactive:
            raise Broken("The organization has no active owner.")
        new = {
            person
            for person, membership in after.members.items()
            if person not in before.members or before.members[person].pk != membership.pk
        }
        if not new <= joined:
            raise Broken(f"{new - joined} are members, and accepted nothing.")

    def check_links(self, before: State, done: list[Step]) -> None:
        for step in done:
            link = self.link(before, step) if step.kind in ACCEPT else None
            if link and link[0] != self.users[step.person].email:
                raise Broken(f"{step} accepted the invitation of another person.")

    def check_actors(self, before: State, after: State, done: list[Step], joined: set[int]) -> None:
        """Check that only members acted, and only owners changed who is an owner."""
        acting = [step for step in done if step.kind not in {*BY_STAFF, *ACCEPT}]
        for step in acting:
            if step.person not in joined | set(before.members):
                raise Broken(f"{step} succeeded, and the person was not a member.")
        owners = before.owners()
        by_owner = any(
            step.kind == "take_over" or (step.person in owners and step.kind in CHANGES_OWNERS)
            for step in acting
        )
        if not by_owner and after.owners() - joined != owners - joined:
            raise Broken(f"The owners were {owners} and are {after.owners()}, by no owner.")

    def check_requests(self, after: State, person: int) -> None:
        """Check that exactly the active members are let in, and no token of a former membership."""
        membership = after.members.get(person)
        is_let_in = membership is not None and membership.user.is_active
        status = self.browser(person).get("/api/members/").status_code
        if (status == 200) != (is_let_in and person not in self.signed_out):
            raise Broken(f"The session of person {person} gets {status}.")
        if person in self.signed_out - after.inactive:
            self.browsers[person].force_login(self.users[person])
            self.signed_out.discard(person)
        clients = self.tokens[person] = self.tokens[person][-2:]
        if membership and not any(client.membership == membership.pk for client in clients):  # type: ignore[attr-defined]
            client: Any = Member(membership.user, self.organization, by="token")
            client.membership = membership.pk
            clients.append(client)
        for each in clients:
            status = each.get("/api/members/").status_code
            is_current = is_let_in and each.membership == membership.pk  # type: ignore[attr-defined,union-attr]
            if (status == 200) != is_current:
                raise Broken(f"A token of person {person} gets {status}.")
        if not membership and ApiToken.objects.filter(user=self.users[person]).exists():
            raise Broken(f"Tokens of person {person} have outlived the membership.")
