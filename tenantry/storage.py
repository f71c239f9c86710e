"""Files in a folder for each tenant, and files of objects that stay in the object's tenant.

django-tenants' own storage files what is saved without a tenant under `public`, forgets tenants
where a `location` is given, and follows symbolic links out of the folder.
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
    """Return the name of the active tenant's folder.

    Raises:
        NoTenantError: when no tenant is active.
    """
    return portable_name(require_schema("Each tenant has a folder of its own for files"))


class TenantFileSystemStorage(FileSystemStorage):
    """Django's storage in the folder of the active tenant, looked up at each operation.

    It raises beside Django's own errors: NoTenantError where no tenant is active, and
    SuspiciousFileOperation for a name that leads out of the folder, by `..` or a link.
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
            raise SuspiciousFileOperation("A file's name holds a NUL.")
        # Django compares the names alone, and a symbolic link can lead anywhere.
        if not Path(os.path.realpath(path)).is_relative_to(self.location):
            raise SuspiciousFileOperation(f"{name!r} leads out of the tenant's folder.")
        return path

    def url(self, name: str | None) -> str:
        # Django makes slashes of backslashes and joins the two as browsers do, `../` included.
        self.path((name or "").replace("\\", "/"))
        return super().url(name)


class TenantFieldFile(FieldFile):
    """A file of a tenant's object; other tenants may have a file of the same name.

    Beside Django's own errors, every access to the storage can raise CrossTenantError (another
    tenant is active) or NoTenantError (none is).
    """

    @property
    def storage(self) -> Storage:
        check_belongs_here(self.instance)
        return self.field.storage

    @storage.setter
    def storage(self, storage: Any) -> None:
        """Let Django set what is asked of the field each time."""


class TenantImageFieldFile(ImageFieldFile, TenantFieldFile):
    """The same for images."""


GUARDED_FILES: dict[type[FieldFile], type[TenantFieldFile]] = {
    FieldFile: TenantFieldFile,
    ImageFieldFile: TenantImageFieldFile,
}
"""What takes the place of Django's classes in the fields of tenant models."""
