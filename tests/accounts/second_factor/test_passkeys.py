"""Passkeys: add, rename and remove them, as second factor and instead of the password."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from shared_apps.audit.models import AuditEntry
from shared_apps.users.models import User

from .conftest import PAGES, reauthenticated, sign_in
from .passkey import ADD, LOG_IN, Passkey, add, challenge, log_in, options_of

STEP, TRUST = f"{PAGES}authenticate/", f"{PAGES}trust/"
KEYS = f"{PAGES}webauthn/keys/"


def is_signed_in(client: Client) -> bool:
    return client.get("/api/me/").status_code == 200


def stored(user: User) -> Authenticator:
    found: Authenticator = Authenticator.objects.get(user=user, type="webauthn")
    return found


@pytest.fixture
def passkey(bob: User) -> Passkey:
    """Bob's passkey."""
    return add(reauthenticated(bob))


class TestAdd:
    def test_stores_only_what_sign_ins_need(self, bob: User) -> None:
        client = reauthenticated(bob)
        credential = Passkey().create(options_of(client.get(ADD)))
        credential["response"]["more"] = credential["more"] = "\0" + "x" * 10_000

        response = client.post(ADD, {"name": "Phone", "credential": json.dumps(credential)})

        assert response["Location"] == f"{PAGES}recovery-codes/"
        assert "more" not in str(stored(bob).data)
        assert stored(bob).data["name"] == "Phone"
        assert AuditEntry.objects.filter(action="second_factor.added", subject=bob.email).exists()

    @pytest.mark.parametrize("name", ["id", "rawId", "clientDataJSON", "attestationObject"])
    def test_stores_no_characters_besides_base64(self, bob: User, name: str) -> None:
        """PostgreSQL rejects NUL in JSON, and fido2 skips it."""
        client = reauthenticated(bob)
        credential = Passkey().create(options_of(client.get(ADD)))
        part = credential if name in credential else credential["response"]
        part[name] += "\0<"

        response = client.post(ADD, {"name": "Phone", "credential": json.dumps(credential)})

        assert response.status_code in {200, 302}
        assert "<" not in str(list(Authenticator.objects.filter(user=bob).values_list("data")))

    @pytest.mark.parametrize("origin", ["https://evil.example", "http://testserver"])
    def test_rejects_one_that_another_site_asked_for(self, bob: User, origin: str) -> None:
        client = reauthenticated(bob)
        credential = Passkey().create(options_of(client.get(ADD)), origin=origin)

        response = client.post(ADD, {"credential": json.dumps(credential)})

        assert response.status_code == 200
        assert not Authenticator.objects.filter(user=bob).exists()

    def test_rejects_an_old_challenge(self, bob: User) -> None:
        client = reauthenticated(bob)
        credential = Passkey().create(options_of(client.get(ADD)))
        client.get(ADD)

        assert client.post(ADD, {"credential": json.dumps(credential)}).status_code == 200

    def test_has_a_maximum(self, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("shared_apps.accounts.second_factor.passkeys.MAX_PASSKEYS", 1)
        client = reauthenticated(bob)
        add(client)
        credential = Passkey().create(options_of(client.get(ADD)))

        response = client.post(ADD, {"credential": json.dumps(credential)})

        assert "maximum" in str(response.context["form"].errors)

    def test_counts_passkeys_only_for_its_maximum(
        self, app: Authenticator, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shared_apps.accounts.second_factor.passkeys.MAX_PASSKEYS", 1)

        add(reauthenticated(bob))

        assert Authenticator.objects.filter(user=bob, type=Authenticator.Type.WEBAUTHN).exists()


class TestSecondStep:
    def test_a_passkey_completes_the_sign_in(self, passkey: Passkey, bob: User) -> None:
        client = Client()
        sign_in(client, bob)
        credential = passkey.get(options_of(client.get(STEP)))

        response = client.post(STEP, {"credential": json.dumps(credential)})

        assert response["Location"] == TRUST

    def test_the_passkey_of_a_colleague_does_not(
        self, passkey: Passkey, bob: User, carol: User
    ) -> None:
        other = add(reauthenticated(carol))
        client = Client()
        sign_in(client, bob)
        credential = other.get(options_of(client.get(STEP)))

        response = client.post(STEP, {"credential": json.dumps(credential)})

        assert response.status_code == 200
        assert not is_signed_in(client)
        assert AuditEntry.objects.filter(action="sign_in.failed", subject=bob.email).exists()

    def test_wrong_passkeys_are_limited(
        self, passkey: Passkey, bob: User, settings: Settings
    ) -> None:
        settings.THROTTLES = {**settings.THROTTLES, "second_factor": 1}
        client = Client()
        sign_in(client, bob)

        assert [client.post(STEP, {"credential": "[1]"}).status_code for _ in "ab"] == [200, 429]


class TestInsteadOfThePassword:
    def test_opens_the_session(self, passkey: Passkey) -> None:
        client = Client()

        response = log_in(client, passkey, next="/api/me/")

        assert response["Location"] == "/api/me/"
        assert client.get("/api/me/").json()["name"] == "Bob"

    def test_never_leads_to_another_site(self, passkey: Passkey) -> None:
        assert log_in(Client(), passkey, next="https://evil.example/")["Location"] == "/"

    @pytest.mark.parametrize("how", [{"verified": False}, {"origin": "https://evil.example"}])
    def test_needs_a_verified_person_and_this_host(
        self, passkey: Passkey, how: dict[str, Any]
    ) -> None:
        client = Client()

        response = log_in(client, passkey, next="/api/me/", **how)

        assert response["Location"] == "/accounts/login/?next=%2Fapi%2Fme%2F"
        assert "passkey was not accepted" in client.get(response["Location"]).content.decode()
        assert not is_signed_in(client)

    def test_a_challenge_works_once_and_for_its_browser(self, passkey: Passkey) -> None:
        client, thief = Client(), Client()
        credential = json.dumps(passkey.get(challenge(client)))
        challenge(thief)

        thief.post(LOG_IN, {"credential": credential})
        client.post(LOG_IN, {"credential": credential})
        assert (is_signed_in(thief), is_signed_in(client)) == (False, True)
        client.post("/accounts/logout/")
        client.post(LOG_IN, {"credential": credential})
        assert not is_signed_in(client)

    def test_a_deactivated_user_is_not_let_in(self, passkey: Passkey, bob: User) -> None:
        User.objects.filter(pk=bob.pk).update(is_active=False)
        client = Client()

        assert log_in(client, passkey)["Location"].startswith("/accounts/login/")
        assert not is_signed_in(client)

    def test_a_removed_passkey_is_not_accepted(self, passkey: Passkey, bob: User) -> None:
        client = reauthenticated(bob)
        client.post(f"{KEYS}{stored(bob).pk}/remove/")

        log_in(visitor := Client(), passkey)

        assert not is_signed_in(visitor)
        assert not Authenticator.objects.filter(user=bob).exists()

    def test_challenges_are_limited_for_an_address(self, db: None, settings: Settings) -> None:
        """Each is a row of the table of sessions."""
        settings.THROTTLES = {**settings.THROTTLES, "sign_in_address": 2}

        statuses = [
            Client().get(LOG_IN, headers={"Accept": "application/json"}).status_code
            for _ in range(3)
        ]

        assert statuses == [200, 200, 429]

    @pytest.mark.parametrize("credential", ["", "x", "{}", "[1]"])
    def test_wrong_ones_are_limited_for_an_address(
        self, db: None, settings: Settings, credential: str
    ) -> None:
        """The error of each is a row of the table of sessions."""
        settings.THROTTLES = {**settings.THROTTLES, "sign_in_address": 2}
        body = {"credential": credential}

        statuses = [Client().post(LOG_IN, body).status_code for _ in range(3)]

        assert statuses == [302, 302, 429]


class TestOfAColleague:
    @pytest.mark.parametrize("page", ["edit/", "remove/"])
    def test_is_not_found(self, passkey: Passkey, bob: User, carol: User, page: str) -> None:
        url = f"{KEYS}{stored(bob).pk}/{page}"
        client = reauthenticated(carol)

        assert client.get(url).status_code == 404
        assert client.post(url, {"name": "Mine"}).status_code == 404
        assert stored(bob).data["name"] == "Laptop"


def test_a_passkey_can_be_renamed(passkey: Passkey, bob: User) -> None:
    client = reauthenticated(bob)

    client.post(f"{KEYS}{stored(bob).pk}/edit/", {"name": "Old laptop"})

    assert "Old laptop" in client.get(PAGES).content.decode()


KEYS_OF_A_CREDENTIAL = [
    "id",
    "rawId",
    "type",
    "response",
    "clientDataJSON",
    "attestationObject",
    "authenticatorData",
    "signature",
    "userHandle",
    "clientExtensionResults",
]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda each: (
        st.lists(each, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS_OF_A_CREDENTIAL), each, max_size=4)
    ),
    max_leaves=8,
)
EXTREME = ["[" * 100_000, "9" * 5_000, "{}", "null", "", '"\\u0000"', '{"id":"\\ud800"}']


@pytest.fixture
def send(
    passkey: Passkey, bob: User, carol: User, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Return a function that sends a text to each form in place of a credential."""
    monkeypatch.setattr("shared_apps.core.throttles._require_at_most", lambda *_: None)
    step, adding, visitor = Client(), reauthenticated(carol), Client()
    sign_in(step, bob)

    def send(text: str) -> None:
        for client, page in ((step, STEP), (adding, ADD)):
            client.get(page)
            assert client.post(page, {"credential": text}).status_code == 200
        challenge(visitor)
        assert visitor.post(LOG_IN, {"credential": text}).status_code == 302
        assert not is_signed_in(step)
        assert not is_signed_in(visitor)

    return send


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=ANY_JSON.map(json.dumps))
def test_no_json_breaks_a_page(send: Callable[[str], None], text: str) -> None:
    send(text)


@pytest.mark.parametrize("text", EXTREME, ids=range(len(EXTREME)))
def test_no_extreme_json_breaks_a_page(send: Callable[[str], None], text: str) -> None:
    send(text)
