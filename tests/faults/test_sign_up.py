"""Workers that are killed while a person signs up leave all of it or nothing.

The requests wait in triggers, so each is killed at a known point. The person can try again.
"""

import os
import re
import signal
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from pathlib import Path
from secrets import token_hex

import pytest
import requests

from tests.commands import manage, production
from tests.isolation.servers import Program
from tests.processes import PATIENCE

from .service import Service, Shop, running_service, wait_until
from .triggers import query, request_that_waits, waiting

pytestmark = pytest.mark.proof

SHOPS = 0
PASSWORD = "a long enough password"

BEFORE = "CREATE TRIGGER fault BEFORE {} FOR EACH ROW {} EXECUTE FUNCTION public.fault()"
ON_COMMIT = """
    CREATE CONSTRAINT TRIGGER fault AFTER {}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.fault()
"""
AUDIT = "INSERT ON public.tenantry_audit_auditentry"
MEMBERSHIP = "INSERT ON public.tenantry_organizations_membership"
USER = "INSERT ON public.tenantry_users_user"

# By what the request waits for: the trigger, and whether everything is there afterwards.
OF_AN_ACCOUNT = {
    "its row": (BEFORE.format(USER, ""), False),
    "the audit log": (BEFORE.format(AUDIT, ""), False),
    "the commit": (ON_COMMIT.format(USER), True),
    "the session": (BEFORE.format("INSERT ON public.tenantry_users_signinsession", ""), True),
}
OF_AN_ORGANIZATION = {
    "its row": (BEFORE.format("INSERT ON public.tenantry_organizations_organization", ""), False),
    "its schema": (BEFORE.format("INSERT ON public.tenancy_schemastate", ""), False),
    "the membership": (BEFORE.format(MEMBERSHIP, ""), False),
    "the audit log": (BEFORE.format(AUDIT, "WHEN (NEW.action = 'membership.created')"), False),
    "the commit": (ON_COMMIT.format(MEMBERSHIP), True),
    "the session": (
        BEFORE.format("UPDATE OF organization_id ON public.tenantry_users_signinsession", ""),
        True,
    ),
}

ACCOUNT = """
    SELECT EXISTS (SELECT FROM tenantry_users_user WHERE email = '{email}'),
        EXISTS (SELECT FROM tenantry_audit_auditentry
                WHERE action = 'user.created' AND subject = '{email}')
"""
ORGANIZATION = """
    WITH founder AS (SELECT * FROM tenantry_users_user WHERE email = '{email}'),
        organization AS (
            SELECT * FROM tenantry_organizations_organization WHERE schema_name = '{schema_name}'
        )
    SELECT EXISTS (SELECT FROM organization JOIN founder ON founder.id = created_by_id),
        EXISTS (SELECT FROM pg_namespace WHERE nspname = '{schema_name}'),
        EXISTS (SELECT FROM tenancy_schemastate WHERE schema_name = '{schema_name}' AND role <> ''),
        EXISTS (SELECT FROM tenantry_organizations_membership AS membership
                JOIN organization ON organization.id = membership.organization_id
                JOIN founder ON founder.id = user_id WHERE role = 'owner'),
        EXISTS (SELECT FROM founder JOIN organization ON organization.id = organization_id),
        EXISTS (SELECT FROM tenantry_audit_auditentry
                WHERE action = 'organization.created' AND schema_name = '{schema_name}'),
        EXISTS (SELECT FROM tenantry_audit_auditentry
                WHERE action = 'membership.created' AND schema_name = '{schema_name}')
"""


