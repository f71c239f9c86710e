"""Mail by the API of a provider: django-anymail, and what the provider responds."""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, ClassVar

import anymail.backends
import pytest
from pytest_django import Settings

from shared_apps.jobs.mail import mail_send
from shared_apps.jobs.models import Job
from shared_apps.testing.jobs import run_jobs

ACCEPTED = {"ErrorCode": 0, "Message": "OK", "MessageID": "1", "To": "ada@example.com"}


class Postmark(BaseHTTPRequestHandler):
    """Responds with what a test sets."""

    status: ClassVar[int] = 200
    body: ClassVar[Any] = ACCEPTED
    received: ClassVar[list[Any]] = []

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.headers["X-Postmark-Server-Token"], json.loads(content)))
        body = json.dumps(self.body).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def postmark(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Postmark]]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    class Handler(Postmark):
        received: ClassVar[list[Any]] = []

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        use(settings, server.server_port)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Handler
        server.shutdown()
        thread.join()


def use(settings: Settings, port: int) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {
        "POSTMARK_SERVER_TOKEN": "secret-token",
        "POSTMARK_API_URL": f"http://127.0.0.1:{port}/",
        "REQUESTS_TIMEOUT": 5,
    }


def send() -> Job:
    mail_send(to="ada@example.com", template="note", context={"text": "Hello"})
    run_jobs()
    return Job.objects.get()


def test_the_provider_gets_the_mail(db: None, note: str, postmark: type[Postmark]) -> None:
    assert send().status == "SUCCESSFUL"

    ((token, sent),) = postmark.received
    assert token == "secret-token"
    assert (sent["To"], sent["Subject"]) == ("ada@example.com", "A note")
    assert sent["TextBody"].startswith("Hello\n")
    assert "Hello" in sent["HtmlBody"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_temporary_error_is_tried_again(
    db: None, note: str, postmark: type[Postmark], status: int
) -> None:
    postmark.status, postmark.body = status, {"Message": "Later"}

    job = send()

    assert (job.status, job.failures) == ("READY", 1)
    assert f"MailDelayed: postmark: Postmark API response {status}" in str(job.errors)


@pytest.mark.parametrize(
    ("status", "body", "shown"),
    [
        (401, {"ErrorCode": 10, "Message": "Bad token"}, "Bad token"),
        (422, {"ErrorCode": 300, "Message": "Invalid 'From' address: 'x'."}, "Invalid 'From'"),
        (
            422,
            {
                "ErrorCode": 406,
                "Message": "Found inactive addresses: ada@example.com. Inactive recipients",
            },
            "Found inactive addresses",
        ),
        (404, {"Message": "No such endpoint"}, "No such endpoint"),
    ],
)
def test_a_permanent_error_fails_immediately_and_staff_see_it(
    db: None, note: str, postmark: type[Postmark], status: int, body: Any, shown: str
) -> None:
    postmark.status, postmark.body = status, body

    job = send()

    assert (job.status, job.failures) == ("FAILED", 1)
    assert "MailFailed: postmark: " in str(job.errors)
    assert shown in job.errors[0]["traceback"]
    assert "secret-token" not in str(job.errors)


def test_a_provider_that_cannot_be_reached_is_tried_again(
    db: None, note: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    use(settings, 1)

    job = send()

    assert (job.status, job.failures) == ("READY", 1)
    assert "MailDelayed: postmark: Error posting to http://127.0.0.1:1/email" in str(job.errors)


def test_the_name_of_a_provider_is_the_name_of_its_settings() -> None:
    """EMAIL_URL takes the prefix of a provider's settings from the name of its module."""
    found = {}
    for module in pkgutil.iter_modules(anymail.backends.__path__):
        try:
            backend = importlib.import_module(f"anymail.backends.{module.name}").EmailBackend
        except (ImportError, AttributeError):
            continue  # It needs another package, or is a base.
        found[module.name] = backend.esp_name.lower().replace(" ", "_")
    others = {name: prefix for name, prefix in found.items() if name != prefix}

    assert len(found) > 10
    assert others == {}
