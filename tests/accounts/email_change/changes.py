"""Asks for another address, and reads the mails that follow."""

from typing import Any

from rest_framework.test import APIClient

from shared_apps.testing import PASSWORD
from shared_apps.users.models import User
from tests.accounts.mails import link_in, sent

URL = "/accounts/email/"
OLD, NEW = "bob@acme.example", "robert@acme.example"


def ask(browser: APIClient, email: str = NEW, password: str = PASSWORD) -> Any:
    return browser.post(URL, {"email": email, "password": password}, format="multipart")


def mail_to(address: str, mails: list[Any]) -> Any:
    (found,) = (each for each in mails if each.to == [address])
    return found


def change(browser: APIClient, email: str = NEW) -> str:
    """Change the address, and return the path of the link that undoes it."""
    old = browser.get("/api/me/").json()["email"]
    ask(browser, email)
    assert browser.post(link_in(mail_to(email, sent()))).status_code == 302
    return link_in(mail_to(old, sent()), "Restore my email")


def email_of(user: User) -> str:
    user.refresh_from_db()
    return user.email
