"""A missing name that the engine or the service replaces is an error at start."""

import re
from collections.abc import Callable
from importlib import import_module, reload
from importlib.metadata import version
from pathlib import Path
from pkgutil import resolve_name
from types import FunctionType

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django_tenants.models import TenantMixin

from shared_apps.core.patches import SERVICE
from shared_apps.organizations.models import Organization
from tenantry import patches
from tenantry.context import active_schema
from tenantry.postgres import compat

ROOT = Path(__file__).parents[2]

TABLES = (patches.BACKEND, patches.TENANT_MODEL, patches.APP, patches.COMMANDS, SERVICE)
REPLACED = [(path, name) for table in TABLES for path, names in table.items() for name in names]
ROW = re.compile(r"^\| `([\w.]+:[\w.]+)` \| ([^|]+) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
QUOTED = re.compile(r"`([^`]+)`")


@pytest.mark.parametrize(("path", "name"), REPLACED, ids=str)
def test_a_missing_name_is_an_error_at_start(
    path: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    patches.require({path: (name,)})
    version("Django")  # Imports modules, before the loaders are removed.
    with monkeypatch.context() as renamed:
        remove(path, name, renamed)
        with pytest.raises(ImproperlyConfigured) as error:
            patches.require({path: (name,)})

    assert f"tenantry needs {path} {name}, which the installed versions do not have (Django" in str(
        error.value
    )


def remove(path: str, name: str, patch: pytest.MonkeyPatch) -> None:
    """Remove the attribute of a class, or replace a function by one that uses no names."""
    owner = resolve_name(path)
    if isinstance(owner, FunctionType):
        parent, _, function = path.replace(":", ".").rpartition(".")
        patch.setattr(resolve_name(parent), function, lambda *_: None)
        return
    for each in owner.__mro__:
        if name in vars(each):
            patch.delattr(each, name)


def test_a_missing_class_is_an_error_at_start() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"needs django_tenants\.models:Moved, which"):
        patches.require({"django_tenants.models:Moved": ("__enter__",)})


def reloads(module: str) -> Callable[[], object]:
    return lambda: reload(import_module(module))


AT_START: dict[str, tuple[str, str, Callable[[], object]]] = {
    "the backend": (
        "django_tenants.utils:schema_context",
        "_recreate_cm",
        reloads("tenantry.postgres.compat"),
    ),
    "the tenant model": (
        "django_tenants.models:TenantMixin",
        "_previous_tenant",
        lambda: compat.patch_tenant_model(Organization),
    ),
    "the models": (
        "django.core.cache.backends.locmem:LocMemCache",
        "_delete",
        reloads("tenantry.models"),
    ),
    "tenant_command": (
        "django_tenants.management.commands.tenant_command:Command.handle",
        "get_tenant_from_options_or_interactive",
        reloads("tenantry.management.commands.tenant_command"),
    ),
    "all_tenants_command": (
        "django_tenants.management.commands.all_tenants_command:Command.handle",
        "get_tenants",
        reloads("tenantry.management.commands.all_tenants_command"),
    ),
    "the service": (
        "csp.middleware:CSPMiddleware.get_policy_parts",
        "_csp_update",
        lambda: apps.get_app_config("tenantry_organizations").ready(),
    ),
}


@pytest.mark.parametrize(("path", "name", "start"), AT_START.values(), ids=AT_START)
def test_the_start_checks_the_names(
    path: str, name: str, start: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    version("Django")
    remove(path, name, monkeypatch)

    with pytest.raises(ImproperlyConfigured, match=f"needs {path} {name}, which"):
        start()


def test_a_backend_that_is_imported_after_the_models_patches_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(TenantMixin, "__enter__", lambda _: pytest.fail("django-tenants' own"))

    compat._patch_mixin()

    with Organization(schema_name="acme"):
        assert active_schema() == "acme"


def test_upgrading_django_md_lists_each_name_with_existing_tests() -> None:
    rows = ROW.findall((ROOT / "docs" / "upgrading-django.md").read_text())

    listed = [(path, name) for path, names, _ in rows for name in QUOTED.findall(names)]
    tests = [QUOTED.findall(tests) for _, _, tests in rows]
    assert sorted(listed) == sorted(REPLACED)
    assert all(tests)
    assert [each for test in tests for each in test if not (ROOT / "tests" / each).exists()] == []
