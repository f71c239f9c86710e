"""What a view can rely on after the middleware let a request in."""

from rest_framework.request import Request

from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role
from shared_apps.users.models import User

from .principal import Principal


class CallerRequest(Request):
    """A request whose caller is known."""

    user: User
    principal: Principal


class TenantRequest(CallerRequest):
    """A request that works in an organization."""

    organization: Organization
    role: Role
