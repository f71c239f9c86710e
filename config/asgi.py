"""The ASGI application: `config.asgi:application`."""

import gc
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from shared_apps.core.bodies import BoundedASGIHandler  # noqa: E402 (it needs the settings)
from tenantry.fleet.reserved import require_no_taken_names_at_start  # noqa: E402

application = BoundedASGIHandler()
require_no_taken_names_at_start()

# As in `config.wsgi`.
gc.collect()
gc.freeze()