class Person:
    """A visitor with a browser, which keeps cookies also without TLS."""

    def __init__(self, service: Service) -> None:
        self.url = f"http://127.0.0.1:{service.port}"
        self.email = f"ada.{token_hex(4)}@example.com"
        self.cookies: dict[str, str] = {}
        self.get("/accounts/login/")

    def get(self, path: str) -> requests.Response:
        return self._keep(requests.get(f"{self.url}{path}", cookies=self.cookies, timeout=PATIENCE))

    def post(self, path: str, **form: str) -> requests.Response:
        form["csrfmiddlewaretoken"] = self.cookies["__Host-csrftoken"]
        return self._keep(
            requests.post(
                f"{self.url}{path}",
                form,
                cookies=self.cookies,
                timeout=PATIENCE,
                allow_redirects=False,
            )
        )

    def _keep(self, response: requests.Response) -> requests.Response:
        self.cookies |= {each.name: each.value or "" for each in response.cookies}
        return response

    def found(self, schema_name: str) -> requests.Response:
        form = {"name": "Ada & Co.", "currency": "EUR", "schema_name": schema_name}
        return self.post("/organizations/new/", **form)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    mails = tmp_path_factory.mktemp("mails")
    return {
        "SIGN_UP": "open",
        "EMAIL_URL": mails.as_uri(),
        "PUBLIC_URL": "https://tenantry.example",
        "THROTTLE_MAIL_ADDRESS": "0",
    }


@pytest.fixture(scope="module")
def service(
    database: Program,
    shops: list[Shop],
    environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    log = tmp_path_factory.mktemp("service") / "log"
    with running_service(database.server, log, **environment) as service:
        yield service


@pytest.fixture
def person(service: Service) -> Person:
    return Person(service)


@pytest.fixture
def link(person: Person, database: Program, environment: dict[str, str]) -> str:
    """The link of the person's sign-up, from the mail that a worker sent."""
    form = {"email": person.email, "name": "Ada", "password": PASSWORD}
    assert person.post("/accounts/signup/", **form).status_code == 302
    manage(production(database.server) | environment, "run_jobs", "--burst")
    folder = Path(environment["EMAIL_URL"].removeprefix("file://"))
    mails = (message_from_bytes(f.read_bytes(), policy=policy.default) for f in folder.iterdir())
    (mail,) = (each for each in mails if each["To"] == person.email)
    body = mail.get_body(("plain",))
    assert body
    (path,) = re.findall(r"https://tenantry\.example(/accounts/signup/\S+)", body.get_content())
    return str(path)


@pytest.mark.parametrize(("trigger", "is_whole"), OF_AN_ACCOUNT.values(), ids=OF_AN_ACCOUNT.keys())
def test_an_account(
    database: Program, service: Service, person: Person, link: str, trigger: str, *, is_whole: bool
) -> None:
    kill_workers_at(trigger, database, service, lambda: person.post(link))

    (parts,) = query(database, ACCOUNT.format(email=person.email))
    assert set(parts) == {is_whole}
    # A session that had just begun is lost, so the link can ask for the password.
    again = person.post(link, password=PASSWORD)
    assert again.status_code == (409 if is_whole else 302)
    if is_whole:
        person.post("/accounts/login/", username=person.email, password=PASSWORD)
    assert person.get("/organizations/new/").status_code == 200
    assert query(database, ACCOUNT.format(email=person.email)) == [(True, True)]


@pytest.mark.parametrize(
    ("trigger", "is_whole"), OF_AN_ORGANIZATION.values(), ids=OF_AN_ORGANIZATION.keys()
)
def test_an_organization(
    database: Program, service: Service, person: Person, link: str, trigger: str, *, is_whole: bool
) -> None:
    person.post(link)
    name = f"ada_{token_hex(4)}"
    organization = ORGANIZATION.format(email=person.email, schema_name=name)

    kill_workers_at(trigger, database, service, lambda: person.found(name))

    (parts,) = query(database, organization)
    assert set(parts) == {is_whole}
    if is_whole:
        assert "is taken" in person.found(name).text
        assert person.found(f"{name}_2").headers["Location"] == "/"
    else:
        assert person.found(name).headers["Location"] == "/"
    assert person.get("/api/items/").status_code == 200
    (parts,) = query(database, organization)
    assert set(parts) == {True}


def kill_workers_at(
    trigger: str, database: Program, service: Service, send: Callable[[], requests.Response]
) -> None:
    """Send a request, and kill the workers while it waits in the trigger."""
    with request_that_waits(database, "public", trigger, send) as (response, _):
        for worker in service.workers():
            os.kill(worker, signal.SIGKILL)
        with pytest.raises(requests.ConnectionError):
            response()
    service.wait_until_ready()
    wait_until(lambda: not waiting(database))
