"""Code that leaves a tenant's role is listed here, with the reason that it states."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXIT = re.compile(r"as_owner[(,]\s*reason=\"([^\"]+)\"")
SERVICE = {
    "shared_apps/access/templatetags/organizations.py": {"Memberships are in `public`."},
    "shared_apps/api/idempotency.py": {"The keys of all organizations are in one table."},
    "shared_apps/audit/log.py": {"A tenant's role cannot write the audit log."},
    "shared_apps/staff/tenants.py": {
        "The admin log is in `public`.",
        "Organizations are in `public`.",
    },
}


def test_the_service_leaves_a_tenant_s_role_only_here() -> None:
    listed = ["git", "ls-files", "config", "shared_apps", "tenant_apps"]
    files = subprocess.check_output(listed, cwd=ROOT, text=True).split()
    paths = {name: ROOT / name for name in files if (ROOT / name).exists()}  # Apps can be deleted.
    texts = {name: path.read_text(errors="replace") for name, path in paths.items()}

    used = {name for name, text in texts.items() if "as_owner(" in text or "(as_owner" in text}

    assert {name: set(EXIT.findall(texts[name])) for name in used} == SERVICE
