"""URLs of your apps. Releases of Tenantry never change this file.

They come after those of items and orders and before all others.
"""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
