"""The WSGI application: `config.wsgi:application`."""

import gc
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from shared_apps.core.bodies import BoundedWSGIHandler  # noqa: E402 (it needs the settings)
from tenantry.checks.start import require_usable_database  # noqa: E402

application = BoundedWSGIHandler()
require_usable_database()

# Each request of Django REST framework leaves reference cycles. A full collection runs when new
# objects are a quarter of all tracked ones. Without the objects loaded so far, it is short.
# https://docs.python.org/3/library/gc.html#gc.freeze
gc.collect()
gc.freeze()
