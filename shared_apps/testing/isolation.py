"""Whether what one organization is told depends on what another one has.

The same question is asked where only one of two organizations has rows, where both have, where only
the other has, and where none has. Whatever the other has must make no difference.
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
"""Makes rows for a member in their organization, with the text in what the view shows."""

_ITSELF = re.compile(r"(csrf.{0,30}?)\b[a-z0-9]{64}\b", re.IGNORECASE)
_DIFFERENCE = 30  # lines of it that a failure shows


@dataclass(frozen=True, slots=True)
class Question:
    """A request that two members send.

    Attributes:
        path: with `{row}` for what `seed` returned, as in `/api/notes/{row.pk}/`.
        data: the request's body or query, or a function that makes it of the row.
        request: more for Django's test client, as `format` and `headers`.
        ignore: a regular expression of what differs in any two answers.
    """

    method: str
    path: str
    seed: Seed
    data: Any
    request: dict[str, Any]
    ignore: str | None

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def ask(self, member: Member, row: Any) -> "Answer":
        """Send the request as that member, about that row."""
        data = self.data(row) if callable(self.data) else self.data
        send = getattr(member, self.method.lower())
        cookies = deepcopy(member.cookies)
        response = send(self.path.format(row=row), data, **self.request)
        body = response.getvalue().decode(errors="backslashreplace")
        member.cookies = cookies
        if "json" in response.get("Content-Type", ""):
            body = json.dumps(json.loads(body), indent=1, ensure_ascii=False)
        headers = [f"{k}: {v}" for k, v in response.items() if k != "X-Request-ID"]
        text = _ITSELF.sub(r"\1", "\n".join([str(response.status_code), *headers, body]))
        return Answer(
            status=response.status_code,
            whole=f"{text}\n{response.cookies.output()}",
            compared=re.sub(self.ignore, "", text) if self.ignore else text,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: all of it, and what must be the same in any two answers."""

    status: int
    whole: str
    compared: str


@dataclass(frozen=True, slots=True)
class Trial:
    """A question of `own`, to which the rows of `other` must make no difference."""

    question: Question
    own: Member
    other: Member

    def run(self) -> None:
        """Ask in each world, and compare.

        Raises:
            AssertionError: when anything of the other organization's shows, or nothing is proved.
        """
        __tracebackhide__ = True
        with self._undone():
            row = self._seed(self.own)
            alone, wrote = self._ask(row)
            if alone.status >= HTTPStatus.BAD_REQUEST:
                self._fail(f"is answered {alone.status}, so nothing is proved:\n{alone.compared}")
            with self._undone():
                theirs = self._seed(self.other)
                with self._undone():  # Whatever is kept between requests is theirs now.
                    self.question.ask(self.other, theirs)
                beside, _ = self._ask(row)
            self._same(alone, beside, row)
        with self._undone():
            theirs = self._seed(self.other)
            only_theirs, _ = self._ask(theirs)
        nothing, _ = self._ask(theirs)
        self._same(nothing, only_theirs, theirs)
        if (
            not wrote
            and _marker(self.own) not in alone.whole
            and alone.compared == nothing.compared
        ):
            self._fail("neither shows nor changes what `seed` makes, so nothing is proved.")

    def _undone(self) -> AbstractContextManager[None]:
        return undone([_schema(self.own), _schema(self.other)])

    def _seed(self, member: Member) -> Any:
        with tenant_context(member.organization):
            return self.question.seed(member, _marker(member))

    def _ask(self, row: Any) -> tuple[Answer, bool]:
        """Return the answer, and whether the request wrote into the asker's organization."""
        __tracebackhide__ = True
        with self._undone():
            own, other = contents(_schema(self.own)), contents(_schema(self.other))
            answer = self.question.ask(self.own, row)
            wrote = contents(_schema(self.own)) != own
            after = contents(_schema(self.other))
        if changed := sorted(table for table in other if other[table] != after[table]):
            self._fail(f"writes into {_schema(self.other)}: {', '.join(changed)}.")
        if _marker(self.other) in answer.whole:
            lines = [line for line in answer.whole.splitlines() if _marker(self.other) in line]
            self._fail(f"shows what only {_schema(self.other)} has:\n" + "\n".join(lines))
        return answer, wrote

    def _same(self, without: Answer, with_theirs: Answer, row: Any) -> None:
        __tracebackhide__ = True
        if without.compared == with_theirs.compared:
            return
        again, _ = self._ask(row)
        if again.compared != without.compared:
            what = "is answered differently each time; tell `ignore` what differs:"
            self._fail(f"{what}\n{_difference(without, again)}")
        what = f"is answered differently where {_schema(self.other)} has rows:"
        self._fail(f"{what}\n{_difference(without, with_theirs)}")

    def _fail(self, what: str) -> NoReturn:
        __tracebackhide__ = True
        raise AssertionError(f"{self.question} of a member of {_schema(self.own)} {what}")


def _schema(member: Member) -> str:
    return member.organization.schema_name


def _marker(member: Member) -> str:
    return f"only{_schema(member)}has"


def _difference(before: Answer, after: Answer) -> str:
    lines = difflib.unified_diff(
        before.compared.splitlines(), after.compared.splitlines(), lineterm="", n=1
    )
    return "\n".join(islice(lines, 2, _DIFFERENCE))


class AssertIsolated:
    """Fail when what one organization is told depends on the other, or when it changes the other.

    Both organizations ask, as one user who is a member of both. All that is done is undone.
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
        """Ask for a path, or write to it.

        Args:
            path: with `{row}` for what `seed` returned, as in `/api/notes/{row.pk}/`.
            seed: makes rows for a member, in their organization, which is active: `seed(member,
                text)`. The text has to be in what the view shows. The rows of both organizations
                get the same ids, and must not differ otherwise.
            data: the body, or the query of a GET; or a function that makes it of what `seed`
                returned.
            role: of the member who asks. The one who may see most proves most.
            ignore: a regular expression of what differs in any two answers.
            request: more for Django's test client, as `format="multipart"`.

        Raises:
            AssertionError: saying what shows, or why nothing is proved.
        """
        __tracebackhide__ = True
        question = Question(method, path, seed, data, request, ignore)
        here, there = self.organizations
        member = self.as_member(here, role)
        members = member, self.as_member(there, role, user=member.user)
        align([_schema(member) for member in members])
        # What is written at once in two worlds is written at the same time.
        with patch.object(timezone, "now", return_value=timezone.now()):
            for own, other in permutations(members):
                Trial(question, own, other).run()


@pytest.fixture
def assert_isolated(
    as_member: AsMember, organization: Organization, other_organization: Organization
) -> AssertIsolated:
    """Whether a view keeps the two organizations apart: `assert_isolated(path, seed=...)`."""
    return AssertIsolated(as_member, organization, other_organization)
