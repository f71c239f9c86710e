"""Browser sessions in the admin."""

from django.test import Client

from shared_apps.audit.models import AuditEntry
from shared_apps.users.models import SignInSession, User
from tests.conftest import SessionOf

from .conftest import BrowserOf

SESSIONS = "/admin/tenantry_users/signinsession/"


def test_an_operator_ends_a_session_and_the_browser_is_signed_out(
    browser_of: BrowserOf, olga: User, session_of: SessionOf, bob: User
) -> None:
    bobs = session_of(bob)
    session = SignInSession.objects.get(user=bob)

    browser_of(olga).post(f"{SESSIONS}{session.pk}/delete/", {"post": "yes"})

    assert bobs.get("/api/me/").status_code == 401
    assert AuditEntry.objects.latest("pk").action == "session.ended"


def test_a_staff_user_whose_session_was_ended_is_out_of_the_admin(stella: User) -> None:
    browser = Client()
    browser.force_login(stella)
    assert browser.get("/admin/").status_code == 200

    SignInSession.objects.filter(user=stella).delete()

    assert browser.get("/admin/").status_code == 302
