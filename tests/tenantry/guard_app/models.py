"""Kinds of models and relations that the service does not have."""

from typing import ClassVar

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models

from tenantry.guard.queryset import TenantManager, TenantQuerySet
from tenantry.models import TenantModel


class Tag(TenantModel):
    name = models.CharField(max_length=20)

    def __str__(self) -> str:
        return self.name


class DocumentQuerySet(TenantQuerySet["Document"]):
    def titled(self, title: str) -> "DocumentQuerySet":
        return self.filter(title=title)


DocumentManager = TenantManager.from_queryset(DocumentQuerySet)


class Document(TenantModel):
    title = models.CharField(max_length=20)
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="children"
    )
    tags = models.ManyToManyField(Tag, related_name="documents")
    scan = models.FileField(blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="written_documents",
    )
    bookmarks = models.ManyToManyField("guard_shared.Bookmark", db_constraint=False)
    comments = GenericRelation("Comment")

    objects: ClassVar = DocumentManager()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.title


class Contract(Document):
    partner = models.CharField(max_length=20)


class Draft(Document):
    class Meta:
        proxy = True


class Cover(TenantModel):
    document = models.OneToOneField(Document, on_delete=models.CASCADE)
    colour = models.CharField(max_length=20)

    def __str__(self) -> str:
        return self.colour


class Page(TenantModel):
    document = models.ForeignKey(Document, on_delete=models.CASCADE)
    printed = models.DateField(default="2026-11-28")

    class Meta:
        order_with_respect_to = "document"

    def __str__(self) -> str:
        return f"{self.document} {self.pk}"


class Comment(TenantModel):
    content_type = models.ForeignKey(
        ContentType, on_delete=models.DO_NOTHING, db_constraint=False, null=True
    )
    object_id = models.PositiveBigIntegerField(null=True)
    about = GenericForeignKey()

    def __str__(self) -> str:
        return f"about {self.content_type} {self.object_id}"


class Badge(TenantModel):
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False
    )
    document = models.ForeignKey(Document, on_delete=models.CASCADE, null=True)

    def __str__(self) -> str:
        return f"of {self.user}"
