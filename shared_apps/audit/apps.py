from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "shared_apps.audit"
    label = "tenantry_audit"
    verbose_name = "Audit log"
