"""What stops or warns at start, each with a stable id."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import (
    CheckMessage,
    Error,
    Tags,
    Warning,  # noqa: A004 (Django's name)
    register,
)
from django.db import DEFAULT_DB_ALIAS

from .affinity.origin import is_tenant_model
from .catalog import read_catalog, read_sql
from .fleet.tenant_apps import tenant_app_configs
from .names import TEMPLATE

AT_ONCE = 8
"""Tenants that a server should be able to create at the same time."""

_LOCKS = read_sql("locks")


@register
def check_tenant_models(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """Find the models of tenant apps that nothing guards against use in another tenant.

    Apps that SHARED_APPS names as well have tables in `public`, too, and mostly other authors.
    """
    return [
        Error(
            f"{model._meta.label} is in the schemas of the tenants and is no TenantModel: "
            "its objects and querysets can be used in another tenant.",
            hint="Inherit shared_apps.tenancy.models.TenantModel.",
            obj=model,
            id="tenancy.E001",
        )
        for app in tenant_app_configs()
        if (app_configs is None or app in app_configs) and app.name not in settings.SHARED_APPS
        for model in app.get_models()
        if not is_tenant_model(model)
    ]


@register(Tags.database)
def check_locks(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Warn where PostgreSQL's table of locks is too small for the tenants' many tables.

    A transaction holds the locks of all that it creates until it ends.
    """
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    ((needed, per_transaction, processes),) = read_catalog(TEMPLATE, _LOCKS)
    room = per_transaction * processes
    if needed * AT_ONCE <= room:
        return []
    return [
        Warning(
            f"Creating a tenant takes some {needed:,} locks and PostgreSQL has room for {room:,}: "
            f"with {room // needed + 1} at once, creations fail for 'out of shared memory'.",
            hint=(
                "Set max_locks_per_transaction in postgresql.conf to at least "
                f"{-(-needed * AT_ONCE // processes)}, and restart the server; "
                f"it is {per_transaction}."
            ),
            id="tenancy.W001",
        )
    ]
