"""What SQL finds in the table of users while an organization is active."""

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenantry.context import tenant_context


def people_of(organization: Organization) -> dict[str, str]:
    """Return the names of the organization's people by email."""
    with tenant_context(organization):
        return dict(User.objects.values_list("email", "name"))
