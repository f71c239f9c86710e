"""(c) This project's own code on one schema, without tenancy.

Django's own PostgreSQL backend, the path set once for good, no guard in the router or the models.
Who is calling, and as what, is asked as ever.
"""

from config.settings import *  # noqa: F403
from config.settings import DATABASES, INSTALLED_APPS

DATABASES["default"] |= {
    "ENGINE": "django.db.backends.postgresql",
    "OPTIONS": {"options": "-c search_path=bench1,public"},
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]  # Without it django-tenants fails.
# Before the tenants' models are made, and after their base is.
_position = INSTALLED_APPS.index("tenantry") + 1
INSTALLED_APPS.insert(_position, "benchmarks.peers.single")
