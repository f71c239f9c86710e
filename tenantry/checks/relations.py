"""Checks of relations between tenants' models and models of `public`."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.db.models import DO_NOTHING, ForeignKey

from tenantry.schemas.references import foreign_keys_to_public, relations_to_public
from tenantry.tenant_apps import is_unguarded, private_app_configs


@register
def check_constraints_to_public(**_: Any) -> list[CheckMessage]:
    """Find foreign key constraints from tenants to a table of `public`."""
    return [
        Error(
            f"{field} refers to `public` with a constraint: each tenant makes changes of "
            f"{_label(field)} slower.",
            hint="Set db_constraint=False, also for a many-to-many field, and "
            "on_delete=DO_NOTHING; check_references finds references to missing rows.",
            obj=field,
            id="tenancy.E004",
        )
        for field in foreign_keys_to_public()
        if field.db_constraint  # type: ignore[attr-defined]
        and not is_unguarded(field.model)
    ]


@register
def check_deletion_in_public(**_: Any) -> list[CheckMessage]:
    """Find fields that change tenants' rows when a row of `public` is deleted.

    The guard sets DO_NOTHING in the tables of automatic many-to-many fields.
    """
    return [
        Error(
            f"{field} has another on_delete than DO_NOTHING: deleting {_label(field)} changes the "
            "active tenant only, and fails without one.",
            hint="Set on_delete=DO_NOTHING; check_references finds references to missing rows.",
            obj=field,
            id="tenancy.E012",
        )
        for field in relations_to_public()
        if field.remote_field.on_delete is not DO_NOTHING and not is_unguarded(field.model)
    ]


@register
def check_generic_relations(**_: Any) -> list[CheckMessage]:
    private = {app.label for app in private_app_configs()}
    return [
        Error(
            f"{field} relates {model._meta.label} and {_label(field)}, and only one of them is in "
            "`public`: it matches equal ids of several tenants, and deleting cascades.",
            hint="Remove it, and query the rows by content type and key where you need them.",
            obj=field,
            id="tenancy.E013",
        )
        for model in apps.get_models()
        if not model._meta.proxy
        for field in model._meta.private_fields
        # Django's deletion recognizes a GenericRelation by this attribute.
        if hasattr(field, "bulk_related_objects")
        and (model._meta.app_label in private) != (field.related_model._meta.app_label in private)
    ]


def _label(field: Any) -> str:
    label: str = field.related_model._meta.label
    return label


@register
def check_relations_to_tenants(**_: Any) -> list[CheckMessage]:
    private = {app.label for app in private_app_configs()}
    return [
        Error(
            f"{field} refers from `public` to {_label(field)}, and each tenant has its own table.",
            hint="Reverse the relation, or store the schema's name and the id in plain fields.",
            obj=field,
            id="tenancy.E005",
        )
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label not in private and not model._meta.proxy
        for field in model._meta.local_fields
        if isinstance(field, ForeignKey) and field.related_model._meta.app_label in private
    ]
