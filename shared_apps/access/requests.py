"""Types of requests that the middleware has processed."""

from rest_framework.request import Request

from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role
from shared_apps.users.models import User
from shared_apps.users.service_accounts import ServiceAccount

from .principal import Principal


class CallerRequest(Request):
    user: User | ServiceAccount  # type: ignore[assignment]
    principal: Principal


class TenantRequest(CallerRequest):
    organization: Organization
    role: Role
