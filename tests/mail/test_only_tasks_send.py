"""Mail is sent by its tasks only: they run after the commit, and try again."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SENDS = re.compile(
    r"django\.core\.mail|\b(send_mail|send_mass_mail|mail_admins|mail_managers|EmailMessage|"
    r"EmailMultiAlternatives|email_user)\b|smtplib|anymail"
)


def test_no_other_code_sends_mail() -> None:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    folders = ["config", "shared_apps", "tenant_apps", "tenantry"]
    files = subprocess.check_output([*listed, *folders], cwd=ROOT, text=True).split()
    texts = {
        name: (ROOT / name).read_text()
        for name in files
        if name.endswith(".py") and (ROOT / name).exists()
    }

    sending = {name for name, text in texts.items() if SENDS.search(text)}

    own = ("shared_apps/jobs/mail/", "config/mail.py", "config/settings.py")
    assert {name for name in sending if not name.startswith(own)} == set()
    assert "shared_apps/jobs/mail/delivery.py" in sending
