"""/me/: the page of a person's account, with forms that need no JavaScript."""

import re
from typing import Any

import pytest
from django.test import Client

from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import ApiToken, SignInSession, User
from shared_apps.users.sessions import session_start
from tests.conftest import SessionOf
from tests.tokens import client_with, key_of, token_client

URL = "/me/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def post(client: Any, url: str, **data: Any) -> Any:
    return client.post(url, data, format="multipart")


def made_token(response: Any) -> str:
    (plaintext,) = re.findall(r"<pre class=\"secret\">(tnt_\w+)</pre>", response.text)
    return str(plaintext)


def test_a_visitor_is_asked_to_sign_in(client: Client, db: None) -> None:
    response = client.get(URL)

    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/me/")


def test_it_shows_sessions_tokens_and_organizations(
    session_of: SessionOf, bob: User, carol: User, globex: Organization
) -> None:
    Membership.objects.create(user=bob, organization=globex)
    session_start(user_id=bob.pk, device=FIREFOX, address="192.0.2.7")
    token_client(bob, name="Report of Bob", scopes=["read"])
    token_client(carol, name="Report of Carol")

    page = session_of(bob).get(URL).text

    for shown in ("Firefox on Linux", "192.0.2.7", "Report of Bob", "Globex", "/accounts/2fa/"):
        assert shown in page
    assert "Report of Carol" not in page


def test_it_opens_without_a_usable_organization(session_of: SessionOf, nora: User) -> None:
    response = session_of(nora).get(URL)

    assert response.status_code == 200
    assert "A new token" not in response.text


def test_the_name_is_changed(session_of: SessionOf, bob: User) -> None:
    client = session_of(bob)

    assert post(client, f"{URL}name/", name="Robert").status_code == 302
    assert post(client, f"{URL}name/", name=" ").status_code == 400

    bob.refresh_from_db()
    assert bob.name == "Robert"


def test_another_session_is_ended_and_this_one_stays(session_of: SessionOf, bob: User) -> None:
    mine, other = session_of(bob), session_of(bob)
    row = SignInSession.objects.filter(user=bob).latest("pk")

    assert post(mine, f"{URL}sessions/{row.pk}/end/").status_code == 302

    assert other.get(URL).status_code == 302
    assert mine.get(URL).status_code == 200


def test_ending_this_session_signs_out(session_of: SessionOf, bob: User) -> None:
    client = session_of(bob)
    row = SignInSession.objects.get(user=bob)

    assert post(client, f"{URL}sessions/{row.pk}/end/")["Location"] == "/"

    assert client.get("/api/me/").status_code == 401


def test_a_new_token_is_shown_once(session_of: SessionOf, bob: User) -> None:
    client = session_of(bob)

    response = post(
        client, f"{URL}tokens/", name="Report", days="90", scopes=["read"], _organization="acme"
    )

    assert response.status_code == 201
    plaintext = made_token(response)
    assert client_with(plaintext).get("/api/items/").status_code == 200
    assert plaintext not in client.get(URL).text
    token = ApiToken.objects.get(user=bob)
    assert token.scopes == ["read"]
    assert token.expiry is not None
    assert (token.expiry - token.created_at).days in {89, 90}


def test_no_scope_is_all_and_no_days_are_no_expiry(session_of: SessionOf, bob: User) -> None:
    post(session_of(bob), f"{URL}tokens/", name="All", days="", _organization="acme")

    token = ApiToken.objects.get(user=bob)
    assert (token.scopes, token.expiry) == (None, None)


def test_a_page_of_another_organization_makes_no_token(
    session_of: SessionOf, bob: User, globex: Organization
) -> None:
    """The organization was switched in another tab meanwhile."""
    Membership.objects.create(user=bob, organization=globex)

    response = post(session_of(bob), f"{URL}tokens/", name="Report", _organization="globex")

    assert response.status_code == 409
    assert not ApiToken.objects.filter(user=bob).exists()


@pytest.mark.parametrize("data", [{}, {"name": ""}, {"name": "x", "scopes": ["everything"]}])
def test_an_invalid_form_is_shown_again(
    session_of: SessionOf, bob: User, data: dict[str, Any]
) -> None:
    response = post(session_of(bob), f"{URL}tokens/", **data)

    assert response.status_code == 400
    assert "errorlist" in response.text


def test_the_51st_token_is_an_error_of_the_form(session_of: SessionOf, bob: User) -> None:
    for _ in range(50):
        token_client(bob)

    response = post(session_of(bob), f"{URL}tokens/", name="One more")

    assert response.status_code == 400
    assert "Delete one first" in response.text


def test_a_token_is_deleted(session_of: SessionOf, bob: User) -> None:
    client = token_client(bob)
    token = ApiToken.objects.get(user=bob)

    assert post(session_of(bob), f"{URL}tokens/{token.pk}/delete/").status_code == 302

    assert client.get("/api/me/").status_code == 401


def test_rows_of_others_are_404(
    session_of: SessionOf, bob: User, carol: User, acme: Organization
) -> None:
    token_client(carol)
    token, key = ApiToken.objects.get(user=carol), key_of(acme)[0]
    row = session_start(user_id=carol.pk, device="", address=None)
    client = session_of(bob)

    for url in (
        f"tokens/{token.pk}/delete/",
        f"tokens/{key.pk}/delete/",
        f"sessions/{row.pk}/end/",
    ):
        assert post(client, URL + url).status_code == 404


def test_another_site_cannot_post(session_of: SessionOf, bob: User) -> None:
    client = session_of(bob, csrf=True)

    assert post(client, f"{URL}tokens/", name="Report").status_code == 403
    assert post(client, f"{URL}name/", name="Robert").status_code == 403
