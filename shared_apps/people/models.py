"""People of an organization, in its own schema."""

from django.db import models

from shared_apps.users.models import MAX_EMAIL, MAX_NAME
from tenantry.models import TenantModel


class Person(TenantModel):
    """The name of a user who is or was a member, or who acted as staff.

    It is a copy, which triggers write (migration 0004 of organizations). The view
    `tenantry_users_user` of the same schema shows it as the table of users, so `User` and foreign
    keys to it read the copy while the organization is active.
    """

    id = models.BigIntegerField(primary_key=True)  # The user's.
    email = models.EmailField(max_length=MAX_EMAIL)
    name = models.CharField(max_length=MAX_NAME)

    class Meta:
        verbose_name_plural = "people"
        ordering = ("id",)

    def __str__(self) -> str:
        return self.email
