"""A shared app: a tenant's model, and relations to tenants' models."""

from django.db import models

from shared_apps.tenancy.models import TenantModel


class Desk(models.Model):
    item = models.ForeignKey("items.Item", on_delete=models.CASCADE, related_name="+")
    items = models.ManyToManyField("items.Item", related_name="+")

    def __str__(self) -> str:
        return "a desk"


class Drawer(TenantModel):
    def __str__(self) -> str:
        return "a drawer"
