"""sendtestemail sends through the queue, like all mail."""

import io

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from shared_apps.jobs.models import Job
from shared_apps.organizations.models import Organization
from shared_apps.testing.jobs import run_jobs
from tenantry.context import tenant_context


def test_a_test_mail_takes_the_path_of_all_mail(acme: Organization) -> None:
    printed = io.StringIO()
    with tenant_context(acme):
        call_command("sendtestemail", "ada@example.com", "bob@example.com", stdout=printed)
    assert mail.outbox == []
    assert "Enqueued" in printed.getvalue()

    assert run_jobs() == 2

    assert [message.to for message in mail.outbox] == [["ada@example.com"], ["bob@example.com"]]
    assert mail.outbox[0].subject == "Mail works"
    body = str(mail.outbox[0].body)
    assert " UTC\nOn host: " in body


def test_a_wrong_address_sends_to_none(db: None) -> None:
    with pytest.raises(CommandError, match="We cannot send mail to 'ada@example'"):
        call_command("sendtestemail", "bob@example.com", "ada@example")

    assert not Job.objects.exists()
