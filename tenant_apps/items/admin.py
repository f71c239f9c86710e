"""Items in the admin, during a support session."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from import_export.fields import Field
from import_export.widgets import DecimalWidget

from shared_apps.api.fields import without_negative_zero
from shared_apps.staff.imports import TenantImportExportAdmin
from shared_apps.staff.resources import TenantResource

from . import services
from .events import item_emit
from .models import Item


class PriceWidget(DecimalWidget):
    """A price in a file; an invalid number is an error of its row."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Decimal | None:
        try:
            price = super().clean(value, row, **kwargs)
        except InvalidOperation:
            raise ValueError("Enter a number.") from None
        return None if price is None else without_negative_zero(price)


class ItemResource(TenantResource):
    """Items as rows of a file; the SKU identifies the item."""

    price = Field("price", "price", widget=PriceWidget())

    class Meta:
        model = Item
        import_id_fields = ("sku",)
        fields = ("sku", "description", "price", "is_active")

    def after_save_instance(self, instance: Item, row: Any, **kwargs: Any) -> None:
        item_emit(instance)


@admin.register(Item)
class ItemAdmin(TenantImportExportAdmin):
    """Items are archived, never deleted."""

    list_display = ("sku", "description", "price", "is_active", "updated_at")
    list_editable = ("price", "is_active")
    list_filter = ("is_active",)
    search_fields = ("sku", "description")
    readonly_fields = ("created_at", "updated_at")
    actions = ("archive",)
    resource_classes = (ItemResource,)

    def has_delete_permission(self, request: HttpRequest, obj: Item | None = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Item, form: ModelForm[Item], change: bool
    ) -> None:
        if change:
            changes = {field: form.cleaned_data[field] for field in form.changed_data}
            services.item_change(item=obj, **changes)
        else:
            obj.pk = services.item_create(**form.cleaned_data).pk

    @admin.action(description="Archive selected items", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Item, Any]) -> None:
        for item in queryset:
            services.item_archive(item=item)
            self.log_change(request, item, "Archived.")
        self.message_user(request, "The selected items are archived.")
