"""The database backend: `ENGINE = "tenantry.postgres"`."""

from django.core.exceptions import ImproperlyConfigured

try:
    import psycopg2  # noqa: F401 (the wheel installs no driver)
except ImportError as error:
    raise ImproperlyConfigured(
        "tenantry needs psycopg2: pip install 'tenantry[binary]', or 'tenantry[psycopg2]' to build "
        f"it from source ({error})."
    ) from error
