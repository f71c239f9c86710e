"""The second step of a sign-in on the page."""

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from pytest_django import Settings

from shared_apps.audit.models import AuditEntry
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User

from .conftest import code, mails_to, sign_in

STEP, TRUST = "/accounts/2fa/authenticate/", "/accounts/2fa/trust/"


def is_signed_in(client: Client) -> bool:
    return client.get("/api/me/").status_code == 200


def test_a_right_password_alone_opens_no_session(app: Authenticator, bob: User) -> None:
    client = Client()

    response = sign_in(client, bob)

    assert (response.status_code, response["Location"]) == (302, STEP)
    assert client.get(STEP).status_code == 200
    assert not is_signed_in(client)


def test_a_code_of_the_app_continues_to_the_page_that_was_asked_for(
    app: Authenticator, bob: User
) -> None:
    client = Client()
    sign_in(client, bob, next="/api/me/")

    trust = client.post(STEP, {"code": code()})
    done = client.post(TRUST, {"action": "skip"})

    assert trust["Location"] == TRUST
    assert done["Location"] == "/api/me/"
    assert is_signed_in(client)
    assert AuditEntry.objects.filter(action="user.signed_in", actor=bob.email).count() == 1


@pytest.mark.parametrize("steps", [-1, 1])
def test_a_clock_that_is_30_seconds_off_does_not_matter(
    app: Authenticator, bob: User, steps: int
) -> None:
    client = Client()
    sign_in(client, bob)

    assert client.post(STEP, {"code": code(steps=steps)})["Location"] == TRUST


@pytest.mark.parametrize("wrong", ["000000", "", "12345", "not a code", "\N{DIGIT ONE}" * 40, "é"])
def test_another_code_shows_an_error(app: Authenticator, bob: User, wrong: str) -> None:
    client = Client()
    sign_in(client, bob)

    response = client.post(STEP, {"code": wrong})

    assert response.status_code == 200
    assert response.context["form"].errors["code"]
    assert not is_signed_in(client)


def test_a_code_works_once(app: Authenticator, bob: User) -> None:
    first, second, used = Client(), Client(), code()
    for client in (first, second):
        sign_in(client, bob)

    assert first.post(STEP, {"code": used})["Location"] == TRUST
    assert second.post(STEP, {"code": used}).status_code == 200


def test_an_earlier_code_fails_after_a_later_one(app: Authenticator, bob: User) -> None:
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client, bob)

    assert first.post(STEP, {"code": code(steps=1)})["Location"] == TRUST
    assert second.post(STEP, {"code": code()}).status_code == 200


def test_a_recovery_code_works_once_and_is_recorded(recovery_codes: list[str], bob: User) -> None:
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client, bob)

    assert first.post(STEP, {"code": recovery_codes[0]})["Location"] == TRUST
    assert second.post(STEP, {"code": recovery_codes[0]}).status_code == 200
    (entry,) = AuditEntry.objects.filter(action="recovery_code.used", subject=bob.email)
    assert (entry.actor, entry.data["left"]) == (bob.email, 9)


def test_wrong_codes_are_limited_and_the_right_one_with_them(
    app: Authenticator, bob: User, settings: Settings
) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "second_factor": 3}
    client = Client()
    sign_in(client, bob)

    statuses = [client.post(STEP, {"code": wrong}).status_code for wrong in ["000000"] * 4]

    assert statuses == [200, 200, 200, 429]
    assert client.post(STEP, {"code": code()}).status_code == 429
    assert not is_signed_in(client)


def test_many_wrong_codes_are_a_mail_once_a_day(
    app: Authenticator, bob: User, settings: Settings
) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "second_factor": 1}
    client = Client()
    sign_in(client, bob)

    for _ in range(4):
        client.post(STEP, {"code": "000000"})

    assert mails_to(bob).count("wrong_codes") == 1


