"""Replaces the base of tenants' models with Django's, before the models are created."""

from django.db import models
from django.db.models.signals import class_prepared

from tenantry import models as tenancy


class OneSchemaModel(models.Model):
    """A model like any other."""

    class Meta:
        abstract = True


class_prepared.disconnect(tenancy.guard_model)
tenancy.TenantModel = OneSchemaModel  # type: ignore[assignment, misc]
