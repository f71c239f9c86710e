"""@idempotent on any view; tests/orders/test_idempotency.py has the rest."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from shared_apps.api.idempotency import idempotent
from shared_apps.core.errors import DomainError
from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenantry.context import tenant_context
from tenantry.errors import NoTenantError

Post = Callable[[str], Any]


class View:
    def __init__(self) -> None:
        self.calls = 0

    @idempotent
    def post(self, request: Request, number: int) -> Response:
        self.calls += 1
        return Response(status=204)


@pytest.fixture
def view() -> View:
    return View()


@pytest.fixture
def post(view: View, alice: User) -> Post:
    def post(path: str) -> Any:
        sent = APIRequestFactory().post(path, headers={"Idempotency-Key": "k"})
        request = Request(sent, parsers=[JSONParser()])
        request.user = alice
        request.auth = SimpleNamespace(name="alice")  # The caller, as the service sets it.
        return view.post(request, number=1)

    return post


def test_a_response_without_a_body_is_repeated(view: View, post: Post, acme: Organization) -> None:
    with tenant_context(acme):
        responses = [post("/api/notes/1/read/") for _ in range(2)]

    assert [(response.status_code, response.data) for response in responses] == [(204, None)] * 2
    assert responses[1]["Idempotent-Replayed"] == "true"
    assert view.calls == 1


def test_a_key_is_valid_for_one_path(view: View, post: Post, acme: Organization) -> None:
    with tenant_context(acme):
        post("/api/notes/1/read/")
        with pytest.raises(DomainError) as raised:
            post("/api/notes/2/read/")

    assert raised.value.code == "idempotency_key_reused"
    assert view.calls == 1


def test_a_key_needs_an_active_organization(post: Post) -> None:
    with pytest.raises(NoTenantError):
        post("/api/notes/1/read/")
