"""A tenant app with its own user model, and with constraints that refer to `public`."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.core.files.storage import FileSystemStorage
from django.db import models
from django.db.models.query import RawQuerySet

from tenantry.guard.queryset import TenantManager
from tenantry.models import TenantModel
from tests.tenantry.broken.library.models import Tags
from tests.tenantry.broken.office.models import Desk


class Customer(AbstractBaseUser):
    email = models.EmailField(unique=True)

    USERNAME_FIELD = "email"


class History:
    """A manager that Django cannot find, as some libraries have."""

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> object:
        manager = models.Manager()  # type: ignore[var-annotated]
        manager.model = owner
        return manager


class LateManager(TenantManager["Sale"]):
    def get_queryset(self) -> models.QuerySet["Sale"]:
        return models.QuerySet(self.model)

    def of(self, place: str) -> RawQuerySet["Sale"]:
        return self.raw(f"SELECT * FROM shop_sale WHERE place = '{place}'")


class Sale(TenantModel):
    entry = models.ForeignKey("office.Desk", on_delete=models.CASCADE, related_name="+")
    entries = models.ManyToManyField("office.Desk", related_name="+")  # type: ignore[var-annotated, misc]

    receipt = models.FileField(storage=FileSystemStorage("/receipts"))
    invoice = models.FileField()

    history = History()
    objects = TenantManager()
    late = LateManager()

    def __str__(self) -> str:
        return "a sale"


class Label(TenantModel):
    content_type = models.ForeignKey(
        "contenttypes.ContentType", on_delete=models.DO_NOTHING, db_constraint=False
    )
    object_id = models.BigIntegerField()
    target = GenericForeignKey()

    def __str__(self) -> str:
        return "a label"


class Till(TenantModel, Desk):
    notes = GenericRelation("office.Note")
    tagged = GenericRelation("library.Tag")
    tags = Tags()


class Balance(TenantModel):
    """A model of a view. Django deletes its rows like those of a table."""

    desk = models.ForeignKey(Desk, on_delete=models.PROTECT, related_name="+")
    number = models.BigIntegerField()
    place = models.ForeignObject(
        Desk, models.CASCADE, from_fields=["number"], to_fields=["id"], related_name="+"
    )

    class Meta:
        managed = False

    def __str__(self) -> str:
        return "a balance"
