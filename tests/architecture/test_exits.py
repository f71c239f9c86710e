"""Code that leaves a tenant's role is listed here: a new place needs a look."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KEEPS_THE_TENANT = re.compile(r"\bas_owner[(,]")
LEAVES_THE_TENANT = re.compile(r"tenant_context\(None\)(?!:`)")  # No messages.

# The number of places in each file. `as_owner` demands a reason, which is there.
AS_OWNER = {
    "shared_apps/access/templatetags/organizations.py": 1,
    "shared_apps/api/idempotency.py": 3,
    "shared_apps/audit/log.py": 1,
    "shared_apps/jobs/backend.py": 1,
    "shared_apps/jobs/queue.py": 1,
    "shared_apps/staff/tenants.py": 3,
    "shared_apps/webhooks/api.py": 1,
    "shared_apps/webhooks/events.py": 1,
    "shared_apps/webhooks/tasks.py": 1,
}
WITHOUT_TENANT = {
    "shared_apps/accounts/second_factor/services.py": 2,
    "shared_apps/access/backends.py": 2,
    "shared_apps/access/keys.py": 3,
    "shared_apps/access/organization_api.py": 3,
    "shared_apps/access/organization_pages.py": 6,
    "shared_apps/access/sessions.py": 2,
    "shared_apps/access/tokens.py": 1,
    "shared_apps/members/api.py": 3,
    "shared_apps/members/pages.py": 2,
    "shared_apps/organizations/acceptance.py": 4,
    "shared_apps/organizations/founding.py": 1,
    "shared_apps/organizations/invitations.py": 3,
    "shared_apps/organizations/models.py": 2,
    "shared_apps/organizations/owners.py": 1,
    "shared_apps/organizations/ownership.py": 3,
    "shared_apps/organizations/services.py": 3,
    "shared_apps/people/services.py": 1,
    "shared_apps/testing/jobs.py": 1,
    "shared_apps/testing/members.py": 1,
    "shared_apps/users/password_services.py": 3,
    "shared_apps/users/services.py": 11,
    "shared_apps/users/sessions.py": 6,
    "shared_apps/webhooks/mails.py": 1,
}


@pytest.mark.parametrize(
    ("leaves", "listed"), [(KEEPS_THE_TENANT, AS_OWNER), (LEAVES_THE_TENANT, WITHOUT_TENANT)]
)
def test_the_service_leaves_a_tenant_s_role_only_here(
    leaves: re.Pattern[str], listed: dict[str, int]
) -> None:
    tracked = ["git", "ls-files", "config", "shared_apps", "tenant_apps"]
    names = subprocess.check_output(tracked, cwd=ROOT, text=True).split()
    paths = {name: ROOT / name for name in names if (ROOT / name).exists()}  # Apps can be deleted.

    found = {
        name: len(leaves.findall(path.read_text(errors="replace"))) for name, path in paths.items()
    }

    assert +Counter(found) == listed
