"""Models of the shared tables that the service's migrations create."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django_tenants.models import TenantMixin


class Organization(TenantMixin):
    auto_create_schema = False

    name = models.CharField(max_length=150)

    class Meta:
        managed = False
        db_table = "tenantry_organizations_organization"


class User(AbstractBaseUser):
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150)
    is_active = models.BooleanField(default=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)

    USERNAME_FIELD = "email"

    class Meta:
        managed = False
        db_table = "tenantry_users_user"
