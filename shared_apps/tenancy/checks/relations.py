"""Whether relations between the tenants' models and those of `public` can hold."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.db.models import ForeignKey

from ..fleet.references import fields_towards_public
from ..fleet.tenant_apps import private_app_configs


@register
def check_constraints_towards_public(**_: Any) -> list[CheckMessage]:
    """Find constraints that each tenant adds to a table of `public` (docs/decisions.md)."""
    return [
        Error(
            f"{field} refers to `public` with a constraint: with each tenant, changing "
            f"{field.related_model._meta.label} becomes slower.",
            hint="Say db_constraint=False, for a many-to-many field as well, and "
            "on_delete=DO_NOTHING; check_references finds what refers to nothing.",
            obj=field,
            id="tenancy.E004",
        )
        for field in fields_towards_public()
        if field.db_constraint  # type: ignore[attr-defined]
    ]


@register
def check_relations_towards_tenants(**_: Any) -> list[CheckMessage]:
    """Find what refers from the one table in `public` to the tables that each tenant has."""
    private = {app.label for app in private_app_configs()}
    return [
        Error(
            f"{field} refers from `public` to {field.related_model._meta.label}, "
            "of which each tenant has its own.",
            hint="Turn the relation round, or keep the schema's name and the id as plain fields.",
            obj=field,
            id="tenancy.E005",
        )
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label not in private and not model._meta.proxy
        for field in model._meta.local_fields
        if isinstance(field, ForeignKey) and field.related_model._meta.app_label in private
    ]
