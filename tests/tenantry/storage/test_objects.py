"""Files of objects: documents of acme and globex have files with the same name."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.db import models
from django.db.models.fields.files import FieldFile

from tenantry.context import tenant_context
from tenantry.errors import CrossTenantError, NoTenantError
from tenantry.models import guard_files
from tenantry.storage import TenantFieldFile
from tests.tenantry.guard_app.models import Document

from .files import everything


@pytest.fixture
def document(acme: Any, globex: Any) -> Document:
    with tenant_context(globex):
        Document.objects.create(title="globex's", scan=ContentFile("globex's", "scan.txt"))
    with tenant_context(acme):
        return Document.objects.create(title="acme's", scan=ContentFile("acme's", "scan.txt"))


def test_a_file_can_be_read_in_its_tenant(document: Document) -> None:
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
@pytest.mark.parametrize("copy", [lambda scan: scan, lambda scan: pickle.loads(pickle.dumps(scan))])
def test_a_file_raises_in_another_tenant(
    media: Path, document: Document, use: Callable[[Any], Any], copy: Callable[[Any], Any]
) -> None:
    with tenant_context("acme"):
        document.refresh_from_db()
    scan, before = copy(document.scan), everything(media)

    with tenant_context("globex"), pytest.raises(CrossTenantError, match="comes from acme"):
        use(scan)
    with pytest.raises(NoTenantError):
        use(scan)

    assert everything(media) == before


def test_images_are_guarded_too() -> None:
    field = models.ImageField()
    guard_files(field)

    assert issubclass(field.attr_class, TenantFieldFile)


def test_a_file_class_without_the_guard_is_an_error_at_start() -> None:
    class Unguarded(FieldFile):
        pass

    field = models.FileField(name="scan")
    field.attr_class = Unguarded

    with pytest.raises(ImproperlyConfigured, match="Unguarded must inherit TenantFieldFile"):
        guard_files(field)
