"""Items, in each organization's schema."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models

from tenantry.models import TenantModel


class Item(TenantModel):
    """Something to order. Items are archived, never deleted, since orders refer to them."""

    sku = models.CharField("SKU", max_length=64)
    description = models.CharField(max_length=255)
    price = models.DecimalField(
        max_digits=12, decimal_places=2, validators=[MinValueValidator(Decimal(0))]
    )
    is_active = models.BooleanField("active", default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("sku",),
                name="tenantry_items_item_sku_unique",
                violation_error_message="An item with this SKU already exists.",
            ),
            models.CheckConstraint(
                condition=models.Q(price__gte=0), name="tenantry_items_item_price"
            ),
        )

    def __str__(self) -> str:
        return self.description
