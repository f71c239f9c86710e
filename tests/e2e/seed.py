"""Users and organizations of the browser tests, in addition to the demo.

`manage.py shell -c "from tests.e2e.seed import create_users; create_users()"`
"""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.core.management import call_command
from django.utils import timezone

from shared_apps.jobs.models import Job
from shared_apps.organizations.models import Invitation, Membership, Organization
from shared_apps.organizations.ownership import ownership_offer
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import membership_create
from shared_apps.users.models import User
from shared_apps.users.token_form import token_digest

FAILED, WAITING = 900_001, 900_002  # Ids of tasks.
INVITED = "token-of-an-invitation-for-noah-in-screenshots"
PASSWORD = "a password for the browser tests"
TRACEBACK = """Traceback (most recent call last):
  File "/srv/tenantry/shop/tasks.py", line 31, in send_receipt
    server.send_message(receipt_of(order), from_addr=settings.DEFAULT_FROM_EMAIL, to_addrs=[user])
  File "/usr/lib/python3.11/smtplib.py", line 398, in getreply
    raise SMTPServerDisconnected("Connection unexpectedly closed")
smtplib.SMTPServerDisconnected: Connection unexpectedly closed
"""


def create_users() -> None:
    """Olga is an operator, Susan is in support, Stella has no group; Mia is a member of both."""
    for name, groups in (
        ("olga", ["Tenantry operator"]),
        ("susan", ["Tenantry support"]),
        ("stella", []),
    ):
        user = User.objects.create_user(
            f"{name}@staff.example", PASSWORD, name=name.capitalize(), is_staff=True
        )
        user.groups.set(Group.objects.filter(name__in=groups))
    mia = User.objects.create_user("mia@example.com", PASSWORD, name="Mia")
    for organization in Organization.objects.filter(schema_name__startswith="client"):
        membership_create(user=mia, organization=organization, role=Role.MEMBER)
    call_command("refresh_sizes")
    create_tasks()


def create_people() -> None:
    """In client1: an invitation of Noah that works, one that has expired, an offer to Mia."""
    if not User.objects.filter(email="noah@example.com").exists():
        User.objects.create_user("noah@example.com", PASSWORD, name="Noah")
        ada = User.objects.create_user("ada@example.com", PASSWORD, name="Ada Lovelace")
        client1 = Organization.objects.get(schema_name="client1")
        membership_create(user=ada, organization=client1, role=Role.ADMIN)
    memberships = Membership.objects.filter(organization__schema_name="client1")
    owner = memberships.select_related("user", "organization").get(user__email="h@gmail.com")
    Invitation.objects.filter(organization=owner.organization).delete()
    for email, days in (("noah@example.com", 5), ("someone.with.a.long.name@example.com", -1)):
        Invitation.objects.create(
            organization=owner.organization,
            email=email,
            email_key=email,
            inviter=owner,
            token_digest=token_digest(INVITED if days > 0 else email),
            expires_at=timezone.now() + timedelta(days=days),
        )
    ownership_offer(membership=memberships.get(user__email="mia@example.com"), actor=owner)


def create_tasks() -> None:
    """Tasks that no worker runs: one failed three times, one waits, others have ended."""
    now = timezone.now()
    shared: dict[str, Any] = {
        "queue_name": "default",
        "arguments": {"args": [7], "kwargs": {"language": "en"}},
        "enqueued_at": now - timedelta(minutes=9),
        "actor_id": User.objects.get(email="mia@example.com").pk,
        "actor": "mia@example.com",
        "address": "203.0.113.9",
        "request_id": "eafcf778451045388e5f4d8b51034801",
    }
    error = {"exception_class_path": "smtplib.SMTPServerDisconnected", "traceback": TRACEBACK}
    Job.objects.create(
        pk=FAILED,
        task="shop.tasks.send_receipt",
        schema_name="client1",
        status="FAILED",
        retries=2,
        failures=3,
        errors=[error] * 3,
        worker_ids=["app-1-4711-0f3a9b2c"] * 3,
        started_at=now - timedelta(minutes=8),
        finished_at=now - timedelta(minutes=6),
        **shared,
    )
    Job.objects.create(
        pk=WAITING,
        task="shop.tasks.remind",
        schema_name="client2",
        run_after=now + timedelta(days=3),
        **shared,
    )
    Job.objects.bulk_create(
        Job(
            task="shop.tasks.send_receipt",
            schema_name=f"client{1 + number % 2}",
            status="SUCCESSFUL",
            worker_ids=["app-1-4711-0f3a9b2c"],
            started_at=now - timedelta(minutes=number),
            finished_at=now - timedelta(minutes=number),
            **shared,
        )
        for number in range(5)
    )


def create_organizations(total: int) -> None:
    """Create organizations without schemas, each with an owner, up to a total."""
    numbers = range(Organization.objects.count(), total)
    organizations = Organization.objects.bulk_create(
        Organization(schema_name=f"crowd_{n}", name=f"Crowd {n}") for n in numbers
    )
    users = User.objects.bulk_create(
        User(email=f"owner{n}@crowd.example", name=f"Owner {n}", password="!") for n in numbers
    )
    Membership.objects.bulk_create(
        Membership(user=user, organization=organization, role=Role.OWNER)
        for user, organization in zip(users, organizations, strict=True)
    )
    call_command("refresh_sizes")
