"""A program that imports every module of the engine and prints the loaded packages.

It does not import the pytest plugin.
"""

import sys
from importlib import import_module
from pathlib import Path

import django
from django.conf import settings

APPS = ["tenantry", "django_tenants", "django.contrib.contenttypes"]

if __name__ == "__main__":
    settings.configure(
        DATABASES={"default": {"ENGINE": "tenantry.postgres"}},
        DATABASE_ROUTERS=["django_tenants.routers.TenantSyncRouter"],
        INSTALLED_APPS=APPS,
        SHARED_APPS=APPS,
        TENANT_APPS=APPS[2:],
        TENANT_MODEL="customers.Client",
    )
    django.setup()
    (engine,) = import_module("tenantry").__path__
    for file in Path(engine).rglob("*.py"):
        module = ("tenantry", *file.relative_to(engine).with_suffix("").parts)
        if "testing" not in module:
            import_module(".".join(module).removesuffix(".__init__"))
    packages = {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names
    sys.stdout.write(" ".join(sorted(each for each in packages if not each.startswith("_"))))
