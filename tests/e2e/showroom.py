"""Example organizations of the README's pictures, with invented names, sizes and ages."""

from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone
from django.utils.text import slugify

from shared_apps.jobs.models import Job
from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import organization_create
from shared_apps.users.models import User
from tenantry.fleet.state import SchemaState

from .seed import PASSWORD

# By name: days since it was created, and the size of its schema in MB.
ORGANIZATIONS = {
    "Harbour Bakery": (287, 312),
    "Alder & Finch Books": (261, 1_140),
    "Northgate Cycles": (233, 684),
    "Brightwater Clinics": (205, 2_310),
    "Kestrel Optics": (171, 941),
    "Juniper Tea": (136, 148),
    "Oak and Iron": (113, 403),
    "Blue Door Dental": (91, 517),
    "Pinecrest Schools": (80, 1_620),
    "Mill Street Garden": (73, 36),
    "Lantern Hotels": (68, 1_390),
    "Salt & Rye": (64, 95),
    "Tideline Surf": (59, 71),
    "Copper Kettle": (54, 54),
    "Meridian Freight": (50, 1_870),
    "Fernhill Vets": (46, 226),
    "Stonebridge Legal": (43, 430),
    "Saffron Kitchens": (38, 119),
    "Westfold Farms": (33, 187),
    "Quarry Climbing": (31, 43),
    "Larkspur Florists": (29, 29),
    "Ridgeway Motors": (25, 265),
    "Cobalt Studio": (22, 88),
    "Maple Row Pharmacy": (19, 141),
    "Grayling Outdoor": (17, 62),
    "Hearth Ceramics": (15, 17),
    "Foxglove Theatre": (12, 24),
    "Beacon Physio": (10, 33),
    "Anchor Marine": (8, 58),
    "Thistle Knitwear": (4, 11),
}
STATUSES = {"Mill Street Garden": "suspended", "Copper Kettle": "archived"}
MEMBERS = ("Maya Lindqvist", "Tom Okafor", "Priya Raman", "Jonas Weber", "Elena Costa")
ROLES = (Role.OWNER, Role.ADMIN, Role.MEMBER, Role.MEMBER, Role.MEMBER)
SINCE_COMPARISON = timedelta(hours=3)


def showroom() -> None:
    """Create `ORGANIZATIONS` with their members. The sizes are set, not measured."""
    for position, (name, (days, _)) in enumerate(ORGANIZATIONS.items()):
        in_office_hours = timezone.now().replace(hour=8 + position % 9, minute=position * 17 % 60)
        _create(name, in_office_hours - timedelta(days), days)
    call_command("refresh_sizes", drift=True)
    SchemaState.objects.update(compared_at=F("compared_at") - SINCE_COMPARISON)
    for name, (_, megabytes) in ORGANIZATIONS.items():
        SchemaState.objects.filter(pk=_schema_name(name)).update(size=megabytes * 2**20)
    _create_tasks()


def _create(name: str, created_at: datetime, days: int) -> None:
    """Create an organization; the older, the more members. They joined at even intervals."""
    schema_name = _schema_name(name)
    domain = f"{schema_name.replace('_', '-')}.example"
    members = MEMBERS[: 2 + days // 25]
    users = User.objects.bulk_create(
        User(email=f"{slugify(member).replace('-', '.')}@{domain}", name=member, password="!")
        for member in members
    )
    organization = organization_create(schema_name=schema_name, name=name, owner=users[0])
    Membership.objects.bulk_create(
        Membership(user=user, organization=organization, role=role)
        for user, role in zip(users[1:], ROLES[1:], strict=False)
    )
    Organization.objects.filter(pk=organization.pk).update(
        created_at=created_at, status=STATUSES.get(name, "active")
    )
    for number, user in enumerate(users):
        joined_at = created_at + timedelta(days * number // len(users), minutes=23 * number)
        User.objects.filter(pk=user.pk).update(created_at=joined_at)
        user.memberships.update(created_at=joined_at)


def _create_tasks() -> None:
    """Create tasks in a queue that no worker reads."""
    now = timezone.now()
    states: list[dict[str, Any]] = [
        *[{"due_since": now - timedelta(seconds=4)}] * 9,
        *[{"status": "RUNNING"}] * 4,
        {"status": "FAILED", "finished_at": now - timedelta(hours=2)},
    ]
    Job.objects.bulk_create(
        Job(
            task="shop.tasks.send_receipt",
            schema_name=_schema_name(name),
            queue_name="examples",
            arguments={},
            enqueued_at=now,
            **state,
        )
        for name, state in zip(ORGANIZATIONS, states, strict=False)
    )


def second_factor() -> None:
    """Give the owner of client1 an app, two passkeys, and recovery codes of which one is used."""
    owner = User.objects.get(email="h@gmail.com")
    now = timezone.now()
    # Without signals: the first one that is added ends the session of the browser.
    Authenticator.objects.bulk_create(
        Authenticator(
            user=owner,
            type=Authenticator.Type.WEBAUTHN,
            data={
                "name": name,
                "credential": {"clientExtensionResults": {"credProps": {"rk": can_sign_in}}},
            },
            last_used_at=now - timedelta(days),
        )
        for name, days, can_sign_in in (("MacBook", 1, True), ("Security key", 40, False))
    )
    TOTP.activate(owner, "JBSWY3DPEHPK3PXP")
    codes = RecoveryCodes.activate(owner)
    codes.validate_code(codes.generate_codes()[0])
    Authenticator.objects.filter(user=owner).update(created_at=now - timedelta(90))


def owner() -> None:
    """Let the owner of the oldest organization sign in with the password of `seed`."""
    user = User.objects.get(email="maya.lindqvist@harbour-bakery.example")
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])


def _schema_name(name: str) -> str:
    return slugify(name).replace("-", "_")
