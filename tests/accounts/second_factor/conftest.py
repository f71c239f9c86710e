import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client

from shared_apps.jobs.models import Job
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PAGES = "/accounts/2fa/"


def code(secret: str = SECRET, *, steps: int = 0) -> str:
    """Return what an app shows now, or that many times 30 seconds later."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def sign_in(client: Client, user: User, **more: str) -> Any:
    form = {"username": user.email, "password": PASSWORD, **more}
    return client.post("/accounts/login/", form)


def reauthenticated(user: User) -> Client:
    """Return a client that has just confirmed the password."""
    client = Client()
    client.force_login(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def mails_to(user: User) -> list[str]:
    jobs = Job.objects.filter(task__contains="mail.tasks.send_").order_by("pk")
    arguments = [job.arguments["args"] for job in jobs]
    return [template.rpartition("/")[2] for to, template, *_ in arguments if to == user.email]


def secret_of(page: Any) -> str:
    """Return the key that the page for a new app shows."""
    found = re.search(r'class="key">([A-Z2-7]+)<', page.content.decode())
    assert found
    return found[1]


@pytest.fixture
def app(bob: User) -> Authenticator:
    """Bob's authenticator app."""
    added: Authenticator = TOTP.activate(bob, SECRET).instance
    return added


@pytest.fixture
def recovery_codes(app: Authenticator, bob: User) -> list[str]:
    codes: list[str] = RecoveryCodes.activate(bob).generate_codes()
    return codes
