"""Ten sign-ups with one address at the same time create one account."""

from functools import partial

from django.test import Client
from pytest_django import Settings

from shared_apps.accounts.models import PendingSignUp
from shared_apps.audit.models import AuditEntry
from shared_apps.jobs.models import Job
from shared_apps.users.models import User
from tests.accounts.conftest import AtOnce
from tests.accounts.mails import link_in, sent
from tests.conftest import InThread, remove_committed

NAME = "race_sign_ups"
EMAIL = f"ada{NAME}@race.example"
# Spellings of the same address.
SPELLINGS = [EMAIL, EMAIL.upper(), EMAIL.capitalize()]


def test_one_account(settings: Settings, in_thread: InThread, at_once: AtOnce) -> None:
    settings.SIGN_UP = "open"
    settings.THROTTLES = dict.fromkeys(settings.THROTTLES, 0)
    browsers = [Client() for _ in range(10)]

    def sign_up(number: int) -> int:
        form = {
            "email": SPELLINGS[number % len(SPELLINGS)],
            "name": f"Ada {number}",
            "password": f"a long enough password {number}",
        }
        return browsers[number].post("/accounts/signup/", form).status_code

    def password_of(path: str) -> str:
        pending = PendingSignUp.objects.of_token(path.split("/")[3])
        assert pending
        return f"a long enough password {pending.name.removeprefix('Ada ')}"

    try:
        assert at_once(*(partial(sign_up, number) for number in range(10))) == [302] * 10
        paths = [link_in(each) for each in in_thread(sent).result()]
        assert len(set(paths)) == 10
        passwords = {path: in_thread(partial(password_of, path)).result() for path in paths}

        def confirm(path: str) -> int:
            return Client().post(path, {"password": passwords[path]}).status_code

        statuses = at_once(*(partial(confirm, path) for path in paths))

        assert sorted(statuses) == [302] + [409] * 9
        users = User.objects.filter(email__iexact=EMAIL)
        assert in_thread(users.count).result() == 1
        created = AuditEntry.objects.filter(action="user.created", subject__iexact=EMAIL)
        assert in_thread(created.count).result() == 1
    finally:
        in_thread(Job.objects.all().delete).result()
        in_thread(lambda: remove_committed(NAME)).result()
