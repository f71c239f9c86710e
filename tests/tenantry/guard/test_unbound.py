"""Querysets in class attributes can be used in every tenant, and cache no rows."""

import copy
import pickle
from collections.abc import Callable

import pytest
from django import forms
from django.contrib.admin import AdminSite, ModelAdmin
from django.db.models import Prefetch, QuerySet
from django.test import RequestFactory
from django.views.generic import ListView
from django_filters import rest_framework as filters
from rest_framework import generics, serializers
from rest_framework.validators import UniqueValidator

from shared_apps.organizations.models import Organization
from tenantry.context import tenant_context
from tenantry.errors import NoTenantError
from tenantry.guard.origin import origin_of
from tests.tenantry.guard.conftest import SAME_ID
from tests.tenantry.guard.test_querysets import READS
from tests.tenantry.guard_app.models import Document, Draft

pytestmark = pytest.mark.usefixtures("acme_document", "globex_document")

EVERYTHING = Document.objects.all()
FILTERED = Document.objects.filter(pk__gte=1).order_by("pk")
WITH_CHILDREN = Document.objects.prefetch_related(
    Prefetch("children", Document.objects.select_related("parent")), "tags"
)


class DocumentForm(forms.Form):
    document = forms.ModelChoiceField(queryset=EVERYTHING)


class DocumentModelForm(forms.ModelForm[Document]):
    class Meta:
        model = Document
        fields = ("title", "parent")


class DocumentSerializer(serializers.ModelSerializer[Document]):
    title = serializers.CharField(validators=[UniqueValidator(queryset=EVERYTHING)])
    parent = serializers.PrimaryKeyRelatedField(queryset=EVERYTHING)  # type: ignore[assignment]
    tags = serializers.PrimaryKeyRelatedField(queryset=EVERYTHING, many=True, required=False)

    class Meta:
        model = Document
        fields = ("id", "title", "parent", "tags")


class DocumentFilter(filters.FilterSet):
    parent = filters.ModelChoiceFilter(queryset=EVERYTHING)

    class Meta:
        model = Document
        fields = ("parent",)


class DocumentList(ListView[Document]):
    queryset = FILTERED


class DocumentAPI(generics.ListAPIView[Document]):
    queryset = WITH_CHILDREN
    serializer_class = DocumentSerializer


def titles_from_form() -> list[str]:
    field = DocumentForm().fields["document"]
    assert isinstance(field, forms.ModelChoiceField)
    return [str(label) for value, label in list(field.choices)[1:]]  # type: ignore[arg-type]


def titles_from_selected_in_form() -> list[str]:
    form = DocumentForm({"document": SAME_ID})
    assert form.is_valid()
    return [form.cleaned_data["document"].title]


def titles_from_model_form() -> list[str]:
    form = DocumentModelForm({"title": "child", "parent": SAME_ID})
    return [str(form.save().parent)]


def titles_from_serializer() -> list[str]:
    serializer = DocumentSerializer(data={"title": "child", "parent": SAME_ID})
    serializer.is_valid(raise_exception=True)
    return [str(serializer.save().parent)]


def titles_from_browsable_choices() -> list[str]:
    field = DocumentSerializer().fields["parent"]
    assert isinstance(field, serializers.PrimaryKeyRelatedField)
    return list(field.choices.values())


def titles_from_filter() -> list[str]:
    Document.objects.create(title="child", parent_id=SAME_ID)
    return [str(row.parent) for row in DocumentFilter({"parent": SAME_ID}, queryset=EVERYTHING).qs]


def titles_from_list_view() -> list[str]:
    view = DocumentList()
    view.setup(RequestFactory().get("/"))
    return [document.title for document in view.get_queryset()]


def titles_from_api_view() -> list[str]:
    view = DocumentAPI()
    rows = view.get_queryset()
    assert [list(row.children.all()) for row in rows] == [[]]
    return [row.title for row in rows]


def titles_from_admin() -> list[str]:
    admin = ModelAdmin(Document, AdminSite())
    request = RequestFactory().get("/")
    field = admin.formfield_for_dbfield(Document._meta.get_field("parent"), request)
    assert isinstance(field, forms.ModelChoiceField)
    assert list(field.queryset or []) == list(admin.get_queryset(request))
    return [document.title for document in admin.get_queryset(request)]


