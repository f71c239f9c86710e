"""Files: each tenant has its own folder, and no name leads out of it."""

import asyncio
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured, SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage, storages
from django.db import models
from django.db.models.fields.files import FieldFile
from pytest_django import Settings

from tenantry.context import tenant_context
from tenantry.errors import CrossTenantError, NoTenantError
from tenantry.models import guard_files
from tenantry.storage import TenantFieldFile, TenantFileSystemStorage
from tests.tenantry.guard_app.models import Document

Use = Callable[[Any, str], Any]

USES: dict[str, Use] = {
    "open": lambda storage, name: storage.open(name).close(),
    "write": lambda storage, name: storage.open(name, "wb").close(),
    "save": lambda storage, name: storage.save(name, ContentFile("new")),
    "delete": lambda storage, name: storage.delete(name),
    "exists": lambda storage, name: storage.exists(name),
    "listdir": lambda storage, name: storage.listdir(name),
    "path": lambda storage, name: storage.path(name),
    "size": lambda storage, name: storage.size(name),
    "url": lambda storage, name: storage.url(name),
    "get_accessed_time": lambda storage, name: storage.get_accessed_time(name),
    "get_created_time": lambda storage, name: storage.get_created_time(name),
    "get_modified_time": lambda storage, name: storage.get_modified_time(name),
}
each_use = pytest.mark.parametrize("use", USES.values(), ids=USES)


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    """The folder of all tenants, with a file of globex, and a secret file outside of it."""
    folder = tmp_path / "media"
    settings.MEDIA_ROOT = str(folder)
    save("globex", "report.txt", "globex's")
    (tmp_path / "secret.txt").write_text("the machine's")
    return folder


def save(tenant: str, name: str, text: str) -> str:
    with tenant_context(tenant):
        return default_storage.save(name, ContentFile(text))


def read(tenant: str, name: str) -> str:
    with tenant_context(tenant), default_storage.open(name) as file:
        content: bytes = file.read()
        return content.decode()


def everything(folder: Path) -> dict[str, str]:
    files = (path for path in folder.parent.rglob("*") if path.is_file())
    return {str(path.relative_to(folder.parent)): path.read_text() for path in files}


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


def test_a_tenants_folder_can_be_a_link_to_another_disk(media: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (media / "acme").symlink_to(tmp_path / "disk")

    save("acme", "a/report.txt", "acme's")

    assert (tmp_path / "disk" / "a" / "report.txt").read_text() == "acme's"
    assert read("acme", "a/report.txt") == "acme's"


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


class TestFilesOfObjects:
    """Documents of acme and globex have files with the same name."""

    @pytest.fixture
    def document(self, acme: Any, globex: Any) -> Document:
        with tenant_context(globex):
            Document.objects.create(title="globex's", scan=ContentFile("globex's", "scan.txt"))
        with tenant_context(acme):
            return Document.objects.create(title="acme's", scan=ContentFile("acme's", "scan.txt"))

    def test_are_read_in_their_tenant(self, document: Document) -> None:
        for copy in (document, pickle.loads(pickle.dumps(document))):
            with tenant_context("acme"), copy.scan.open() as file:
                assert file.read() == b"acme's"

    @pytest.mark.parametrize(
        "use",
        [
            lambda scan: scan.read(),
            lambda scan: scan.open(),
            lambda scan: scan.path,
            lambda scan: scan.url,
            lambda scan: scan.size,
            lambda scan: scan.save("scan.txt", ContentFile("new"), save=False),
            lambda scan: scan.delete(save=False),
        ],
    )
    @pytest.mark.parametrize(
        "copy", [lambda scan: scan, lambda scan: pickle.loads(pickle.dumps(scan))]
    )
    def test_raise_in_another_tenant(
        self, media: Path, document: Document, use: Callable[[Any], Any], copy: Callable[[Any], Any]
    ) -> None:
        with tenant_context("acme"):
            document.refresh_from_db()
        scan, before = copy(document.scan), everything(media)

        with tenant_context("globex"), pytest.raises(CrossTenantError, match="comes from acme"):
            use(scan)
        with pytest.raises(NoTenantError):
            use(scan)

        assert everything(media) == before

    def test_of_images_are_guarded_too(self) -> None:
        field = models.ImageField()
        guard_files(field)

        assert issubclass(field.attr_class, TenantFieldFile)

    def test_of_a_class_without_the_guard_raise_at_start(self) -> None:
        class Unguarded(FieldFile):
            pass

        field = models.FileField(name="scan")
        field.attr_class = Unguarded

        with pytest.raises(ImproperlyConfigured, match="Unguarded must inherit TenantFieldFile"):
            guard_files(field)
