"""Reads and writes files of tenants."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from tenantry.context import tenant_context

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
