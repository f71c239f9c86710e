"""invite mails a link to join an organization."""

import json
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.acceptance import invitation_accept
from shared_apps.organizations.models import Invitation, Organization
from shared_apps.users.models import User

from .members import mailed_token, member


def invite(*arguments: str) -> str:
    output = StringIO()
    call_command("invite", *arguments, stdout=output)
    return output.getvalue()


def test_the_invited_person_can_join_with_the_role(acme: Organization, nora: User) -> None:
    output = invite(nora.email, "--organization=acme", "--role=admin")

    invitation = Invitation.objects.get()
    assert output == (
        f"Invited {nora.email} to acme. The link in the mail works until "
        f"{invitation.expires_at:%Y-%m-%d %H:%M} UTC.\n"
    )
    invitation_accept(token=mailed_token(), user=nora)
    assert member(nora).role == "admin"


def test_the_mail_and_the_audit_log_name_the_platform(acme: Organization) -> None:
    invite("ada@example.com", "--organization=acme")

    mailed_token()
    assert "The team of Tenantry invites you" in mail.outbox[0].body
    entry = AuditEntry.objects.get(schema_name="acme", action="invitation.created")
    assert (entry.actor_id, entry.subject, entry.data) == (
        None,
        "ada@example.com",
        {"role": "member"},
    )


def test_json_has_the_expiry_but_not_the_secret(acme: Organization) -> None:
    output = invite("ada@example.com", "--organization=acme", "--json")

    invitation = Invitation.objects.get()
    assert json.loads(output) == {
        "id": invitation.pk,
        "email": "ada@example.com",
        "organization": "acme",
        "role": "member",
        "expires_at": f"{invitation.expires_at:%Y-%m-%dT%H:%M:%SZ}",
    }
    assert mailed_token() not in output


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["no address", "--organization=acme"], "email: We cannot send mail to 'no address'"),
        (["bob@acme.example", "--organization=acme"], "is already a member"),
        (["ada@example.com", "--organization=lost"], "'lost' does not exist"),
        (["ada@example.com", "--organization=acme", "--role=king"], "king"),
        (["ada@example.com"], "--organization"),
        (["ädä@example.com\0", "--organization=acme"], "cannot send mail"),
    ],
)
def test_bad_input_is_a_one_line_error_and_invites_no_one(
    bob: User, arguments: list[str], reason: str
) -> None:
    with pytest.raises(CommandError) as error:
        invite(*arguments)

    assert reason in str(error.value)
    assert "\n" not in str(error.value)
    assert not Invitation.objects.exists()


def test_an_address_that_was_invited_already_is_an_error(acme: Organization) -> None:
    invite("ada@example.com", "--organization=acme")

    with pytest.raises(CommandError, match="was invited already"):
        invite("ADA@example.com", "--organization=acme")
