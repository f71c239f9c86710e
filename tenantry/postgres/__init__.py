"""The database backend: `ENGINE = "tenantry.postgres"`."""

from importlib.util import find_spec

from django.core.exceptions import ImproperlyConfigured

if find_spec("psycopg2") is None:
    raise ImproperlyConfigured(
        'tenantry.postgres needs psycopg2: pip install "tenantry[binary]", or "tenantry[psycopg2]".'
    )
