#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from shared_apps.core.commands import run
from tenantry.management.explained import explain_errors


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # The defaults are for requests; commands can take longer.
    os.environ.setdefault("STATEMENT_TIMEOUT", "0")
    os.environ.setdefault("IDLE_IN_TRANSACTION_TIMEOUT", "0")
    explain_errors()
    run(sys.argv)


if __name__ == "__main__":
    main()
