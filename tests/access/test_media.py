"""/api/media/: members read files of their active organization only."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import FileResponse
from pytest_django import Settings

from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import membership_create
from shared_apps.users.models import User
from tenantry.context import tenant_context
from tests.conftest import ClientOf, SessionOf

URL = "/api/media/acme/page.html"


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    """A file of the same name in each organization."""
    folder = tmp_path / "media"
    settings.MEDIA_ROOT = str(folder)
    for tenant in ("acme", "globex"):
        with tenant_context(tenant):
            default_storage.save("page.html", ContentFile(f"<script>{tenant}</script>"))
    (tmp_path / "secret.txt").write_text("the machine's")
    return folder


def content(response: Any) -> bytes:
    assert isinstance(response, FileResponse)
    return b"".join(response.streaming_content)  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["token", "session"])
def test_a_member_gets_the_organization_s_file(
    client_of: ClientOf, session_of: SessionOf, bob: User, how: str
) -> None:
    client = client_of(bob) if how == "token" else session_of(bob)

    response = client.get(URL)

    assert response.status_code == 200
    assert content(response) == b"<script>acme</script>"


def test_a_file_is_an_attachment_and_not_cached(client_of: ClientOf, bob: User) -> None:
    response: Any = client_of(bob).get(URL)

    assert content(response)
    assert response["Content-Disposition"] == 'attachment; filename="page.html"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))


def test_the_url_of_a_stored_file_serves_it(client_of: ClientOf, bob: User) -> None:
    with tenant_context("acme"):
        name = default_storage.save("a b/é?#%2f.txt", ContentFile("odd"))
        url = default_storage.url(name)

    assert content(client_of(bob).get(url)) == b"odd"


def test_an_svg_cannot_run_scripts(client_of: ClientOf, bob: User) -> None:
    with tenant_context("acme"):
        default_storage.save("drawing.svg", ContentFile("<svg/>"))

    response: Any = client_of(bob).get("/api/media/acme/drawing.svg")

    assert content(response)
    assert response["Content-Type"] == "image/svg+xml"
    assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize("name", ["a\nX-Evil: 1.txt", "a\r\n\r\nb"])
def test_a_file_name_with_line_ends_is_404(client_of: ClientOf, bob: User, name: str) -> None:
    with tenant_context("acme"):
        url = default_storage.url(default_storage.save(name, ContentFile("odd")))

    assert client_of(bob).get(url).status_code == 404


def test_a_file_of_another_organization_is_404_like_an_absent_one(
    client_of: ClientOf, charlie: User
) -> None:
    client = client_of(charlie)
    another_s, absent = client.get(URL), client.get("/api/media/globex/absent.html")

    assert another_s.status_code == absent.status_code == 404
    assert another_s.json() == absent.json()


def test_a_member_of_both_gets_files_of_the_active_organization(
    client_of: ClientOf, bob: User, acme: Organization, globex: Organization
) -> None:
    membership_create(user=bob, organization=globex, role=Role.MEMBER)

    assert content(client_of(bob, acme).get(URL)) == b"<script>acme</script>"
    assert client_of(bob, globex).get(URL).status_code == 404


def test_a_revoked_token_or_suspended_organization_gets_no_file(
    client_of: ClientOf, bob: User, carol: User, nora: User, acme: Organization
) -> None:
    revoked, removed, member = client_of(bob), client_of(carol), client_of(bob)
    assert content(revoked.get(URL))

    revoked.post("/api/auth/logout/")
    Membership.objects.filter(user=carol).delete()

    assert client_of(nora, acme).get(URL).status_code == 403
    assert revoked.get(URL).status_code == 401
    assert removed.get(URL).status_code == 403
    assert content(member.get(URL))

    Organization.objects.filter(pk=acme.pk).update(status=Organization.Status.SUSPENDED)

    assert member.get(URL).json()["code"] == "organization_suspended"


@pytest.mark.parametrize(
    "path",
    [
        "acme/../globex/page.html",
        "acme/%2e%2e/globex/page.html",
        "acme/..%2fglobex%2fpage.html",
        "acme/..%5cglobex%5cpage.html",
        "acme/%2e%2e%2f%2e%2e%2fsecret.txt",
        "acme//etc/passwd",
        "acme/%2fetc%2fpasswd",
        "acme/link/page.html",
        "acme/page.html%00",
        "acme/%00",
        "acme/%ff",
        "acme/%ed%a0%80",
        "acme/.",
        "acme/folder",
        "acme/" + "x" * 300,
        "acme/" + "x/" * 2500,
        "ACME/page.html",
        "acme%00/page.html",
        "acme%2f../page.html",
        "./acme/page.html",
        "../media/acme/page.html",
        "globex/page.html",
        "public/page.html",
        "",
        "acme",
        "acme/",
    ],
)
def test_no_path_reaches_a_file_outside_of_the_folder(
    client_of: ClientOf, bob: User, media: Path, path: str
) -> None:
    (media / "acme" / "link").symlink_to(media / "globex")
    (media / "acme" / "folder").mkdir()

    response = client_of(bob).get(f"/api/media/{path}")

    assert response.status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_writes_are_405(client_of: ClientOf, alice: User, media: Path, method: str) -> None:
    ask: Callable[[str], Any] = getattr(client_of(alice), method)

    assert ask(URL).status_code == 405
    assert (media / "acme" / "page.html").exists()


def test_a_file_is_404_without_a_media_folder(
    client_of: ClientOf, bob: User, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "none")

    assert client_of(bob).get(URL).status_code == 404
