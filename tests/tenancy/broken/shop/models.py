"""A tenant app: users of its own, and constraints towards `public`."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.files.storage import FileSystemStorage
from django.db import models

from shared_apps.tenancy.models import TenantModel


class Customer(AbstractBaseUser):
    email = models.EmailField(unique=True)

    USERNAME_FIELD = "email"


class Sale(TenantModel):
    entry = models.ForeignKey("office.Desk", on_delete=models.CASCADE, related_name="+")
    entries = models.ManyToManyField("office.Desk", related_name="+")  # type: ignore[var-annotated, misc]

    receipt = models.FileField(storage=FileSystemStorage("/receipts"))
    invoice = models.FileField()

    def __str__(self) -> str:
        return "a sale"
