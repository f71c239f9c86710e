"""The status of every URL for each kind of caller.

Each caller has a browser session; CSRF is not checked. Names like `{user}` are primary keys of rows
of acme and bob; report.txt is a file of acme. Lines of a tenant app are in its `contract.py`. The
last tests fail for a URL without a line.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, path, resolve
from rest_framework.test import APIClient

from shared_apps.testing import PASSWORD
from tests.conftest import SessionOf
from tests.contracts import CONTRACTS

CALLERS = ("anonymous", "bob", "carol", "alice", "charlie", "stella")

# bob is a member of acme, carol an admin, alice its owner; charlie owns globex; stella is staff
# without any permission in the admin and without a membership.
TABLE = """
                                      anonymous  bob carol alice charlie stella
GET    /                                    200  200  200  200  200  200
GET    /accounts/login/                     200  200  200  200  200  200
POST   /accounts/logout/                    302  302  302  302  302  302
GET    /accounts/unverified/                302  302  302  302  302  302
GET    /accounts/verify/{user}/invented/    410  410  410  410  410  410
GET    /accounts/email/                     302  200  200  200  200  200
GET    /accounts/email/sent/                302  200  200  200  200  200
GET    /accounts/email/invented/            302  410  410  410  410  410
GET    /accounts/email/undo/invented/       410  410  410  410  410  410
GET    /organizations/new/                  403  403  403  403  403  403
GET    /accounts/signup/                    403  403  403  403  403  403
GET    /accounts/signup/sent/               200  200  200  200  200  200
GET    /accounts/signup/invitation/invented/ 404 302  302  302  302  302
GET    /accounts/signup/invented/           403  403  403  403  403  403
GET    /accounts/password/change/           302  200  200  200  200  200
GET    /accounts/password/reset/            200  200  200  200  200  200
GET    /accounts/password/reset/sent/       200  200  200  200  200  200
GET    /accounts/password/reset/{user}/invented/ 410  410  410  410  410  410
GET    /accounts/reauthenticate/            302  200  200  200  200  200

GET    /accounts/second-factor/undo/invented/ 410 410 410  410  410  410
GET    /accounts/2fa/                       302  200  200  200  200  200
GET    /accounts/2fa/authenticate/          302  302  302  302  302  302
GET    /accounts/2fa/reauthenticate/        302  302  302  302  302  302
GET    /accounts/2fa/trust/                 302  302  302  302  302  302
GET    /accounts/2fa/totp/activate/         302  302  302  302  302  302
GET    /accounts/2fa/totp/deactivate/       302  404  404  404  404  404
GET    /accounts/2fa/recovery-codes/        302  404  404  404  404  404
GET    /accounts/2fa/recovery-codes/generate/ 302 302 302 302 302 302
GET    /accounts/2fa/recovery-codes/download/ 302 404 404 404 404 404
GET    /accounts/2fa/webauthn/              302  200  200  200  200  200
GET    /accounts/2fa/webauthn/add/          302  302  302  302  302  302
GET    /accounts/2fa/webauthn/login/        200  200  200  200  200  200
GET    /accounts/2fa/webauthn/reauthenticate/ 302 302 302 302 302 302
GET    /accounts/2fa/webauthn/keys/1/edit/  302  302  302  302  302  302
GET    /accounts/2fa/webauthn/keys/1/remove/ 302 302  302  302  302  302
POST   /accounts/organization/              302  302  302  302  302  403

GET    /api/                                401  200  200  200  200  403
POST   /api/auth/token/                     400  400  400  400  400  400
POST   /api/auth/logout/                    401  204  204  204  204  204
GET    /api/me/                             401  200  200  200  200  200
PATCH  /api/me/                             401  200  200  200  200  200
POST   /api/me/password/                    401  204  204  204  204  204
GET    /api/me/sessions/                    401  200  200  200  200  200
DELETE /api/me/sessions/{sign_in}/          401  204  404  404  404  404
GET    /api/me/tokens/                      401  200  200  200  200  200
POST   /api/me/tokens/                      401  201  201  201  201  403
DELETE /api/me/tokens/{token}/              401  204  404  404  404  404
POST   /api/me/organization/                401  200  200  200  403  403
GET    /api/schema/                         200  200  200  200  200  200
GET    /api/docs/                           200  200  200  200  200  200
GET    /api/media/acme/report.txt           401  200  200  200  404  403
GET    /api/nothing-here/                   401  404  404  404  404  403

GET    /dev/design/                         404  404  404  404  404  404
GET    /dev/mail/                           404  404  404  404  404  404
GET    /dev/mail/20261129-201500/           404  404  404  404  404  404

