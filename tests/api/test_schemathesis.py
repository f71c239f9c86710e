"""The API holds what its OpenAPI document says, whatever is sent: asked by schemathesis."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test.testcases import LiveServerThread, _StaticFilesHandler
from pytest_django import Settings

from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.tenancy.context import tenant_context
from shared_apps.users.models import ApiToken
from tenant_apps.items.models import Item
from tests.conftest import InThread

pytestmark = pytest.mark.proof

CONFIG = Path(__file__).with_name("schemathesis.toml")
# The same cases in each run, so that a failure can be repeated.
SEED = 9


@pytest.fixture
def service(db: None, settings: Settings) -> Iterator[str]:
    """Where the service listens, on connections of its own."""
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    thread = LiveServerThread("127.0.0.1", _StaticFilesHandler)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    assert thread.error is None
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()


@pytest.fixture
def token(committed_organization: Organization, in_thread: InThread) -> str:
    """A token of the only person there, who is a member, and for whom there is an item."""

    def give() -> str:
        membership = Membership.objects.get(organization=committed_organization)
        Membership.objects.filter(pk=membership.pk).update(role=Role.MEMBER)
        with tenant_context(committed_organization):
            Item.objects.create(pk=1, sku="DESK", description="A desk", price=250)
        return ApiToken.objects.issue(user=membership.user, organization=committed_organization)[1]

    return str(in_thread(give).result())


def test_every_answer_is_as_documented(service: str, token: str) -> None:
    program = str(Path(sys.executable).with_name("schemathesis"))

    done = subprocess.run(
        [program, "--config-file", str(CONFIG), "run", f"{service}/api/schema/",
         "--seed", str(SEED),
         # It would end the token that all else is asked with; it has tests of its own.
         "--exclude-path", "/api/auth/logout/",
         "--header", f"Authorization: Token {token}"],
        capture_output=True,
        text=True,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout
    assert "Server error" not in done.stdout
