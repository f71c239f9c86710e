"""Orders in the admin, during a support session."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest
from unfold.decorators import display

from shared_apps.core.errors import DomainError
from shared_apps.staff.tenants import TenantModelAdmin, TenantTabularInline

from .models import Order, OrderLine
from .services import TRANSITIONS, Change, order_change

LABELS = {
    Order.Status.PLACED: "info",
    Order.Status.FULFILLED: "success",
    Order.Status.CANCELLED: "danger",
}


class OrderForm(forms.ModelForm[Order]):
    """Offers the statuses that TRANSITIONS allows."""

    class Meta:
        model = Order
        fields = ("status",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "status" in self.fields:
            present = Order.Status(self.instance.status)
            reachable = [after for before, after in TRANSITIONS.values() if before == present]
            choices = [(status, status.label) for status in (present, *reachable)]
            self.fields["status"].choices = choices  # type: ignore[attr-defined]


class OrderLineInline(TenantTabularInline):
    model = OrderLine
    fields = readonly_fields = ("item", "quantity", "unit_price", "total")
    can_delete = False
    hide_title = True  # It would repeat the first columns.

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine, Any]:
        return super().get_queryset(request).select_related("item")  # type: ignore[no-any-return]

    def has_add_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False


@admin.register(Order)
class OrderAdmin(TenantModelAdmin):
    """Members place orders; staff can only cancel and fulfil them."""

    form = OrderForm
    inlines = (OrderLineInline,)
    list_display = ("id", "placed_by", "shown_status", "total", "placed_at")
    list_filter = ("status",)
    date_hierarchy = "placed_at"
    search_fields = (
        "=id",
        "user__name",
        "user__email",
        "lines__item__description",
        "lines__item__sku",
    )
    search_help_text = "Order number, person or item"
    fields = ("placed_by", "status", "total", "placed_at")
    readonly_fields = ("placed_by", "total", "placed_at")
    ordering = ("-id",)
    actions = ("cancel", "fulfil")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order, Any]:
        # A subquery, since a search joins the lines too and would sum them twice.
        lines = OrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order")
        totals = lines.annotate(sum=Sum("total")).values("sum")
        orders = super().get_queryset(request).select_related("user")
        return orders.annotate(total=Subquery(totals))  # type: ignore[no-any-return]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False

    @admin.display(description="user", ordering="user__email")
    def placed_by(self, order: Order) -> str:
        return str(order.user or "key")

    @display(description="Status", label=LABELS, ordering="status")
    def shown_status(self, order: Order) -> tuple[str, str]:
        return order.status, order.get_status_display()

    @admin.display(ordering="total")
    def total(self, order: Any) -> str:
        return f"{order.total or 0:.2f}"

    def save_model(
        self, request: HttpRequest, obj: Order, form: forms.ModelForm[Order], change: bool
    ) -> None:
        if "status" in form.changed_data:
            changes = {after: change for change, (_, after) in TRANSITIONS.items()}
            order_change(order=obj, change=changes[Order.Status(obj.status)])

    @admin.action(description="Cancel selected orders", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Order, Any]) -> None:
        self._change_each(request, queryset, Change.CANCEL)

    @admin.action(description="Fulfil selected orders", permissions=["change"])
    def fulfil(self, request: HttpRequest, queryset: QuerySet[Order, Any]) -> None:
        self._change_each(request, queryset, Change.FULFIL)

    def _change_each(
        self, request: HttpRequest, orders: QuerySet[Order, Any], change: Change
    ) -> None:
        for order in orders:
            try:
                order_change(order=order, change=change)
            except DomainError as error:
                self.message_user(request, f"{order}: {error.detail}", messages.ERROR)
            else:
                self.log_change(request, order, f"Status is {order.status} now.")
                self.message_user(request, f"{order} is {order.status} now.")
