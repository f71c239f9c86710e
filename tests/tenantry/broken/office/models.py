"""A shared app with a tenant model, and with relations to tenant models."""

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.db import models

from tenantry.models import TenantModel


class Desk(models.Model):
    item = models.ForeignKey("tenantry_items.Item", on_delete=models.CASCADE, related_name="+")
    items = models.ManyToManyField("tenantry_items.Item", related_name="+")
    labels = GenericRelation("shop.Label")

    def __str__(self) -> str:
        return "a desk"


class Note(models.Model):
    content_type = models.ForeignKey("contenttypes.ContentType", on_delete=models.CASCADE)
    object_id = models.BigIntegerField()
    target = GenericForeignKey()

    def __str__(self) -> str:
        return "a note"


class Drawer(TenantModel):
    def __str__(self) -> str:
        return "a drawer"
