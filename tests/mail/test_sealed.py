"""mail_send(sealed=...): secrets of a mail, which the queue has encrypted."""

import json

import pytest
from django.core import mail
from pytest_django import Settings

from shared_apps.jobs.mail import mail_send
from shared_apps.jobs.models import Job
from shared_apps.testing.jobs import run_jobs

ADA = "ada@example.com"
LINK = "https://app.example.com/invitations/hush-hush/"
OTHER_KEY = "another-key-with-enough-random-characters-0123456789-abcdef"


def send(note: str) -> None:
    mail_send(to=ADA, template=note, context={"facts": []}, sealed={"text": LINK})


def test_the_mail_has_the_secret_and_the_queue_does_not(db: None, note: str) -> None:
    send(note)

    stored = json.dumps(Job.objects.get().arguments)
    assert "hush-hush" not in stored
    assert "text" in stored

    run_jobs()

    assert str(mail.outbox[0].body).splitlines()[0] == LINK


def test_a_mail_that_waits_survives_a_new_secret_key_with_its_fallback(
    db: None, note: str, settings: Settings
) -> None:
    send(note)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OTHER_KEY, [settings.SECRET_KEY]

    run_jobs()

    assert LINK in mail.outbox[0].body


def test_without_its_key_the_task_fails_once_and_names_the_cause(
    db: None, note: str, settings: Settings
) -> None:
    send(note)
    settings.SECRET_KEY = OTHER_KEY

    run_jobs()

    job = Job.objects.get()
    assert mail.outbox == []
    assert (job.status, job.attempt) == ("FAILED", 1)
    assert "SECRET_KEY was replaced" in job.last_error


@pytest.mark.parametrize("sealed", [None, {}])
def test_a_mail_without_secrets_has_the_arguments_that_older_workers_know(
    db: None, note: str, sealed: dict[str, str] | None
) -> None:
    mail_send(to=ADA, template=note, context={"text": "Hello"}, sealed=sealed)

    assert Job.objects.get().arguments["args"] == [ADA, note, {"text": "Hello"}]
