"""The WSGI application: `config.wsgi:application`."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# What is loaded now stays. Python looks for what requests left in cycles, as each of Django REST
# framework's does, once that is a quarter of all that it watches: it now watches little.
# https://docs.python.org/3/library/gc.html#gc.freeze
gc.collect()
gc.freeze()
