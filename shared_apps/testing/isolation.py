"""`assert_isolated`: data of one organization must not change a response for another.

The same request is sent four times: when only the sender's organization has rows, when both have,
when only the other has, and when neither has.
"""

import difflib
import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice, permutations
from typing import Any, NoReturn
from unittest.mock import patch

import pytest
from django.utils import timezone

from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role
from tenantry.context import tenant_context
from tenantry.testing import align, contents, undone

from .members import AsMember, Member

Seed = Callable[[Member, str], Any]
"""Creates rows for a member in the member's organization; the view must show the text."""

_CSRF_TOKEN = re.compile(r"(csrf.{0,30}?)\b[a-z0-9]{64}\b", re.IGNORECASE)
_DIFF_LINES = 30


class AssertIsolated:
    """Fails when one organization sees or changes data of the other.

    One user, a member of both organizations, sends each request. Everything is rolled back.
    """

    def __init__(self, as_member: AsMember, *organizations: Organization) -> None:
        self.as_member = as_member
        self.organizations = organizations

    def __call__(
        self,
        path: str,
        *,
        seed: Seed,
        method: str = "get",
        data: Any = None,
        role: Role = Role.OWNER,
        ignore: str | None = None,
        **request: Any,
    ) -> None:
        """Send a request in both organizations and compare the responses.

        Args:
            path: `{row}` stands for the return value of `seed`: `/api/notes/{row.pk}/`.
            seed: `seed(member, text)` creates rows in the member's organization, which is
                active. The view must show the text. Rows of both organizations get the same
                ids and must differ only in the text.
            data: the body, or the query of a GET, or a function of the return value of `seed`.
            role: the member's role. The role that sees most proves most.
            ignore: a regular expression for parts that differ in any two responses.
            request: more arguments for Django's test client, such as `format="multipart"`.

        Raises:
            AssertionError: contains the leak, or the reason why the test proves nothing.
        """
        __tracebackhide__ = True
        view_request = ViewRequest(method, path, seed, data, request, ignore)
        here, there = self.organizations
        member = self.as_member(here, role)
        members = member, self.as_member(there, role, user=member.user)
        align([_schema(member) for member in members])
        # Rows that both organizations write must get the same time.
        with patch.object(timezone, "now", return_value=timezone.now()):
            for own, other in permutations(members):
                Comparison(view_request, own, other).run()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A response: its whole text, and the text that must equal that of other snapshots."""

    status: int
    whole: str
    compared: str


@dataclass(frozen=True, slots=True)
class ViewRequest:
    """A request that two members send; `AssertIsolated` documents the attributes."""

    method: str
    path: str
    seed: Seed
    data: Any
    request: dict[str, Any]
    ignore: str | None

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def send(self, member: Member, row: Any) -> Snapshot:
        data = self.data(row) if callable(self.data) else self.data
        send = getattr(member, self.method.lower())
        cookies = deepcopy(member.cookies)
        response = send(self.path.format(row=row), data, **self.request)
        body = response.getvalue().decode(errors="backslashreplace")
        member.cookies = cookies
        if "json" in response.get("Content-Type", ""):
            body = json.dumps(json.loads(body), indent=1, ensure_ascii=False)
        headers = [f"{k}: {v}" for k, v in response.items() if k != "X-Request-ID"]
        text = _CSRF_TOKEN.sub(r"\1", "\n".join([str(response.status_code), *headers, body]))
        return Snapshot(
            status=response.status_code,
            whole=f"{text}\n{response.cookies.output()}",
            compared=re.sub(self.ignore, "", text) if self.ignore else text,
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares the responses to a member of `own`, with and without rows of `other`."""

    request: ViewRequest
    own: Member
    other: Member

    def run(self) -> None:
        __tracebackhide__ = True
        with self._undone():
            row = self._seed(self.own)
            only_own, wrote = self._send(row)
            if only_own.status >= HTTPStatus.BAD_REQUEST:
                self._fail(
                    f"returned {only_own.status}, so it proves nothing:\n{only_own.compared}"
                )
            with self._undone():
                others_row = self._seed(self.other)
                with self._undone():  # A cache shared by mistake now has the other's response.
                    self.request.send(self.other, others_row)
                both, _ = self._send(row)
            self._assert_same(only_own, both, row)
        with self._undone():
            others_row = self._seed(self.other)
            only_other, _ = self._send(others_row)
        neither, _ = self._send(others_row)
        self._assert_same(neither, only_other, others_row)
        if (
            not wrote
            and _marker(self.own) not in only_own.whole
            and only_own.compared == neither.compared
        ):
            self._fail("neither shows nor changes the rows of `seed`, so it proves nothing.")

    def _undone(self) -> AbstractContextManager[None]:
        return undone([_schema(self.own), _schema(self.other)])

    def _seed(self, member: Member) -> Any:
        with tenant_context(member.organization):
            return self.request.seed(member, _marker(member))

    def _send(self, row: Any) -> tuple[Snapshot, bool]:
        """Return the response, and whether the request wrote into the sender's organization."""
        __tracebackhide__ = True
        with self._undone():
            own, other = contents(_schema(self.own)), contents(_schema(self.other))
            snapshot = self.request.send(self.own, row)
            wrote = contents(_schema(self.own)) != own
            after = contents(_schema(self.other))
        if changed := sorted(table for table in other if other[table] != after[table]):
            self._fail(f"writes into {_schema(self.other)}: {', '.join(changed)}.")
        if _marker(self.other) in snapshot.whole:
            lines = [line for line in snapshot.whole.splitlines() if _marker(self.other) in line]
            self._fail(f"shows data of {_schema(self.other)}:\n" + "\n".join(lines))
        return snapshot, wrote

    def _assert_same(self, without: Snapshot, with_other: Snapshot, row: Any) -> None:
        __tracebackhide__ = True
        if without.compared == with_other.compared:
            return
        again, _ = self._send(row)
        if again.compared != without.compared:
            problem = "has another response each time; pass a pattern for these lines as `ignore`:"
            self._fail(f"{problem}\n{_diff(without, again)}")
        problem = f"has another response when {_schema(self.other)} has rows:"
        self._fail(f"{problem}\n{_diff(without, with_other)}")

    def _fail(self, problem: str) -> NoReturn:
        __tracebackhide__ = True
        raise AssertionError(f"{self.request} of a member of {_schema(self.own)} {problem}")


def _schema(member: Member) -> str:
    return member.organization.schema_name


def _marker(member: Member) -> str:
    return f"only{_schema(member)}has"


def _diff(before: Snapshot, after: Snapshot) -> str:
    lines = difflib.unified_diff(
        before.compared.splitlines(), after.compared.splitlines(), lineterm="", n=1
    )
    return "\n".join(islice(lines, 2, _DIFF_LINES))


@pytest.fixture
def assert_isolated(
    as_member: AsMember, organization: Organization, other_organization: Organization
) -> AssertIsolated:
    return AssertIsolated(as_member, organization, other_organization)