CONSUMERS: dict[str, Callable[[], list[str]]] = {
    "form": titles_from_form,
    "selected in form": titles_from_selected_in_form,
    "model form": titles_from_model_form,
    "serializer": titles_from_serializer,
    "browsable choices": titles_from_browsable_choices,
    "filter": titles_from_filter,
    "list view": titles_from_list_view,
    "api view": titles_from_api_view,
    "admin": titles_from_admin,
    "itself": lambda: [document.title for document in EVERYTHING],
    "a copy": lambda: [document.title for document in EVERYTHING.all()],
    "deepcopy": lambda: [document.title for document in copy.deepcopy(EVERYTHING)],
    "pickle": lambda: [document.title for document in pickle.loads(pickle.dumps(EVERYTHING))],
}


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_each_tenant_gets_its_own_rows_from_a_class_attribute(
    consumer: str, acme: Organization, globex: Organization
) -> None:
    for organization in (acme, globex, acme, globex):
        with tenant_context(organization):
            assert CONSUMERS[consumer]() == [f"{organization.schema_name}'s"]
            Document.objects.exclude(pk=SAME_ID).delete()


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("rows", [EVERYTHING, FILTERED, WITH_CHILDREN])
def test_a_class_attribute_belongs_to_no_tenant_after_it_was_read(
    rows: QuerySet[Document], read: str, acme: Organization, globex: Organization
) -> None:
    for organization in (acme, globex):
        with tenant_context(organization):
            READS[read](rows)
            assert [origin_of(row) for row in rows] == [organization.schema_name]
    with pytest.raises(NoTenantError):
        READS[read](rows)


def test_rows_are_read_again_each_time(acme: Organization) -> None:
    with tenant_context(acme):
        assert len(EVERYTHING) == 1
        Document.objects.create(title="second")
        assert len(EVERYTHING) == 2


def test_a_class_attribute_that_threads_share_does_not_change(
    acme: Organization, globex: Organization
) -> None:
    before = dict(vars(EVERYTHING))
    with tenant_context(acme):
        of_acme = iter(EVERYTHING)
    with tenant_context(globex):
        of_globex = iter(EVERYTHING)
    assert vars(EVERYTHING) == before
    assert vars(EVERYTHING.query)["schema"] is None
    assert [row.title for row in of_acme] == ["acme's"]
    assert [row.title for row in of_globex] == ["globex's"]


def test_a_prefetch_object_can_be_pickled_without_a_tenant(
    acme: Organization,
) -> None:
    prefetch = pickle.loads(pickle.dumps(Prefetch("children", FILTERED)))
    with tenant_context(acme):
        assert list(Document.objects.prefetch_related(prefetch)[0].children.all()) == []


def test_the_sql_can_be_printed_without_a_tenant() -> None:
    assert Document._meta.db_table in str(EVERYTHING.query)


def test_a_prefetch_stores_no_object_in_a_class_attribute(
    acme: Organization, globex: Organization
) -> None:
    children = Document.objects.all()
    prefetch = Prefetch("children", children)
    with tenant_context(acme):
        list(Document.objects.prefetch_related(prefetch))
    assert vars(children)["_hints"] == {}


def test_a_queryset_of_a_proxy_can_be_used_in_every_tenant(
    acme: Organization, globex: Organization
) -> None:
    drafts = Draft.objects.all()
    for organization in (acme, globex):
        with tenant_context(organization):
            assert [draft.title for draft in drafts] == [f"{organization.schema_name}'s"]


@pytest.mark.parametrize("rows", [Document.objects.none(), EVERYTHING.none().filter(title="x")])
def test_none_needs_no_tenant(rows: QuerySet[Document]) -> None:
    assert (list(rows), rows.count(), rows.exists(), rows.first()) == ([], 0, False, None)
    with pytest.raises(NoTenantError):
        rows.create(title="x")
    with pytest.raises(NoTenantError):
        rows.bulk_create([Document(title="x")])
