"""Your apps and settings. Releases of Tenantry never change this file.

A setting here replaces the setting of the same name in config/settings.py. URLs of your apps are in
config/custom_urls.py.
"""

# Apps with tables in each organization's schema, such as "tenant_apps.notes".
EXTRA_TENANT_APPS: list[str] = []

# Apps with tables in `public`.
EXTRA_SHARED_APPS: list[str] = []
