"""An organization's key acts as a role, and is no person."""

import pytest

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.audit.models import AuditEntry
from shared_apps.core.request import Actor, acting
from shared_apps.jobs.models import Job
from shared_apps.organizations.models import Organization
from shared_apps.organizations.services import membership_remove
from shared_apps.testing.jobs import run_jobs
from shared_apps.users.models import ApiToken, User
from shared_apps.users.service_accounts import ServiceAccount
from tenantry.context import tenant_context
from tests.access.conftest import assert_throttled
from tests.jobs.tasks import add_item
from tests.tokens import code_of, key_of


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("get", "/api/me/"),
        ("patch", "/api/me/"),
        ("post", "/api/me/organization/"),
        ("get", "/api/me/sessions/"),
        ("delete", "/api/me/sessions/1/"),
        ("get", "/api/me/tokens/"),
        ("post", "/api/me/tokens/"),
        ("delete", "/api/me/tokens/1/"),
        ("post", "/api/auth/logout/"),
    ],
)
@pytest.mark.parametrize("scopes", [None, ["read"]])
def test_what_a_person_does_is_403(
    acme: Organization, method: str, url: str, scopes: list[str] | None
) -> None:
    key, client = key_of(acme, scopes=scopes)

    assert code_of(getattr(client, method)(url)) == (403, "not_a_person")
    assert ApiToken.objects.filter(pk=key.pk).exists()


@pytest.mark.parametrize(("role", "status"), [("member", 403), ("admin", 200)])
def test_a_key_may_what_its_role_may(acme: Organization, role: str, status: int) -> None:
    _, client = key_of(acme, role=role)

    assert client.get("/api/webhooks/").status_code == status
    assert client.get("/api/items/").status_code == 200


@pytest.mark.parametrize("status", ["suspended", "archived"])
def test_a_key_of_an_unusable_organization_is_403(acme: Organization, status: str) -> None:
    _, client = key_of(acme)
    Organization.objects.filter(pk=acme.pk).update(status=status)

    assert code_of(client.get("/api/items/")) == (403, f"organization_{status}")


def test_a_request_for_another_organization_is_409(acme: Organization) -> None:
    _, client = key_of(acme)

    response = client.get("/api/items/", headers={"X-Organization": "globex"})

    assert code_of(response) == (409, "organization_mismatch")


def test_a_key_reads_only_its_own_organization(globex: Organization, acme: Organization) -> None:
    _, client = key_of(globex)

    assert client.get("/api/items/").json()["count"] == 0


def test_each_key_has_its_own_limit(acme: Organization, limits: dict[str, int]) -> None:
    limits["user"] = 1
    (_, first), (_, second) = key_of(acme), key_of(acme)

    assert first.get("/api/items/").status_code == 200
    assert_throttled(first.get("/api/items/"))
    assert second.get("/api/items/").status_code == 200


def test_requests_of_keys_count_for_the_organization(
    acme: Organization, limits: dict[str, int]
) -> None:
    limits["organization"] = 1
    (_, first), (_, second) = key_of(acme), key_of(acme)

    assert first.get("/api/items/").status_code == 200
    assert_throttled(second.get("/api/items/"))


def test_the_audit_log_names_the_key(acme: Organization) -> None:
    key, client = key_of(acme)
    body = {"url": "https://1.1.1.1/", "events": ["member.added"]}

    assert client.post("/api/webhooks/", body, format="json").status_code == 201

    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor, entry.actor_id) == (
        "webhook.created",
        f"key Shop ({key.prefix})",
        None,
    )


def test_a_key_with_a_person_s_address_as_its_name_is_not_that_person(
    acme: Organization, alice: User
) -> None:
    key, _ = key_of(acme, name=alice.email)
    account = ServiceAccount(key_id=key.pk, name=key.name, prefix=key.prefix)

    record(AuditAction.WEBHOOK_CREATED, organization=acme, actor=account)

    assert AuditEntry.objects.latest("pk").actor == f"key {alice.email} ({key.prefix})"


def test_a_task_that_a_key_enqueued_acts_in_its_name(acme: Organization) -> None:
    key, _ = key_of(acme)
    account = ServiceAccount(key_id=key.pk, name=key.name, prefix=key.prefix)
    with acting(Actor(user=account)), tenant_context(acme):
        add_item.enqueue("DESK")

    run_jobs()

    job = Job.objects.latest("pk")
    assert (job.actor, job.actor_id, job.status) == (f"key Shop ({key.prefix})", None, "SUCCESSFUL")


def test_the_browsable_api_shows_the_key(acme: Organization) -> None:
    key, client = key_of(acme)

    page = client.get("/api/items/", headers={"Accept": "text/html"})

    assert page.status_code == 200
    assert key.prefix in page.text


def test_a_key_stays_when_the_person_who_made_it_goes(acme: Organization, carol: User) -> None:
    _, client = key_of(acme, created_by=carol)

    membership_remove(membership=carol.memberships.get())
    User.objects.filter(pk=carol.pk).update(is_active=False)

    assert client.get("/api/items/").status_code == 200
