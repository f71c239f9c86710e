"""The mail of an invitation."""

import json

from django.core import mail

from shared_apps.jobs.models import Job
from shared_apps.organizations.models import Invitation, Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import organization_suspend
from shared_apps.testing.jobs import run_jobs
from shared_apps.users.models import User
from shared_apps.users.token_form import token_digest

from .members import ADA, LINK, invite, mailed_token, member


class TestMail:
    def test_says_who_invites_where_as_what_and_until_when(
        self, acme: Organization, carol: User
    ) -> None:
        invitation = invite(acme, member(carol), role=Role.ADMIN)

        run_jobs()

        (sent,) = mail.outbox
        assert (sent.to, sent.subject) == ([ADA], "Join Acme")
        for part in ("Carol invites you", "Acme", "Admin", f"{invitation.expires_at:%Y-%m-%d}"):
            assert part in sent.body
        assert len(LINK.findall(str(sent.body))) == 1

    def test_the_mail_makes_no_link_of_a_name(self, acme: Organization, carol: User) -> None:
        """Else anyone could send spam in our name: 150 characters and a link."""
        Organization.objects.filter(pk=acme.pk).update(name="Win\n https://evil.example/x now")
        User.objects.filter(pk=carol.pk).update(name=f"www.evil.example {'a' * 130}")
        acme.refresh_from_db()

        invite(acme, member(carol))

        run_jobs()
        (sent,) = mail.outbox
        text = sent.message().as_string()
        assert sent.subject == "Join Win https: evil. example/x now"
        assert "www. evil. example" in text
        assert "evil.example" not in text
        assert "://evil" not in text
        assert "a" * 100 not in text

    def test_tells_nothing_about_other_people(self, acme: Organization, carol: User) -> None:
        invite(acme, member(carol))

        run_jobs()

        message = mail.outbox[0].message().as_string()
        for hidden in ("Alice", "alice@", "Bob", "bob@", carol.email):
            assert hidden not in message

    def test_of_staff_names_no_person(self, acme: Organization) -> None:
        invite(acme, None)

        run_jobs()

        assert "The team of Tenantry invites you" in mail.outbox[0].body

    def test_waits_while_the_organization_is_suspended(
        self, acme: Organization, carol: User
    ) -> None:
        invite(acme, member(carol))
        organization_suspend(organization=acme)

        run_jobs()

        assert mail.outbox == []

    def test_only_the_mail_has_the_token(self, acme: Organization, carol: User) -> None:
        invite(acme, member(carol))
        stored = json.dumps([job.arguments for job in Job.objects.all()])

        token = mailed_token()

        assert len(token) == 43  # 256 bits
        assert token not in stored
        assert Invitation.objects.get().token_digest == token_digest(token)
