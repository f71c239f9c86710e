"""Subject, text and HTML of a mail; what people can write into them."""

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from pytest_django import Settings

from shared_apps.jobs.mail import mail_send
from shared_apps.jobs.models import Job
from shared_apps.testing.jobs import run_jobs

from .conftest import Write

ADA = "ada@example.com"
EVIL = "Ada\r\nBcc: eve@example.com\n\n<script>alert(1)</script>"


def sent(text: str) -> EmailMultiAlternatives:
    mail_send(to=ADA, template="note", context={"text": text, "name": text})
    run_jobs()
    (message,) = mail.outbox
    assert isinstance(message, EmailMultiAlternatives)
    return message


def html_of(message: EmailMultiAlternatives) -> str:
    ((content, kind),) = message.alternatives
    assert kind == "text/html"
    return str(content)


def test_a_mail_has_text_and_html_in_the_layout(db: None, write_templates: Write) -> None:
    write_templates(content="<b>{{ text }}</b>")

    message = sent("Hello")

    assert message.body == "<b>Hello</b>\n\nTenantry\n"
    html = html_of(message)
    assert html.startswith("<!doctype html>")
    assert "<b>Hello</b>" in html
    assert "<title>A note</title>" in html
    kinds = [part.get_content_type() for part in message.message().walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]


@pytest.mark.parametrize(
    "name",
    [
        EVIL,
        "Ada\nBcc: eve@example.com",
        "Ada\rBcc: eve@example.com",
        "Ada\u2028Bcc: eve@example.com",
        "Ada\x85Bcc: eve@example.com",
        "Ada\x0b\x0c\x1c\x1dBcc: eve@example.com",
        "Ada =?utf-8?q?=0ABcc=3A_eve=40example=2Ecom?=",
        "Ädä\nBcc: eve@example.com",
    ],
)
def test_a_name_in_the_subject_adds_no_header(db: None, write_templates: Write, name: str) -> None:
    write_templates(subject="{{ name }} invites you")

    message = sent(name).message()

    assert message.get_all("Bcc") is None
    assert message.get_all("Subject") == [message["Subject"]]
    head = message.as_bytes().partition(b"\n\n")[0]
    assert b"\nBcc" not in head
    assert b"script" not in head.partition(b"Subject")[0]


def test_a_subject_is_one_line_that_reads_from_left_to_right(
    db: None, write_templates: Write
) -> None:
    write_templates(subject="  {{ name }}\n invites   you ")

    assert sent("Ada\u202e\t\n Lovelace\u2069").subject == "Ada Lovelace invites you"


def test_a_long_subject_is_cut(db: None, write_templates: Write) -> None:
    write_templates(subject="{{ name }}")

    subject = sent("ü" * 5000).subject

    assert (len(subject), subject[-2:]) == (200, "ü…")


def test_markup_in_a_value_is_escaped_in_html_only(db: None, write_templates: Write) -> None:
    write_templates(subject="{{ name }}")

    message = sent("Fish & <b>chips</b>")

    assert message.subject == "Fish & <b>chips</b>"
    assert str(message.body).startswith("Fish & <b>chips</b>\n")
    assert "Fish &amp; &lt;b&gt;chips&lt;/b&gt;" in html_of(message)
    assert "<b>chips" not in html_of(message)


def test_the_caller_s_variables_do_not_replace_the_subject(
    db: None, write_templates: Write
) -> None:
    write_templates(content="{{ subject }}")

    mail_send(to=ADA, template="note", context={"subject": "Other", "renders_subject": True})
    run_jobs()

    assert mail.outbox[0].subject == "A note"
    assert str(mail.outbox[0].body).startswith("A note\n")


def test_an_error_in_a_template_fails_immediately_and_staff_see_it(
    db: None, write_templates: Write
) -> None:
    write_templates(content="{% include missing %}")

    mail_send(to=ADA, template="note")
    run_jobs()

    job = Job.objects.get()
    assert (job.status, len(job.errors)) == ("FAILED", 1)
    assert job.errors[0]["exception_class_path"] == "shared_apps.jobs.mail.errors.MailFailed"
    assert "MailFailed: " in job.errors[0]["traceback"]


@pytest.mark.parametrize("sender", ["Acme <no-reply@acme.example>", "no-reply@acme.example"])
def test_the_sender_is_a_setting(db: None, note: str, settings: Settings, sender: str) -> None:
    settings.DEFAULT_FROM_EMAIL = sender

    message = sent("Hello").message()

    assert message["From"] == sender
    assert message["Message-ID"].endswith("@acme.example>")
