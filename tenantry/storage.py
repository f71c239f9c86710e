"""Files in a folder for each tenant, and files that belong to the tenant of their object.

django-tenants' own storage saves files without a tenant in `public`, ignores tenants if `location`
is set, and follows symbolic links out of the folder.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage, Storage
from django.db.models.fields.files import FieldFile, ImageFieldFile

from .context import require_schema
from .guard.origin import check_belongs_here
from .names import portable_name


def tenant_folder() -> str:
    return portable_name(require_schema("Each tenant has its own folder of files"))


class TenantFileSystemStorage(FileSystemStorage):
    """Django's storage in the folder of the active tenant.

    Its operations also raise NoTenantError without a tenant, and SuspiciousFileOperation for a name
    that leads out of the folder, through `..` or a symbolic link.
    """

    @property
    def base_location(self) -> Path:
        return Path(super().base_location) / tenant_folder()

    @property
    def location(self) -> str:
        return os.path.realpath(self.base_location)

    @property
    def base_url(self) -> str:
        return f"{super().base_url}{quote(tenant_folder())}/"

    def path(self, name: str) -> str:
        path = super().path(name)
        if "\0" in path:
            raise SuspiciousFileOperation("A file's name contains a NUL.")
        # Django checks the name only, and a symbolic link can lead anywhere.
        if not Path(os.path.realpath(path)).is_relative_to(self.location):
            raise SuspiciousFileOperation(f"{name!r} leads out of the tenant's folder.")
        return path

    def url(self, name: str | None) -> str:
        # Django replaces backslashes by slashes and resolves `../` like a browser.
        self.path((name or "").replace("\\", "/"))
        return super().url(name)


class TenantFieldFile(FieldFile):
    """A file of a tenant's object. Other tenants can have a file with the same name.

    Each access to the storage can raise CrossTenantError (another tenant is active) or
    NoTenantError (no tenant is active).
    """

    @property
    def storage(self) -> Storage:
        check_belongs_here(self.instance)
        return self.field.storage

    @storage.setter
    def storage(self, storage: Any) -> None:
        """Ignore what Django sets: the getter reads the storage of the field."""


class TenantImageFieldFile(ImageFieldFile, TenantFieldFile):
    pass


GUARDED_FILES: dict[type[FieldFile], type[TenantFieldFile]] = {
    FieldFile: TenantFieldFile,
    ImageFieldFile: TenantImageFieldFile,
}
"""For Django's classes, the class in the fields of tenant models."""
