"""A valid third-party tenant app, in TENANCY_UNGUARDED_APPS."""

from django.contrib.contenttypes.fields import GenericForeignKey
from django.db import models


class TagManager(models.Manager["Tag"]):
    pass


class Tag(models.Model):
    content_type = models.ForeignKey("contenttypes.ContentType", on_delete=models.CASCADE)
    object_id = models.BigIntegerField()
    target = GenericForeignKey()

    objects = TagManager()

    def __str__(self) -> str:
        return "a tag"


class Tags:
    """An attribute that the app adds to other models."""

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> TagManager:
        return Tag.objects
