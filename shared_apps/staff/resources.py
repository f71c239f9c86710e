"""Resources of django-import-export for tenant models, with few queries for large files."""

from contextlib import suppress
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Model
from django.utils.html import format_html
from import_export.fields import Field
from import_export.instance_loaders import ModelInstanceLoader
from import_export.resources import Diff, ModelResource
from import_export.widgets import NumberWidget
from tablib import Dataset

from shared_apps.core.constraints import constraint_violation
from shared_apps.core.texts import is_storable

from .formats import Number


class OneQueryLoader(ModelInstanceLoader):
    """Loads the rows that a file changes in one query."""

    def __init__(self, resource: "TenantResource", dataset: Dataset) -> None:
        super().__init__(resource, dataset)
        (self.field,) = (resource.fields[name] for name in resource.get_import_id_fields())
        keys = []
        for row in dataset.dict:
            with suppress(Exception):  # The import of that row shows the error.
                check_text(row)
                keys.append(self.field.clean(row))
        found = self.get_queryset().filter(**{f"{self.field.attribute}__in": keys})
        self.found = {self.field.get_value(each): each for each in found}

    def get_instance(self, row: dict[str, Any]) -> Model | None:
        return self.found.get(self.field.clean(row))


class CellDiff(Diff):
    """Shows a changed cell's old and new text; a diff by letters is slow for long texts."""

    def as_html(self) -> list[str]:
        before = [""] * len(self.right) if self.new else self.left
        return [
            format_html("{}", new)
            if old == new
            else format_html("<del>{}</del><ins>{}</ins>", old, new)
            for old, new in zip(before, self.right, strict=True)
        ]


class TenantResource(ModelResource):
    """The base class of resources for `TenantImportExportAdmin`; one field identifies a row."""

    class Meta:
        instance_loader_class = OneQueryLoader
        clean_model_instances = True
        skip_unchanged = True

    @classmethod
    def get_diff_class(cls) -> type[Diff]:
        return CellDiff

    def export_field(self, field: Field, instance: Model, **kwargs: Any) -> Any:
        value = super().export_field(field, instance, **kwargs)
        is_number = isinstance(field.widget, NumberWidget) and isinstance(value, str)
        return Number(value) if is_number else value

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        check_text(row)

    def get_or_init_instance(
        self, instance_loader: OneQueryLoader, row: dict[str, Any]
    ) -> tuple[Model, bool]:
        """Return the row's object; a later row with the same key gets the same object."""
        instance, new = super().get_or_init_instance(instance_loader, row)
        instance_loader.found[instance_loader.field.clean(row)] = instance
        return instance, new

    def validate_instance(
        self,
        instance: Model,
        import_validation_errors: dict[str, Any] | None = None,
        validate_unique: bool = True,
    ) -> None:
        """Validate the fields; PostgreSQL checks constraints when it saves the row."""
        errors = dict(import_validation_errors or {})
        try:
            instance.full_clean(
                exclude=errors.keys(), validate_unique=False, validate_constraints=False
            )
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def save_instance(
        self, instance: Model, is_create: bool, row: dict[str, Any], **kwargs: Any
    ) -> None:
        try:
            super().save_instance(instance, is_create, row, **kwargs)
        except IntegrityError as error:
            raise constraint_violation(error) or error from error


def check_text(row: dict[str, Any]) -> None:
    """Reject text that PostgreSQL cannot store.

    Raises:
        ValidationError: by column.
    """
    wrong = [column for column, value in row.items() if not is_storable(str(value))]
    if wrong:
        raise ValidationError(dict.fromkeys(wrong, "Remove the NUL characters from this value."))
