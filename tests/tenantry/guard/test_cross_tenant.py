"""cross_tenant(reason=...) allows objects of one tenant in another."""

import pytest

from shared_apps.organizations.models import Organization
from tenantry.context import tenant_context
from tenantry.errors import CrossTenantError, NoTenantError
from tenantry.guard import cross_tenant
from tenantry.guard.origin import origin_of
from tests.tenantry.guard.conftest import SAME_ID
from tests.tenantry.guard_app.models import Document, Tag


def test_an_object_is_saved_in_the_active_tenant_and_belongs_to_it(
    acme_document: Document, globex_document: Document, acme: Organization, globex: Organization
) -> None:
    with tenant_context(globex), cross_tenant(reason="Globex takes over acme's documents."):
        acme_document.save()
    assert origin_of(acme_document) == "globex"
    with tenant_context(globex):
        assert Document.objects.get(pk=SAME_ID).title == "acme's"
        acme_document.save()
    with tenant_context(acme), pytest.raises(CrossTenantError):
        acme_document.save()


def test_relations_queries_and_older_querysets_are_allowed(
    acme_document: Document, globex_document: Document, acme: Organization, globex: Organization
) -> None:
    with tenant_context(acme):
        documents = Document.objects.all()
        raw = Document.objects.raw(f"SELECT * FROM {Document._meta.db_table}")
    with tenant_context(globex), cross_tenant(reason="A test."):
        globex_document.parent = acme_document
        assert not Document.objects.filter(parent=acme_document).exists()
        assert [(row.title, origin_of(row)) for row in documents] == [("globex's", "globex")]
        assert [(row.title, origin_of(row)) for row in raw] == [("globex's", "globex")]
        assert list(acme_document.children.all()) == []


def test_cross_tenant_decorates_a_function(acme_document: Document, globex: Organization) -> None:
    @cross_tenant(reason="A test.")
    def copy_to_globex() -> None:
        acme_document.save()

    with tenant_context(globex):
        copy_to_globex()
        assert Document.objects.get().title == "acme's"
        with pytest.raises(CrossTenantError):
            Tag.objects.create(name="new").documents.add(_of_acme(acme_document))


def _of_acme(document: Document) -> Document:
    with tenant_context("acme"):
        return Document.objects.get(pk=document.pk)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_an_empty_reason_raises(reason: str) -> None:
    with pytest.raises(ValueError, match="needs a reason"), cross_tenant(reason=reason):
        pass


def test_cross_tenant_ends_with_its_block_and_after_an_error(
    acme_document: Document, globex: Organization
) -> None:
    with tenant_context(globex):
        with pytest.raises(KeyError), cross_tenant(reason="A test."), cross_tenant(reason="Again."):
            raise KeyError
        with pytest.raises(CrossTenantError):
            acme_document.save()


def test_cross_tenant_needs_an_active_tenant(acme_document: Document) -> None:
    with pytest.raises(NoTenantError), cross_tenant(reason="A test."):
        acme_document.save()
