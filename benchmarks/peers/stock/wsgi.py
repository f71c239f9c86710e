"""The WSGI application of the django-tenants peer."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.peers.stock.settings"

application = get_wsgi_application()