class TestGuessingSlowly:
    """Fewer wrong codes a minute than the limit."""

    @pytest.fixture(autouse=True)
    def limits(self, settings: Settings) -> None:
        settings.THROTTLES = {**settings.THROTTLES, "second_factor": 0, "sign_in_account": 0}

    def guess(self, client: Client, times: int) -> list[int]:
        return [client.post(STEP, {"code": "000000"}).status_code for _ in range(times)]

    def test_is_a_mail_after_ten_wrong_codes(self, app: Authenticator, bob: User) -> None:
        client = Client()
        sign_in(client, bob)

        self.guess(client, 10)
        assert mails_to(bob).count("wrong_codes") == 0
        self.guess(client, 5)

        assert mails_to(bob).count("wrong_codes") == 1

    def test_ends_for_the_day_at_the_maximum(
        self, app: Authenticator, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shared_apps.accounts.second_factor.guesses.MAX_A_DAY", 3)
        client = Client()
        sign_in(client, bob)

        assert self.guess(client, 4) == [200, 200, 200, 429]
        denied = client.post(STEP, {"code": code()})
        assert denied.status_code == 429
        assert int(denied["Retry-After"]) > 23 * 3_600

    def test_keeps_nobody_out_who_then_chooses_a_new_password(
        self, app: Authenticator, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shared_apps.accounts.second_factor.guesses.MAX_A_DAY", 3)
        client = Client()
        sign_in(client, bob)
        self.guess(client, 4)
        bob.set_password("another horse")
        bob.save()

        sign_in(client, bob, password="another horse")

        assert client.post(STEP, {"code": code()})["Location"] == TRUST

    def test_does_not_count_right_codes(
        self, app: Authenticator, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shared_apps.accounts.second_factor.guesses.MAX_A_DAY", 1)
        for steps in (-1, 0, 1):
            client = Client()
            sign_in(client, bob)
            assert client.post(STEP, {"code": code(steps=steps)})["Location"] == TRUST


def test_right_codes_do_not_count_against_the_limit(
    app: Authenticator, bob: User, settings: Settings
) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "second_factor": 1}
    for steps in (-1, 0, 1):
        client = Client()
        sign_in(client, bob)
        assert client.post(STEP, {"code": code(steps=steps)})["Location"] == TRUST


def test_a_wrong_code_is_a_failed_sign_in(
    app: Authenticator, bob: User, settings: Settings
) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "sign_in_account": 2}
    client = Client()
    sign_in(client, bob)

    client.post(STEP, {"code": "000000"})

    assert AuditEntry.objects.filter(action="sign_in.failed", subject=bob.email).count() == 1
    assert sign_in(Client(), bob).status_code == 429


def test_a_trusted_browser_is_not_asked_again(app: Authenticator, bob: User) -> None:
    client = Client()
    sign_in(client, bob)
    client.post(STEP, {"code": code()})
    client.post(TRUST, {"action": "trust"})
    client.post("/accounts/logout/")

    assert sign_in(client, bob)["Location"] == "/"
    assert sign_in(Client(), bob)["Location"] == STEP


def test_a_new_password_ends_the_trust(app: Authenticator, bob: User) -> None:
    client = Client()
    sign_in(client, bob)
    client.post(STEP, {"code": code()})
    client.post(TRUST, {"action": "trust"})
    bob.set_password(f"{PASSWORD}2")
    bob.save()
    bob.set_password(PASSWORD)
    bob.save()

    assert sign_in(client, bob)["Location"] == STEP


def test_a_password_that_changed_meanwhile_ends_the_sign_in(app: Authenticator, bob: User) -> None:
    client = Client()
    sign_in(client, bob)
    bob.set_password("another horse")
    bob.save()

    client.post(STEP, {"code": code()})
    response = client.post(TRUST, {"action": "skip"})

    assert response["Location"] == "/accounts/login/"
    assert not is_signed_in(client)


def test_a_browser_whose_sign_in_was_refused_is_not_trusted(app: Authenticator, bob: User) -> None:
    client = Client()
    sign_in(client, bob)
    client.post(STEP, {"code": code()})
    bob.set_password("another horse")
    bob.save()

    refused = client.post(TRUST, {"action": "trust"})

    assert refused["Location"] == "/accounts/login/"
    assert sign_in(client, bob, password="another horse")["Location"] == STEP


def test_the_same_user_who_signs_in_again_is_asked_again(app: Authenticator, bob: User) -> None:
    client = Client()
    client.force_login(bob)

    assert sign_in(client, bob)["Location"] == STEP
    assert client.get(STEP).status_code == 200
    assert not is_signed_in(client)


def test_the_step_needs_a_password_first(app: Authenticator, bob: User) -> None:
    for page in (STEP, TRUST):
        assert Client().post(page, {"code": code()})["Location"] == "/accounts/login/"
