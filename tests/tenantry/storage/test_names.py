"""No file name, and no legacy schema name, leads out of the tenant's folder."""

from contextlib import suppress
from pathlib import Path

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from pytest_django import Settings

from tenantry.context import tenant_context

from .files import Use, each_use, everything, read, save


@each_use
@pytest.mark.parametrize(
    "name",
    [
        "../globex/report.txt",
        "../secret.txt",
        "../../secret.txt",
        "a/../../globex/report.txt",
        "./../globex/report.txt",
        "/etc/passwd",
        "//etc/passwd",
        "..",
        "link/report.txt",
        "link",
        "away/secret.txt",
        "file",
        "dangling",
        "loop/../../globex/report.txt",
        "new\0.txt",
        "report.txt\0",
    ],
)
def test_no_name_leads_out_of_the_folder(media: Path, tmp_path: Path, use: Use, name: str) -> None:
    folder = media / "acme"
    folder.mkdir()
    (folder / "link").symlink_to(media / "globex")
    (folder / "away").symlink_to("../..")
    (folder / "file").symlink_to(tmp_path / "secret.txt")
    (folder / "dangling").symlink_to(media / "globex" / "new.txt")
    (folder / "loop").symlink_to("loop")
    before = everything(media)

    with tenant_context("acme"), pytest.raises(SuspiciousFileOperation):
        use(default_storage, name)

    assert everything(media) == before


@each_use
@pytest.mark.parametrize(
    "name",
    [
        "..\\globex\\report.txt",
        "．．/globex/report.txt",  # noqa: RUF001 (full stops of full width)
        "..%2fglobex%2freport.txt",
        "%2e%2e/globex/report.txt",
        "‥/globex/report.txt",
        "..／globex／report.txt",  # noqa: RUF001 (slashes of full width)
        "~/report.txt",
        "$HOME/report.txt",
        "globex/report.txt",
        "report.txt\u202e",
        "re\u0301port.txt",
    ],
)
def test_an_odd_name_stays_inside_the_folder(media: Path, use: Use, name: str) -> None:
    globex = everything(media)
    (media / "acme").mkdir()

    with tenant_context("acme"), suppress(FileNotFoundError, SuspiciousFileOperation):
        use(default_storage, name)

    found = everything(media)
    assert found | globex == found
    assert {name.split("/")[1] for name in found.keys() - globex.keys()} <= {"acme"}


@pytest.mark.parametrize("tenant", ["..", ".", "a/../globex", "/globex", "Globex", "glo bex", "é"])
def test_no_legacy_name_leads_into_another_folder(
    media: Path, settings: Settings, tenant: str
) -> None:
    settings.TENANCY_LEGACY_SCHEMA_NAMES = True
    save(tenant, "report.txt", "not globex's")

    assert read("globex", "report.txt") == "globex's"
    assert read(tenant, "report.txt") == "not globex's"
    folders = {path.name.lower() for path in media.iterdir()}
    assert len(folders) == 2
    assert all(folder.isascii() for folder in folders)