GET    /api/webhooks/                       401  403  200  200  200  403
POST   /api/webhooks/                       401  403  201  201  201  403
GET    /api/webhooks/{endpoint}/            401  403  200  200  404  403
PATCH  /api/webhooks/{endpoint}/            401  403  200  200  404  403
DELETE /api/webhooks/{endpoint}/            401  403  204  204  404  403
GET    /api/webhooks/{endpoint}/deliveries/ 401  403  200  200  404  403
POST   /api/webhooks/{endpoint}/rotate/     401  403  200  200  404  403
POST   /api/webhooks/{endpoint}/redeliver/  401  403  202  202  404  403

GET    /api/members/                        401  200  200  200  200  403
PATCH  /api/members/{membership}/           401  403  200  200  404  403
DELETE /api/members/{membership}/           401  204  204  204  404  403
POST   /api/members/{membership}/offer-ownership/ 401 403 403 202  404  403
GET    /api/organization/                   401  200  200  200  200  403
PATCH  /api/organization/                   401  403  403  200  200  403
GET    /api/organization/keys/              401  403  200  200  200  403
POST   /api/organization/keys/              401  403  201  201  201  403
DELETE /api/organization/keys/{key}/        401  403  204  204  404  403
POST   /api/organization/keys/{key}/rotate/ 401  403  201  201  404  403
GET    /api/organization/audit/             401  403  200  200  200  403
POST   /api/organization/accept-ownership/  401  404  404  404  404  403
GET    /api/invitations/                    401  403  200  200  200  403
POST   /api/invitations/                    401  403  201  201  201  403
DELETE /api/invitations/{invitation}/       401  403  204  204  404  403
POST   /api/invitations/{invitation}/resend/ 401 403  200  200  404  403
POST   /api/invitations/accept/             401  404  404  404  404  404

GET    /me/                                 302  200  200  200  200  200
POST   /me/name/                            302  400  400  400  400  400
POST   /me/sessions/{sign_in}/end/          302  302  404  404  404  404
POST   /me/tokens/                          302  400  400  400  400  400
POST   /me/tokens/{token}/delete/           302  302  404  404  404  404
GET    /organization/                       302  200  200  200  200  403
POST   /organization/settings/              401  403  403  400  400  403
POST   /organization/keys/                  401  403  400  400  400  403
POST   /organization/keys/{key}/rotate/     401  403  400  400  400  403
POST   /organization/keys/{key}/delete/     401  403  302  302  404  403
GET    /organization/audit/                 302  403  200  200  200  403

GET    /members/                            302  200  200  200  200  403
POST   /members/invite/                     401  403  400  400  400  403
POST   /members/accept-ownership/           401  404  404  404  404  403
POST   /members/{membership}/role/          401  403  400  400  404  403
POST   /members/{membership}/remove/        401  302  302  302  404  403
POST   /members/{membership}/offer-ownership/ 401 403 403 302  404  403
POST   /members/invitations/{invitation}/resend/ 401 403 302 302 404 403
POST   /members/invitations/{invitation}/revoke/ 401 403 302 302 404 403
GET    /invitations/invented/               404  404  404  404  404  404

