"""The WSGI application: `config.wsgi:application`."""

import gc
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from shared_apps.core.bodies import BoundedWSGIHandler  # noqa: E402 (it needs the settings)
from tenantry.fleet.reserved import require_no_taken_names_at_start  # noqa: E402

application = BoundedWSGIHandler()
require_no_taken_names_at_start()

# What is loaded now stays. Python looks for what requests left in cycles, as each of Django REST
# framework's does, once that is a quarter of all that it watches: it now watches little.
# https://docs.python.org/3/library/gc.html#gc.freeze
gc.collect()
gc.freeze()
