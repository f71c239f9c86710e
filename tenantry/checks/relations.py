"""Whether relations between the tenants' models and those of `public` can hold."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.db.models import DO_NOTHING, ForeignKey

from tenantry.schemas.references import fields_towards_public, relations_towards_public
from tenantry.tenant_apps import is_unguarded, private_app_configs


@register
def check_constraints_towards_public(**_: Any) -> list[CheckMessage]:
    """Find constraints that each tenant adds to a table of `public` (docs/decisions.md)."""
    return [
        Error(
            f"{field} refers to `public` with a constraint: with each tenant, changing "
            f"{_label(field)} becomes slower.",
            hint="Say db_constraint=False, for a many-to-many field as well, and "
            "on_delete=DO_NOTHING; check_references finds what refers to nothing.",
            obj=field,
            id="tenancy.E004",
        )
        for field in fields_towards_public()
        if field.db_constraint  # type: ignore[attr-defined]
        and not is_unguarded(field.model)
    ]


@register
def check_deletion_in_public(**_: Any) -> list[CheckMessage]:
    """Find fields that act in one tenant, or in none, when a row of `public` is deleted.

    The tables of automatic many-to-many fields have DO_NOTHING from the guard.
    """
    return [
        Error(
            f"{field} has another on_delete than DO_NOTHING: deleting {_label(field)} acts in the "
            "active tenant alone, and fails where none is active.",
            hint="Say on_delete=DO_NOTHING; check_references finds what refers to nothing.",
            obj=field,
            id="tenancy.E012",
        )
        for field in relations_towards_public()
        if field.remote_field.on_delete is not DO_NOTHING and not is_unguarded(field.model)
    ]


@register
def check_generic_relations(**_: Any) -> list[CheckMessage]:
    """Find generic relations between `public` and tenants: the key in them names no tenant."""
    private = {app.label for app in private_app_configs()}
    return [
        Error(
            f"{field} relates {model._meta.label} and {_label(field)}, of which only one is in "
            "`public`: equal ids of several tenants are one to it, and deleting cascades.",
            hint="Remove it, and query the rows by content type and key where you need them.",
            obj=field,
            id="tenancy.E013",
        )
        for model in apps.get_models()
        if not model._meta.proxy
        for field in model._meta.private_fields
        # Django's deletion knows a GenericRelation by this.
        if hasattr(field, "bulk_related_objects")
        and (model._meta.app_label in private) != (field.related_model._meta.app_label in private)
    ]


def _label(field: Any) -> str:
    label: str = field.related_model._meta.label
    return label


@register
def check_relations_towards_tenants(**_: Any) -> list[CheckMessage]:
    """Find what refers from the one table in `public` to the tables that each tenant has."""
    private = {app.label for app in private_app_configs()}
    return [
        Error(
            f"{field} refers from `public` to {_label(field)}, of which each tenant has its own.",
            hint="Turn the relation round, or keep the schema's name and the id as plain fields.",
            obj=field,
            id="tenancy.E005",
        )
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label not in private and not model._meta.proxy
        for field in model._meta.local_fields
        if isinstance(field, ForeignKey) and field.related_model._meta.app_label in private
    ]
