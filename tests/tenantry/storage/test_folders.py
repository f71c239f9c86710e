"""Each tenant has its own folder; without a tenant the storage raises."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage, storages
from pytest_django import Settings

from tenantry.context import tenant_context
from tenantry.errors import NoTenantError
from tenantry.storage import TenantFileSystemStorage

from .files import Use, each_use, everything, read, save


def test_tenants_can_have_files_with_the_same_name(media: Path) -> None:
    assert save("acme", "report.txt", "acme's") == "report.txt"

    assert read("acme", "report.txt") == "acme's"
    assert read("globex", "report.txt") == "globex's"
    assert (media / "acme" / "report.txt").read_text() == "acme's"


def test_a_tenant_deletes_and_lists_only_its_own_files() -> None:
    save("acme", "report.txt", "acme's")

    with tenant_context("acme"):
        default_storage.delete("report.txt")
        assert default_storage.listdir("") == ([], [])
        assert not default_storage.exists("report.txt")

    assert read("globex", "report.txt") == "globex's"


def test_a_url_contains_the_tenants_folder(settings: Settings) -> None:
    settings.TENANCY_LEGACY_SCHEMA_NAMES = True
    with tenant_context("acme"):
        assert default_storage.url("a b/é.txt") == "/api/media/acme/a%20b/%C3%A9.txt"
        with pytest.raises(SuspiciousFileOperation):
            default_storage.url("..\\globex\\report.txt")
    with tenant_context("Acme"):
        assert default_storage.url("a.txt") == "/api/media/%2541cme/a.txt"


@each_use
@pytest.mark.parametrize("tenant", [None, "public"])
def test_every_operation_without_a_tenant_raises_no_tenant_error(
    media: Path, use: Use, tenant: str | None
) -> None:
    before = everything(media)

    with (
        tenant_context(tenant),
        pytest.raises(NoTenantError, match=r"its own folder .* no tenant"),
    ):
        use(default_storage, "report.txt")

    assert everything(media) == before


def test_a_tenants_folder_can_be_a_link_to_another_disk(media: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (media / "acme").symlink_to(tmp_path / "disk")

    save("acme", "a/report.txt", "acme's")

    assert (tmp_path / "disk" / "a" / "report.txt").read_text() == "acme's"
    assert read("acme", "a/report.txt") == "acme's"


def test_a_storage_with_another_location_has_a_folder_for_each_tenant(tmp_path: Path) -> None:
    storage = TenantFileSystemStorage(location=tmp_path / "own", base_url="/own/")

    with tenant_context("acme"):
        storage.save("report.txt", ContentFile("acme's"))
        assert storage.url("report.txt") == "/own/acme/report.txt"

    assert (tmp_path / "own" / "acme" / "report.txt").exists()


def test_a_storage_object_can_be_used_in_any_tenant(media: Path) -> None:
    with tenant_context("acme"):
        storage = storages["default"]
        assert isinstance(storage, FileSystemStorage)
        assert storage.location == str(media / "acme")

    with tenant_context("globex"):
        assert storage.location == str(media / "globex")
        assert storage.base_url == "/api/media/globex/"
    with pytest.raises(NoTenantError):
        _ = storage.location


def test_threads_with_the_same_names_read_their_tenants_files() -> None:
    def work(tenant: str) -> None:
        for number in range(25):
            name = save(tenant, f"file{number % 3}.txt", tenant)
            assert read(tenant, name) == tenant

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(work, ("acme", "globex") * 3))

    for tenant in ("acme", "globex"):
        with tenant_context(tenant):
            _, names = default_storage.listdir("")
        assert {read(tenant, name) for name in names} <= {tenant, "globex's"}
        assert len(names) >= 75


def test_asyncio_tasks_with_the_same_names_read_their_tenants_files() -> None:
    async def work(tenant: str) -> None:
        with tenant_context(tenant):
            for _ in range(5):
                content = ContentFile(tenant)
                name = await sync_to_async(default_storage.save)("file.txt", content)
                await asyncio.sleep(0)
                file = await sync_to_async(default_storage.open)(name)
                with file:
                    assert file.read() == tenant.encode()

    async def work_together() -> None:
        await asyncio.gather(*map(work, ("acme", "globex") * 5))

    asyncio.run(work_together())
