"""The ASGI application: `config.asgi:application`."""

import gc
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from shared_apps.core.bodies import BoundedASGIHandler  # noqa: E402 (it needs the settings)
from tenantry.checks.start import require_usable_database  # noqa: E402

application = BoundedASGIHandler()
require_usable_database()

# As in `config.wsgi`.
gc.collect()
gc.freeze()
