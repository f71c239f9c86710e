"""What a server checks in the database before its first request."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

from django.core.checks import Error
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection

from tenantry.fleet.reserved import require_no_taken_names

from .roles import check_roles


def require_usable_database() -> None:
    """Check the names in `public` and the tenants' roles, if the database can be reached.

    It runs in a thread, because some ASGI servers import the application inside their event loop.

    Raises:
        TableNamesTaken: `public` has a table or view with the name of a tenant table.
        ImproperlyConfigured: TENANT_ROLES needs something of the server that is missing.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(_require).result()


def _require() -> None:
    with closing(connection), suppress(OperationalError):
        require_no_taken_names()
        for found in check_roles([DEFAULT_DB_ALIAS]):
            if isinstance(found, Error):
                raise ImproperlyConfigured(f"{found.msg} {found.hint}")
