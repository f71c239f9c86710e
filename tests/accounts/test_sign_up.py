"""/accounts/signup/: a form, the link in a mail, an account."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from shared_apps.accounts.models import PendingSignUp
from shared_apps.accounts.tasks import clear_expired_links
from shared_apps.audit.models import AuditEntry
from shared_apps.jobs.models import Job
from shared_apps.users.models import User
from shared_apps.users.verification import is_verified
from tests.accounts.mails import link_in, sent
from tests.conftest import SessionOf

URL = "/accounts/signup/"
ADA = "ada@example.com"
PASSWORD = "a long enough password"
FORM = {"email": ADA, "name": "Ada", "password": PASSWORD}


@pytest.fixture(autouse=True)
def open_to_all(settings: Settings) -> None:
    settings.SIGN_UP = "open"
    settings.THROTTLES = dict.fromkeys(settings.THROTTLES, 0)


def sign_up(client: Client, **changes: str) -> str:
    """Send the form, and return the path of the link in the mail."""
    response = client.post(URL, FORM | changes)
    assert response["Location"] == "/accounts/signup/sent/"
    (message,) = sent()
    return link_in(message)


def test_the_link_in_the_mail_creates_the_account_and_signs_in(db: None) -> None:
    client = Client()
    path = sign_up(client)
    assert not User.objects.filter(email=ADA).exists()

    page = client.get(path)
    response = client.post(path)

    assert ADA in page.content.decode()
    assert response["Location"] == "/organizations/new/"
    assert client.get("/api/me/").json() == {
        "id": User.objects.get(email=ADA).pk,
        "email": ADA,
        "name": "Ada",
        "organization": None,
        "organizations": [],
    }
    assert User.objects.get(email=ADA).check_password(PASSWORD)
    assert is_verified(User.objects.get(email=ADA))
    assert AuditEntry.objects.filter(action="user.created", subject=ADA, actor=ADA).exists()


def test_a_program_that_opens_the_link_creates_nothing(db: None) -> None:
    path = sign_up(Client())

    assert Client().get(path).status_code == 200
    assert Client().head(path).status_code == 200
    assert not User.objects.filter(email=ADA).exists()


class TestAnotherBrowser:
    """A stranger may have entered the address: their password must not open the account."""

    def test_needs_the_password_of_the_sign_up(self, db: None) -> None:
        path, other = sign_up(Client()), Client()

        denied = other.post(path)
        wrong = other.post(path, {"password": "not the password"})

        assert "This field is required" in denied.content.decode()
        assert "not the password that you signed up with" in wrong.content.decode()
        assert not User.objects.filter(email=ADA).exists()
        assert other.post(path, {"password": PASSWORD}).status_code == 302
        assert User.objects.filter(email=ADA).exists()

    def test_that_guesses_is_429(self, settings: Settings, db: None) -> None:
        settings.THROTTLES["sign_in_account"] = 2
        path, other = sign_up(Client()), Client()

        guesses = [other.post(path, {"password": "wrong"}).status_code for _ in range(3)]

        assert guesses == [200, 200, 429]


def test_the_mail_has_no_text_of_the_caller(db: None) -> None:
    browser = Client(HTTP_USER_AGENT="http://evil.example Firefox/999 evil")
    browser.post(URL, FORM | {"name": "Win at http://evil.example"})

    (message,) = sent()

    html = str(message.alternatives[0][0])
    assert "evil" not in str(message.body) + html
    assert message.to == [ADA]
    assert "Device: Firefox\nAddress: 127.0.0.1" in str(message.body)


def test_no_secret_of_a_sign_up_is_in_the_queue(db: None) -> None:
    Client().post(URL, FORM)
    (message,) = sent()

    queued = str(list(Job.objects.values_list("arguments", flat=True)))
    assert link_in(message).split("/")[3] not in queued
    assert PASSWORD not in queued


def test_an_address_with_an_account_is_told_so(bob: User) -> None:
    response = Client().post(URL, FORM | {"email": "BOB@acme.example"})

    (message,) = sent()
    assert response["Location"] == "/accounts/signup/sent/"
    assert (message.subject, message.to) == ("You have an account already", [bob.email])
    assert link_in(message, "Choose a new one") == "/accounts/password/reset/"
    assert not PendingSignUp.objects.exists()


def test_a_deactivated_user_gets_no_mail(bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)

    assert Client().post(URL, FORM | {"email": bob.email})["Location"] == "/accounts/signup/sent/"
    assert sent() == []


def test_another_spelling_of_an_address_with_an_account_finds_it(db: None) -> None:
    User.objects.create_user("eva@bücher.example", "x", name="Eva")

    Client().post(URL, FORM | {"email": "Eva@xn--bcher-kva.example"})

    assert [message.subject for message in sent()] == ["You have an account already"]


def test_an_account_of_an_unusual_spelling_is_found_later(db: None) -> None:
    """Else a mailbox can have two accounts, and no reset finds the first one."""
    client, typed = Client(), "ada@mail。example.com"

    client.post(sign_up(client, email=typed))

    assert User.objects.filter(email="ada@mail.example.com").exists()
    Client().post("/accounts/password/reset/", {"email": typed})
    assert [message.to for message in sent()] == [["ada@mail.example.com"]]


def test_a_mail_that_is_sent_twice_keeps_its_link(db: None) -> None:
    """A worker can be killed after the mail, and before it stores that."""
    client = Client()
    client.post(URL, FORM)
    first = Job.objects.get()
    (message,) = sent()
    Job.objects.filter(pk=first.pk).update(status="READY", finished_at=None)

    assert sent() == []
    assert client.post(link_in(message)).status_code == 302


class TestALink:
    def test_works_once(self, db: None) -> None:
        client = Client()
        path = sign_up(client)
        client.post(path)
        client.logout()

        response = client.post(path, {"password": PASSWORD})

        assert response.status_code == 409
        assert "There is an account with this address already" in response.content.decode()
        assert User.objects.filter(email=ADA).count() == 1

    def test_ends_after_a_day(self, db: None) -> None:
        path = sign_up(Client())
        PendingSignUp.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

        assert Client().get(path).status_code == 410
        assert Client().post(path, {"password": PASSWORD}).status_code == 410
        assert not User.objects.filter(email=ADA).exists()

    @pytest.mark.parametrize("token", ["x", "%00", "é" * 500, "x" * 5000])
    def test_that_is_invented_is_410(self, db: None, token: str) -> None:
        assert Client().get(f"{URL}{token}/").status_code == 410
        assert Client().post(f"{URL}{token}/").status_code == 410

    def test_of_an_address_that_got_an_account_meanwhile_is_409(self, db: None) -> None:
        client = Client()
        path = sign_up(client)
        User.objects.create_user("Ada@Example.com", "another password", name="Another")

        assert client.post(path).status_code == 409
        assert User.objects.get(email__iexact=ADA).name == "Another"

    def test_fails_after_sign_up_was_closed(self, settings: Settings, db: None) -> None:
        client = Client()
        path = sign_up(client)
        settings.SIGN_UP = "closed"

        assert client.post(path).status_code == 403
        assert not User.objects.filter(email=ADA).exists()


@pytest.mark.parametrize("setting", ["invited", "closed"])
def test_without_an_invitation_it_is_403_unless_open(
    settings: Settings, db: None, setting: str
) -> None:
    settings.SIGN_UP = setting

    for response in (Client().get(URL), Client().post(URL, FORM)):
        assert response.status_code == 403
        assert "sign_up_closed" in response.content.decode()
    assert not PendingSignUp.objects.exists()


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("email", ""),
        ("email", "a\0b@example.com"),
        ("email", "jürgen@example.com"),
        ("email", "not an address"),
        ("email", f"{'x' * 300}@example.com"),
        ("email", "ada@example.com\nBcc: eve@example.com"),
        ("name", "\0"),
        ("name", " "),
        ("name", "x" * 10_000),
        ("password", "short"),
        ("password", "password"),
        ("password", "\0" * 20),
        ("password", "x" * 5000),
    ],
)
def test_bad_input_is_an_error_of_its_field(db: None, field: str, text: str) -> None:
    response: Any = Client().post(URL, FORM | {field: text})

    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert not PendingSignUp.objects.exists()


def test_a_signed_in_user_needs_no_second_account(session_of: SessionOf, bob: User) -> None:
    assert session_of(bob).get(URL)["Location"] == "/"


def test_mails_to_an_address_are_limited(settings: Settings, db: None) -> None:
    settings.THROTTLES["mail_account"] = 2

    answers = [Client().post(URL, FORM).status_code for _ in range(3)]

    assert answers == [302, 302, 429]
    assert len(sent()) == 2


def test_expired_sign_ups_are_deleted_at_night(db: None) -> None:
    sign_up(Client())
    sign_up(Client(), email="eve@example.com")
    PendingSignUp.objects.filter(email=ADA).update(expires_at=timezone.now())

    assert clear_expired_links.call() == 1
    assert [each.email for each in PendingSignUp.objects.all()] == ["eve@example.com"]
