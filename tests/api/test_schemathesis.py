"""schemathesis sends many requests and compares the responses with the OpenAPI document.

schemathesis.toml has the checks and their exceptions, schemathesis_hooks.py the rest.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.servers.basehttp import WSGIRequestHandler
from django.test.testcases import LiveServerThread, _StaticFilesHandler
from pytest_django import Settings

from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.testing import PASSWORD
from shared_apps.webhooks import addresses
from tenant_apps.items.models import Item
from tenant_apps.orders.services import order_place
from tenantry.context import tenant_context
from tests.conftest import InThread

PROGRAM = Path(sys.executable).with_name("schemathesis")
CONFIG = Path(__file__).with_name("schemathesis.toml")
# The same cases in each run, so that a failure can be repeated. Set another seed to search more.
SEED = os.environ.get("SCHEMATHESIS_SEED", "9")

Ask = Callable[[], "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.proof


@pytest.fixture
def service(db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of the service, without throttles."""
    # Each host of a webhook is public. Without a name server each would take three seconds.
    monkeypatch.setattr(addresses, "_ask", lambda host: ["1.1.1.1"])
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    settings.THROTTLES = dict.fromkeys(settings.THROTTLES, 0)
    # Otherwise each response waits 40 ms for the acknowledgement of its headers.
    monkeypatch.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)
    thread = LiveServerThread("127.0.0.1", _StaticFilesHandler)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    assert thread.error is None
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()


@pytest.fixture
def ask(service: str, committed_organization: Organization, in_thread: InThread, role: Role) -> Ask:
    """Run schemathesis as the only member, with an item and an order with the id 1."""

    def seed() -> str:
        membership = Membership.objects.select_related("user").get(
            organization=committed_organization
        )
        Membership.objects.filter(pk=membership.pk).update(role=role)
        with tenant_context(committed_organization):
            desk = Item.objects.create(sku="DESK", description="A desk", price=250)
            order_place(user=membership.user, lines=[{"item": desk, "quantity": 1}])
        return membership.user.email

    known = {
        "SERVICE": service,
        "EMAIL": in_thread(seed).result(),
        "PASSWORD": PASSWORD,
        "ORGANIZATION": committed_organization.schema_name,
    }

    def ask() -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [PROGRAM, "--config-file", CONFIG, "run", f"{service}/api/schema/",
             "--seed", SEED, "--phases", "examples,coverage,fuzzing,stateful"],
            env=os.environ | known,
            capture_output=True,
            text=True,
            timeout=300,
        )  # fmt: skip

    return ask


@pytest.mark.parametrize("role", [Role.MEMBER, Role.OWNER])
def test_every_response_is_as_documented(ask: Ask) -> None:
    done = ask()

    assert done.returncode == 0, done.stdout
