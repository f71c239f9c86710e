"""Commands of the service as separate processes, with the settings of production."""

import os
import subprocess
import sys

from dev.process import ROOT
from tests.isolation.servers import Server


def production(server: Server) -> dict[str, str]:
    """Return the environment of the service on a database."""
    own = {
        "DATABASE_URL": server.url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEBUG": "false",
        "ALLOWED_HOSTS": "127.0.0.1",
        "REDIS_URL": "",
    }
    return os.environ | own


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Run a command, and return its output."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout
