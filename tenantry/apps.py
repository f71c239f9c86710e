from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured
from django_tenants.utils import has_multi_type_tenants

from . import postgres  # noqa: F401 (an error here, not in models, if psycopg2 is missing)
from .imports import import_without_tenant


class TenancyConfig(AppConfig):
    name = "tenantry"
    label = "tenancy"
    verbose_name = "Tenancy"

    def ready(self) -> None:
        if has_multi_type_tenants():
            raise ImproperlyConfigured(
                "The app tenantry uses one list of TENANT_APPS for all tenants: remove the app, or "
                "HAS_MULTI_TYPE_TENANTS. Without the app, the ENGINE works with types of tenants."
            )
        from . import checks  # noqa: F401, PLC0415 (needs the models, like the next)
        from .fleet import receivers  # noqa: F401, PLC0415
        from .guard.origin import is_tenant_model  # noqa: PLC0415
        from .guard.relations import guard_generic_keys  # noqa: PLC0415

        # Tenant models are guarded when they are created, see guard_model().
        for model in apps.get_models():
            if not is_tenant_model(model):
                guard_generic_keys(model)
        import_without_tenant()
