"""Orders and their lines, in each organization's schema."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from tenant_apps.items.models import Item
from tenantry.models import TenantModel


class Order(TenantModel):
    """An order of a member or of a key; its lines keep the prices of the moment it was placed."""

    class Status(models.TextChoices):
        """`services.TRANSITIONS` has the allowed changes."""

        PLACED = "placed", _("Placed")
        FULFILLED = "fulfilled", _("Fulfilled")
        CANCELLED = "cancelled", _("Cancelled")

    # No constraint to `public`: each tenant's constraint would add triggers to the table of users,
    # and creating a tenant would lock it. Users are deactivated, not deleted.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
        help_text="Empty for an order by a key of the organization.",
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.PLACED)
    placed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("placed_at",), name="tenantry_orders_placed_at"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(status__in=["placed", "fulfilled", "cancelled"]),
                name="tenantry_orders_order_status",
            ),
        )

    def __str__(self) -> str:
        return f"Order {self.pk}"


class OrderLine(TenantModel):
    """A quantity of one item, at the price it had when it was ordered."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    unit_price = models.DecimalField(
        max_digits=12, decimal_places=2, validators=[MinValueValidator(Decimal(0))]
    )
    total = models.GeneratedField(
        expression=F("quantity") * F("unit_price"),
        # A quantity has up to 10 digits and a price 12.
        output_field=models.DecimalField(max_digits=22, decimal_places=2),
        db_persist=True,
    )

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(quantity__gte=1), name="tenantry_orders_orderline_quantity"
            ),
            models.CheckConstraint(
                condition=models.Q(unit_price__gte=0), name="tenantry_orders_orderline_unit_price"
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} x {self.item}"