GET    /admin/                              302  302  302  302  302  200
GET    /admin/login/                        302  302  302  302  302  302
POST   /admin/logout/                       302  302  302  302  302  302
GET    /admin/password_change/              302  302  302  302  302  302
GET    /admin/password_change/done/         302  302  302  302  302  200
GET    /admin/autocomplete/                 302  302  302  302  302  403
GET    /admin/jsi18n/                       302  302  302  302  302  200
GET    /admin/r/1/1/                        302  302  302  302  302  404
GET    /admin/tenantry_users/               302  302  302  302  302  404
GET    /admin/support/                      302  302  302  302  302  403
GET    /admin/support/enter/acme/           302  302  302  302  302  403
POST   /admin/support/leave/                302  302  302  302  302  302
GET    /admin/nothing-here/                 302  302  302  302  302  404
"""

# Each model has the pages of ADMIN_PAGES, and stella may open none of them.
ADMIN_MODELS = {
    "tenantry_audit/auditentry": "{entry}",
    "tenantry_jobs/job": "{job}",
    "tenantry_organizations/invitation": "{invitation}",
    "tenantry_organizations/membership": "{membership}",
    "tenantry_organizations/organization": "{organization}",
    "tenantry_staff/supportsession": "{session}",
    "tenantry_users/apitoken": "{token}",
    "tenantry_users/signinsession": "{sign_in}",
    "tenantry_users/user": "{user}",
    "tenantry_webhooks/delivery": "{delivery}",
    "tenantry_webhooks/endpoint": "{endpoint}",
}
ADMIN_PAGES = ("", "add/", "{pk}/history/", "{pk}/delete/", "{pk}/change/")
FOR_SUPERUSERS = (302, 302, 302, 302, 302, 403)

BODIES: dict[tuple[str, str], Any] = {
    ("PATCH", "/api/me/"): {"name": "Another Name"},
    ("POST", "/api/me/organization/"): {"organization": "acme"},
    ("PATCH", "/api/members/{membership}/"): {"role": "admin"},
    ("POST", "/api/invitations/"): {"email": "ada@example.com", "role": "member"},
    ("POST", "/api/invitations/accept/"): {"token": "unknown"},
    ("POST", "/api/me/password/"): {"current": PASSWORD, "new": "another long password"},
    ("POST", "/api/me/tokens/"): {"name": "Report", "scopes": ["read"]},
    ("PATCH", "/api/organization/"): {"name": "Acme & Sons"},
    ("POST", "/api/organization/keys/"): {"name": "Shop"},
    ("POST", "/api/webhooks/"): {"url": "https://1.1.1.1/", "events": ["member.added"]},
    ("POST", "/api/webhooks/{endpoint}/redeliver/"): {"since": "2026-01-01T00:00:00Z"},
}


for contract in CONTRACTS.values():
    BODIES |= contract.bodies


def rows() -> Iterator[tuple[str, str, tuple[int, ...]]]:
    tables = [TABLE, *(contract.statuses for contract in CONTRACTS.values())]
    for table in tables:
        for line in filter(None, table.strip().splitlines()[1:]):
            method, url, *statuses = line.split()
            yield method, url, tuple(map(int, statuses))
    for model, pk in ADMIN_MODELS.items():
        for page in ADMIN_PAGES:
            yield "GET", f"/admin/{model}/{page.format(pk=pk)}", FOR_SUPERUSERS
        # The old URL of a row redirects every caller to the new one.
        yield "GET", f"/admin/{model}/{pk}/", (302,) * 6
    yield "GET", "/admin/tenantry_users/user/{user}/password/", FOR_SUPERUSERS
    yield "GET", "/admin/tenantry_organizations/organization/{organization}/enter/", FOR_SUPERUSERS
    # Without a support session, all of these redirect to the list of organizations.
    for contract in CONTRACTS.values():
        for model, pk in contract.admin.items():
            yield "GET", f"/admin/{model.partition('/')[0]}/", (302,) * 6
            for page in (*ADMIN_PAGES, "{pk}/"):
                yield "GET", f"/admin/{model}/{page.format(pk=pk)}", (302,) * 6


ROWS = list(rows())


@pytest.mark.parametrize(
    ("method", "url", "statuses"), ROWS, ids=[f"{method} {url}" for method, url, _ in ROWS]
)
def test_each_caller_gets_the_status_of_the_table(
    request: pytest.FixtureRequest,
    session_of: SessionOf,
    ids: dict[str, int],
    method: str,
    url: str,
    statuses: tuple[int, ...],
) -> None:
    def ask(caller: str) -> int:
        """Return the status, and roll back the request's writes."""
        with transaction.atomic():
            anonymous = caller == "anonymous"
            client = APIClient() if anonymous else session_of(request.getfixturevalue(caller))
            body = BODIES.get((method, url), {})
            response = client.generic(
                method, url.format(**ids), json.dumps(body), content_type="application/json"
            )
            b"".join(response)  # Reading a file to its end closes it.
            transaction.set_rollback(True)
        return response.status_code

    assert {caller: ask(caller) for caller in CALLERS} == dict(zip(CALLERS, statuses, strict=True))


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> set[str]:
    """Return every route of the patterns in the form of `resolve(...).route`."""
    found = set()
    for pattern in patterns:
        # Django drops the ^ of a pattern that is joined to a prefix.
        own = str(pattern.pattern)
        route = prefix + (own.removeprefix("^") if prefix else own)
        if isinstance(pattern, URLResolver):
            found |= routes(pattern.url_patterns, route)
        else:
            found.add(route)
    return found


def missing_from_the_table(patterns: list[URLPattern | URLResolver]) -> set[str]:
    numbers = dict.fromkeys(re.findall(r"{(\w+)}", " ".join(url for _, url, _ in ROWS)), "1")
    tested = {resolve(url.format(**numbers)).route for _, url, _ in ROWS}
    return routes(patterns) - tested


def test_no_url_is_missing_from_the_table() -> None:
    assert missing_from_the_table(get_resolver().url_patterns) == set()


def test_a_new_url_is_missing_from_the_table() -> None:
    new = path("api/new/", lambda request: None)  # type: ignore[arg-type,return-value]

    assert missing_from_the_table([*get_resolver().url_patterns, new]) == {"api/new/"}
