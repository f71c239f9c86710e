"""A module that is imported in a request does not get the tenant of the request."""

import importlib
import importlib.util
import py_compile
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from shared_apps.organizations.models import Organization
from tenantry.context import active_schema, tenant_context
from tenantry.errors import NoTenantError
from tests.conftest import InThread

SOURCE = """
from django import forms
from django_filters import rest_framework as filters
from rest_framework import generics, serializers
from rest_framework.validators import UniqueValidator
from tests.tenantry.guard_app.models import Cover, Document

class Form(forms.Form):
    document = forms.ModelChoiceField(queryset=Document.objects.all())

class ModelForm(forms.ModelForm):
    class Meta:
        model = Cover
        fields = ("document",)

class Serializer(serializers.Serializer):
    document = serializers.PrimaryKeyRelatedField(queryset=Document.objects.all())
    title = serializers.CharField(validators=[UniqueValidator(queryset=Document.objects.all())])

class FilterSet(filters.FilterSet):
    document = filters.ModelChoiceFilter(queryset=Document.objects.filter(pk__gte=1))

    class Meta:
        model = Cover
        fields = ("document",)

class View(generics.ListAPIView):
    queryset = Document.objects.all()
"""
READ_SCHEMA = "schema = active_schema()"
SOURCE_READING_SCHEMA = f"from tenantry.context import active_schema, tenant_context\n{READ_SCHEMA}"
QUERYSETS: dict[str, Callable[[Any], Any]] = {
    "form": lambda module: module.Form().fields["document"].queryset,
    "model form": lambda module: module.ModelForm().fields["document"].queryset,
    "serializer": lambda module: module.Serializer().fields["document"].get_queryset(),
    "validator": lambda module: module.Serializer().fields["title"].validators[0].queryset.all(),
    "filter set": lambda module: module.FilterSet().filters["document"].extra["queryset"].all(),
    "view": lambda module: module.View().get_queryset(),
}


NAME = "imported_inside_a_request"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to import from. Its modules are removed after the test."""
    monkeypatch.syspath_prepend(tmp_path)
    before = {*sys.modules}
    yield tmp_path
    for name in {*sys.modules} - before:
        if getattr(sys.modules[name], "__file__", "").startswith(str(tmp_path)):
            del sys.modules[name]


def imported(folder: Path, source: str) -> ModuleType:
    (folder / f"{NAME}.py").write_text(source)
    return importlib.import_module(NAME)


def imported_by_another(folder: Path, source: str) -> ModuleType:
    (folder / "outer.py").write_text(f"import {NAME} as inner\n{source}")
    (folder / f"{NAME}.py").write_text(source)
    importlib.import_module("outer")
    return sys.modules[NAME]


def imported_after_another(folder: Path, source: str) -> ModuleType:
    (folder / "inner.py").write_text("")
    return imported(folder, f"import inner\n{source}")


def reloaded(folder: Path, source: str) -> ModuleType:
    return importlib.reload(imported(folder, source))


def loaded_by_hand(folder: Path, source: str) -> ModuleType:
    path = folder / "plugin.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location("plugin", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def loaded_without_source(folder: Path, source: str) -> ModuleType:
    path = folder / "source.txt"
    path.write_text(source)
    py_compile.compile(str(path), cfile=str(folder / f"{NAME}.pyc"))
    return importlib.import_module(NAME)


def loaded_from_a_zip(folder: Path, source: str) -> ModuleType:
    with zipfile.ZipFile(folder / "modules.zip", "w") as archive:
        archive.writestr(f"{NAME}.py", source)
    sys.path.insert(0, str(folder / "modules.zip"))
    return importlib.import_module(NAME)


def loaded_at_first_use(folder: Path, source: str) -> ModuleType:
    (folder / f"{NAME}.py").write_text(source)
    spec = importlib.util.find_spec(NAME)
    assert spec
    assert spec.loader
    loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


IMPORTS: dict[str, Callable[[Path, str], ModuleType]] = {
    "import": imported,
    "by another": imported_by_another,
    "after another": imported_after_another,
    "reload": reloaded,
    "by hand": loaded_by_hand,
    "without source": loaded_without_source,
    "from a zip": loaded_from_a_zip,
    "at first use": loaded_at_first_use,
}


@pytest.mark.usefixtures("acme_document", "globex_document")
@pytest.mark.parametrize("queryset", QUERYSETS)
def test_querysets_of_a_module_can_be_used_in_every_tenant(
    queryset: str, folder: Path, acme: Organization, globex: Organization
) -> None:
    with tenant_context(acme):
        module = imported(folder, SOURCE)
    for organization in (acme, globex, acme):
        with tenant_context(organization):
            rows = QUERYSETS[queryset](module)
            assert [row.title for row in rows] == [f"{organization.schema_name}'s"]


@pytest.mark.parametrize("how", IMPORTS)
def test_a_module_is_imported_without_a_tenant_and_the_request_keeps_its_own(
    how: str, folder: Path
) -> None:
    with tenant_context("acme"):
        module = IMPORTS[how](folder, SOURCE_READING_SCHEMA)
        assert module.schema is None
        assert active_schema() == "acme"


def test_the_request_keeps_its_tenant_if_the_import_fails(folder: Path) -> None:
    with tenant_context("acme"):
        with pytest.raises(ZeroDivisionError):
            imported(folder, "1 / 0")
        assert active_schema() == "acme"


def test_a_module_can_activate_a_tenant(folder: Path) -> None:
    source = f"with tenant_context('globex'):\n    {READ_SCHEMA}"
    with tenant_context("acme"):
        assert imported(folder, f"{SOURCE_READING_SCHEMA}\n{source}").schema == "globex"


def test_a_query_during_an_import_raises(folder: Path) -> None:
    source = "from tests.tenantry.guard_app.models import Tag\nTag.objects.first()"
    with tenant_context("acme"), pytest.raises(NoTenantError):
        imported(folder, source)


def test_another_thread_keeps_its_tenant_during_an_import(
    folder: Path, in_thread: InThread
) -> None:
    source = f"import sys\ncontext = sys.modules[{__name__!r}]\ncontext.importing.set()\n"
    source += f"context.read.wait(10)\n{SOURCE_READING_SCHEMA}"

    @tenant_context("globex")
    def read_schema() -> str | None:
        importing.wait(10)
        schema = active_schema()
        read.set()
        return schema

    other = in_thread(read_schema)
    with tenant_context("acme"):
        module = imported(folder, source)
    assert (module.schema, other.result()) == (None, "globex")


importing, read = threading.Event(), threading.Event()
