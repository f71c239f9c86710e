"""Models of the tenants' tables that the service's migrations create."""

from django.conf import settings
from django.db import models


class Item(models.Model):
    sku = models.CharField(max_length=64)
    description = models.CharField(max_length=255)
    price = models.DecimalField(max_digits=12, decimal_places=2)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        managed = False
        db_table = "tenantry_items_item"
        ordering = ("id",)

    def __str__(self) -> str:
        return self.description


class Order(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING)
    status = models.CharField(max_length=10)
    placed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        managed = False
        db_table = "tenantry_orders_order"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"Order {self.pk}"


class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    item = models.ForeignKey(Item, on_delete=models.PROTECT)
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=12, decimal_places=2)
    total = models.DecimalField(max_digits=22, decimal_places=2)

    class Meta:
        managed = False
        db_table = "tenantry_orders_orderline"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.quantity} x {self.item}"
