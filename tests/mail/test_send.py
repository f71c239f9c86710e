"""mail_send: a task in the caller's transaction, of the organization or of the platform."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from django.core import mail
from django.db import transaction
from django.template import TemplateDoesNotExist

from shared_apps.core.errors import DomainError
from shared_apps.jobs.mail import mail_send
from shared_apps.jobs.models import Job
from shared_apps.organizations.models import Organization
from shared_apps.organizations.services import organization_resume, organization_suspend
from shared_apps.testing.jobs import run_jobs
from tenantry.context import tenant_context

ADA = "ada@example.com"


def texts() -> list[str]:
    return [str(message.body).splitlines()[0] for message in mail.outbox]


def test_a_mail_is_sent_by_a_task(db: None, note: str) -> None:
    mail_send(to=ADA, template=note, context={"text": "Hello"})
    assert mail.outbox == []

    assert run_jobs() == 1

    (sent,) = mail.outbox
    assert (sent.to, sent.subject, texts()) == ([ADA], "A note", ["Hello"])
    assert sent.from_email == "Tenantry <tenantry@localhost>"


def test_a_mail_of_a_transaction_that_is_rolled_back_is_never_sent(
    acme: Organization, note: str
) -> None:
    with tenant_context(acme), transaction.atomic():
        mail_send(to=ADA, template=note)
        transaction.set_rollback(True)

    assert run_jobs() == 0
    assert mail.outbox == []


def test_a_mail_belongs_to_the_active_organization(acme: Organization, note: str) -> None:
    with tenant_context(acme):
        mail_send(to=ADA, template=note)
        mail_send(to=ADA, template=note, platform=True)
    mail_send(to=ADA, template=note)

    assert list(Job.objects.order_by("pk").values_list("schema_name", "task")) == [
        ("acme", "shared_apps.jobs.mail.tasks.send_mail"),
        ("", "shared_apps.jobs.mail.tasks.send_platform_mail"),
        ("", "shared_apps.jobs.mail.tasks.send_platform_mail"),
    ]
    assert run_jobs() == 3
    assert len(mail.outbox) == 3


def test_a_suspended_organization_s_mail_waits_but_the_platform_s_is_sent(
    acme: Organization, note: str
) -> None:
    with tenant_context(acme):
        mail_send(to=ADA, template=note, context={"text": "Your order"})
        mail_send(to=ADA, template=note, context={"text": "You are suspended"}, platform=True)
    organization_suspend(organization=acme)

    run_jobs()
    assert texts() == ["You are suspended"]

    organization_resume(organization=acme)
    run_jobs()
    assert texts() == ["You are suspended", "Your order"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2026, 11, 29, 20, 15, 59, tzinfo=UTC), "2026-11-29 20:15 UTC"),
        (
            datetime(2026, 11, 29, 20, 15, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            "2026-11-29 14:45 UTC",
        ),
        (date(2026, 11, 29), "2026-11-29"),
        (Decimal("5000.00"), "5000.00"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (12345, "12345"),
        ("Ünïcode 😀", "Ünïcode 😀"),
    ],
)
def test_a_value_reads_the_same_in_every_language_and_time_zone(
    db: None, note: str, value: object, text: str
) -> None:
    mail_send(to=ADA, template=note, context={"text": value})

    run_jobs()

    assert texts() == [text]


def test_values_in_lists_keep_their_order(db: None, note: str) -> None:
    facts = [("Who", "Ada"), ("When", date(2026, 11, 29)), ("A", Decimal(1))]

    mail_send(to=ADA, template=note, context={"text": facts, "more": {"at": date(2026, 11, 29)}})

    assert Job.objects.get().arguments["args"][2] == {
        "text": [["Who", "Ada"], ["When", "2026-11-29"], ["A", "1"]],
        "more": {"at": "2026-11-29"},
    }


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (datetime(2026, 11, 29), ValueError, "has no time zone"),  # noqa: DTZ001
        ({1, 2}, TypeError, "Unsupported type"),
        (object(), TypeError, "Unsupported type"),
        ("a\0b", ValueError, "NUL"),
    ],
)
def test_a_value_that_a_mail_cannot_have_is_an_error_of_the_caller(
    db: None, note: str, value: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        mail_send(to=ADA, template=note, context={"text": value})

    assert not Job.objects.exists()


def test_a_missing_template_is_an_error_of_the_caller(db: None) -> None:
    with pytest.raises(TemplateDoesNotExist):
        mail_send(to=ADA, template="not/there")

    assert not Job.objects.exists()


def test_an_invalid_address_is_an_error_of_the_caller(db: None, note: str) -> None:
    with pytest.raises(DomainError) as raised:
        mail_send(to="ada@example.com\nBcc: eve@example.com", template=note)

    assert (raised.value.code, raised.value.status) == ("invalid_address", 400)
    assert not Job.objects.exists()


def test_out_of_office_programs_do_not_reply(db: None, note: str) -> None:
    mail_send(to=ADA, template=note)

    run_jobs()

    assert mail.outbox[0].message()["Auto-Submitted"] == "auto-generated"
