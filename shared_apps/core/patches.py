"""Private names of Python, Django and other packages that the service replaces or uses.

docs/upgrading-django.md lists the same names.
"""

from tenantry.patches import Names

SERVICE: Names = {
    "argparse:ArgumentParser.parse_args": ("error",),
    "django.core.management.base:CommandParser.__init__": ("called_from_command_line",),
    "django.core.handlers.wsgi:WSGIRequest.__init__": ("_set_content_type_params",),
    "django.core.handlers.asgi:ASGIRequest.__init__": ("_set_content_type_params",),
    "django_tenants.models:TenantMixin.save": ("_check_schema_name_is_unique",),
    "drf_spectacular.views:SpectacularAPIView._get_schema_response": ("_get_version_parameter",),
    "csp.middleware:CSPMiddleware.get_policy_parts": ("_csp_update",),
}
