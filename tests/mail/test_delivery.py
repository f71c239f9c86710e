"""What becomes of a mail's task, by what the mail server replies."""

import base64

import pytest
from django.conf import settings as configured
from django.core.management import load_command_class
from django.utils import timezone
from pytest_django import Settings

from shared_apps.jobs.mail import mail_send
from shared_apps.jobs.models import Job
from shared_apps.jobs.running import FIRST_PAUSE, LONGEST_PAUSE
from shared_apps.organizations.models import Organization
from shared_apps.testing.jobs import run_jobs
from tenantry.context import tenant_context

from .smtp import HANG_UP, SILENT, SmtpServer

ADA = "ada@example.com"


def send(to: str = ADA) -> Job:
    """Send a mail, and return its task after one attempt."""
    mail_send(to=to, template="note")
    run_jobs()
    return Job.objects.latest("pk")


def try_again() -> Job:
    Job.objects.filter(status="READY").update(run_after=None)
    run_jobs()
    return Job.objects.latest("pk")


def reason(job: Job) -> str:
    """Return the last line of the last error."""
    return str(job.errors[-1]["traceback"].splitlines()[-1])


def test_the_server_gets_the_mail(db: None, note: str, server: SmtpServer) -> None:
    job = send("ada@bücher.example")

    assert job.status == "SUCCESSFUL"
    assert server.recipients() == ["ada@xn--bcher-kva.example"]
    (mail,) = server.mails
    assert "To: ada@xn--bcher-kva.example\n" in mail
    assert "From: Tenantry <tenantry@localhost>\n" in mail


@pytest.mark.parametrize(
    ("to", "reply"),
    [
        ("CONNECT", "421 4.3.2 Shutting down"),
        ("AUTH", "454 4.7.0 Temporary authentication failure"),
        ("MAIL", "452 4.3.1 Insufficient storage"),
        ("RCPT", "450 4.7.1 Greylisted"),
        ("RCPT", "421 4.7.0 Too many connections"),
        ("DATA", "451 4.3.0 Local error"),
        ("END", "451 4.7.1 Try again later"),
    ],
)
def test_a_temporary_error_is_tried_again(
    db: None, note: str, server: SmtpServer, settings: Settings, to: str, reply: str
) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "user", "hush"
    server.replies = {to: reply}

    job = send()

    assert (job.status, job.failures) == ("READY", 1)
    assert job.run_after is not None
    assert job.run_after > timezone.now()
    assert reason(job).startswith("shared_apps.jobs.mail.errors.MailDelayed: 127.0.0.1: ")
    assert reply in reason(job)

    server.replies = {}
    assert try_again().status == "SUCCESSFUL"


@pytest.mark.parametrize(
    ("to", "reply"),
    [
        ("CONNECT", "554 5.7.1 Your address is blocked"),
        ("AUTH", "535 5.7.8 Bad credentials"),
        ("MAIL", "550 5.7.1 Sender not allowed"),
        ("RCPT", "550 5.1.1 No such user"),
        ("DATA", "503 5.5.1 Bad sequence"),
        ("END", "554 5.7.1 Looks like spam"),
    ],
)
def test_a_permanent_error_fails_immediately_and_staff_see_the_reply(
    db: None, note: str, server: SmtpServer, settings: Settings, to: str, reply: str
) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "user", "hush"
    server.replies = {to: reply}

    job = send()

    assert (job.status, job.failures) == ("FAILED", 1)
    assert reason(job).startswith("shared_apps.jobs.mail.errors.MailFailed: 127.0.0.1: ")
    assert reply in reason(job)
    assert "hush" not in str(job.errors)
    assert base64.b64encode(b"\0user\0hush").decode() not in str(job.errors)


def test_a_mail_that_is_delayed_for_too_long_has_failed(
    db: None, note: str, server: SmtpServer
) -> None:
    server.replies = {"RCPT": "450 4.7.1 Greylisted"}
    send()
    Job.objects.update(retries=1)

    job = try_again()

    assert (job.status, len(job.errors)) == ("FAILED", 2)


def test_the_attempts_last_a_day(db: None, note: str, server: SmtpServer) -> None:
    retries = send().retries

    pauses = [min(FIRST_PAUSE * 3**number, LONGEST_PAUSE) for number in range(retries)]
    assert 24 <= sum(pauses) / 3600 < 26


def test_a_mail_that_arrives_twice_has_one_message_id(
    db: None, note: str, server: SmtpServer
) -> None:
    server.replies = {"END": "451 4.3.0 Accepted, but the reply is another"}
    send()
    server.replies = {}
    try_again()

    ids = [
        line
        for mail in server.mails
        for line in mail.splitlines()
        if line.startswith("Message-ID: ")
    ]
    assert len(ids) == 2
    assert ids[0] == ids[1]


def test_different_mails_have_different_message_ids(
    db: None, note: str, server: SmtpServer
) -> None:
    send()
    send()

    first, second = (mail.partition("Message-ID: ")[2].splitlines()[0] for mail in server.mails)
    assert first != second


@pytest.mark.usefixtures("no_server")
def test_a_server_that_cannot_be_reached_is_tried_again(db: None, note: str) -> None:
    job = send()

    assert (job.status, job.failures) == ("READY", 1)
    assert "MailDelayed: 127.0.0.1: [Errno 111] Connection refused" in reason(job)


@pytest.mark.parametrize("silent", ["CONNECT", "EHLO", "RCPT", "END"])
def test_a_server_that_does_not_respond_is_tried_again(
    db: None, note: str, server: SmtpServer, settings: Settings, silent: str
) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    server.replies = {silent: SILENT}

    job = send()

    assert (job.status, job.failures) == ("READY", 1)
    assert "errors.MailDelayed: 127.0.0.1: " in reason(job)


def test_a_server_without_tls_gets_no_password_and_no_mail(
    db: None, note: str, server: SmtpServer, settings: Settings
) -> None:
    settings.EMAIL_USE_TLS = True
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "user", "hush"

    job = send()

    assert job.status == "FAILED"
    assert "127.0.0.1: STARTTLS extension not supported by server" in reason(job)
    assert not [line for line in server.commands if line.startswith(("AUTH", "mail"))]
    assert server.mails == []


def test_without_an_email_url_a_mail_fails_and_staff_see_why(
    db: None, note: str, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "shared_apps.jobs.mail.backends.NoBackend"

    job = send()

    assert job.status == "FAILED"
    assert "EMAIL_URL is not set" in reason(job)


def test_a_server_that_ends_the_conversation_is_tried_again(
    db: None, note: str, server: SmtpServer
) -> None:
    server.replies = {"RCPT": HANG_UP}

    assert "errors.MailDelayed: 127.0.0.1: Connection unexpectedly closed" in reason(send())


def test_a_server_that_does_not_respond_leaves_threads_to_other_tasks(
    db: None, acme: Organization, note: str
) -> None:
    mail_send(to=ADA, template=note)
    with tenant_context(acme):
        mail_send(to=ADA, template=note)
    command = load_command_class("shared_apps.jobs", "run_jobs")
    threads = command.create_parser("manage.py", "run_jobs").get_default("threads")

    assert {job.queue_name for job in Job.objects.all()} == {"mail"}
    assert sum(configured.JOBS_QUEUE_THREADS.values()) < threads
