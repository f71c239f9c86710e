# ruff: noqa: PLW0108 (managers are used in a tenant only)
"""Each object has the schema of its tenant, whether loaded, copied, pickled or related."""

import copy
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db.models import FilteredRelation, Model, Prefetch, QuerySet

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenantry.compiled import compiled
from tenantry.context import tenant_context
from tenantry.errors import CrossTenantError
from tenantry.guard.origin import UNKNOWN, origin_of
from tests.tenantry.guard.conftest import SAME_ID
from tests.tenantry.guard_app.models import Badge, Comment, Contract, Cover, Document, Draft, Tag
from tests.tenantry.guard_shared.models import Bookmark

pytestmark = pytest.mark.usefixtures("acme_document", "globex_document", "alice_in_globex")

TABLE = Document._meta.db_table


@compiled
def users(key: int) -> QuerySet[User]:
    return User.objects.filter(pk=key).select_related("badge__document")


LOADS: dict[str, Callable[[], Any]] = {
    "iterate": lambda: next(iter(Document.objects.all())),
    "get": lambda: Document.objects.get(pk=SAME_ID),
    "first": Document.objects.first,
    "last": Document.objects.last,
    "index": lambda: Document.objects.all()[0],
    "in_bulk": lambda: Document.objects.in_bulk([SAME_ID])[SAME_ID],
    "iterator": lambda: next(Document.objects.iterator()),
    "only": lambda: Document.objects.only("pk").get(),
    "defer": lambda: Document.objects.defer("title").get(),
    "select_for_update": lambda: Document.objects.select_for_update().get(),
    "using": lambda: Document.objects.using("default").get(),
    "raw": lambda: Document.objects.raw(f"SELECT * FROM {TABLE}")[0],
    "raw using": lambda: Document.objects.raw(f"SELECT * FROM {TABLE}", using="default")[0],
    "raw prefetched": lambda: (
        Document.objects.prefetch_related("parent")
        .raw(f"SELECT * FROM {TABLE} WHERE id = %s", [child().pk])[0]
        .parent
    ),
    "union": lambda: Document.objects.all().union(Document.objects.all()).get(),
    "base manager": lambda: Document._base_manager.get(),
    "proxy": lambda: Draft.objects.get(),
    "create": lambda: Tag.objects.create(name="new"),
    "save": lambda: saved(Tag(name="new")),
    "save using": lambda: saved(Tag(name="new"), using="default"),
    "get_or_create": lambda: Tag.objects.get_or_create(name="new")[0],
    "update_or_create": lambda: Document.objects.update_or_create({"title": "x"}, pk=SAME_ID)[0],
    "bulk_create": lambda: Tag.objects.bulk_create([Tag(name="new")])[0],
    "bulk_create with a key": lambda: Tag.objects.bulk_create([Tag(pk=9, name="new")])[0],
    "bulk_create using": lambda: Tag.objects.using("default").bulk_create([Tag(name="new")])[0],
    "inherited": lambda: Contract.objects.create(title="x", partner="y"),
    "parent of inherited": lambda: parent_of(Contract.objects.create(partner="y")),
    "parent loaded": lambda: parent_of(reloaded(Contract.objects.create(partner="y"))),
    "child of parent": lambda: (
        Document.objects.get(pk=Contract.objects.create(partner="y").pk).contract
    ),
    "forward": lambda: reloaded(child()).parent,
    "select_related": lambda: Document.objects.select_related("parent").get(pk=child().pk).parent,
    "prefetched forward": lambda: (
        Document.objects.prefetch_related("parent").get(pk=child().pk).parent
    ),
    "reverse": lambda: child().parent.children.get(),
    "reverse one to one": lambda: (
        reloaded(Cover.objects.create(document_id=SAME_ID)).document.cover
    ),
    "select_related reverse": lambda: (
        Document.objects.select_related("cover")
        .get(pk=Cover.objects.create(document_id=SAME_ID).document_id)
        .cover
    ),
    "prefetched reverse": lambda: (
        Document.objects.prefetch_related("children").get(pk=child().parent_id).children.all()[0]
    ),
    "prefetch object": lambda: prefetched_into_list(
        Document.objects.prefetch_related(
            Prefetch("children", Document.objects.all(), to_attr="found")
        ).get(pk=child().parent_id)
    ),
    "many to many": lambda: tagged().tags.get(),
    "many to many created": lambda: Document.objects.get().tags.create(name="new"),
    "refreshed": lambda: refreshed(Document.objects.get()),
    "refreshed using": lambda: refreshed(Document.objects.get(), using="default"),
    "refreshed from a queryset": lambda: refreshed(
        Document.objects.get(), from_queryset=Document.objects.using("default")
    ),
    "copy": lambda: copy.copy(Document.objects.get()),
    "deepcopy": lambda: copy.deepcopy(Document.objects.get()),
    "pickle": lambda: pickle.loads(pickle.dumps(Document.objects.get())),
    "pickled queryset": lambda: pickle.loads(pickle.dumps(Document.objects.all()))[0],
    "generic target": lambda: reloaded(Comment.objects.create(about=tagged())).about,
    "generic target of a shared object": lambda: (
        Bookmark.objects.get(pk=Bookmark.objects.create(target=tagged()).pk).target
    ),
    "prefetched generic target": lambda: (
        Comment.objects.prefetch_related("about")
        .get(pk=Comment.objects.create(about=tagged()).pk)
        .about
    ),
    "generic prefetch": lambda: (
        Comment.objects.prefetch_related(GenericPrefetch("about", [Document.objects.all()]))
        .get(pk=Comment.objects.create(about=tagged()).pk)
        .about
    ),
    "object of a content type": lambda: ContentType.objects.get_for_model(
        Document
    ).get_object_for_this_type(pk=SAME_ID),
    "objects of a content type": lambda: ContentType.objects.get_for_model(
        Document
    ).get_all_objects_for_this_type(pk=SAME_ID)[0],
    "generic reverse": lambda: comment_on(Document.objects.get(pk=SAME_ID)).comments.get(),
    "base manager using": lambda: Document._base_manager.using("default").get(),
    "plain queryset": lambda: QuerySet(Document).using("default").get(),
    "select_related from a shared object": lambda: holders().select_related("badge").get().badge,
    "the same using": lambda: holders().using("default").select_related("badge").get().badge,
    "the same further": lambda: holders().select_related("badge__document").get().badge.document,
    "the same lazily": lambda: next(holders().select_related("badge").iterator()).badge,
    "the same by a filtered relation": lambda: (
        holders().annotate(b=FilteredRelation("badge")).select_related("b").get().b  # type: ignore[misc]
    ),
    "prefetched from a shared object": lambda: holders().prefetch_related("badge").get().badge,
    "compiled from a shared object": lambda: next(iter(users(key=holders().get().pk))).badge,
    "written by a user": lambda: written().author.written_documents.get(),
}


def a_user() -> User:
    return User.objects.get(name="Alice")


def holders() -> QuerySet[User]:
    """Return Alice, with a badge for the document."""
    Badge.objects.update_or_create(user=a_user(), defaults={"document_id": SAME_ID})
    return User.objects.filter(name="Alice")


def comment_on(document: Document) -> Document:
    Comment.objects.create(about=document)
    return document


def saved(instance: Model, **kwargs: Any) -> Model:
    instance.save(**kwargs)
    return instance


def refreshed(instance: Model, **kwargs: Any) -> Model:
    instance.refresh_from_db(**kwargs)
    return instance


def parent_of(contract: Any) -> Document:
    parent: Document = contract.document_ptr
    return parent


def prefetched_into_list(instance: Any) -> Any:
    return instance.found[0]


def reloaded(instance: Model) -> Any:
    return type(instance)._default_manager.get(pk=instance.pk)


def child() -> Any:
    return Document.objects.create(title="child", parent=Document.objects.get(pk=SAME_ID))


def tagged() -> Document:
    document = Document.objects.get(pk=SAME_ID)
    document.tags.add(Tag.objects.create(name="new"))
    return document


def written() -> Any:
    author = User.objects.get(name="Alice")
    return Document.objects.create(title="written", author=author)


@pytest.mark.parametrize("load", LOADS)
def test_each_loaded_object_has_the_schema_of_its_tenant(
    load: str, acme: Organization, globex: Organization
) -> None:
    for organization in (acme, globex):
        with tenant_context(organization):
            assert origin_of(LOADS[load]()) == organization.schema_name


@pytest.mark.parametrize("load", LOADS)
def test_no_loaded_object_overwrites_the_row_with_its_id_in_another_tenant(
    load: str, acme: Organization, globex: Organization
) -> None:
    with tenant_context(acme):
        instance = LOADS[load]()
    with tenant_context(globex), pytest.raises(CrossTenantError, match=f" {instance.pk} "):
        instance.save()


@pytest.mark.parametrize(
    "lazily",
    [
        lambda: Document.objects.iterator(),
        lambda: Document.objects.raw(f"SELECT * FROM {TABLE} ORDER BY id").iterator(),
    ],
)
def test_rows_that_are_read_later_have_the_schema_of_their_query(
    lazily: Callable[[], Iterator[Document]], acme: Organization, globex: Organization
) -> None:
    with tenant_context(acme):
        Document.objects.create(pk=SAME_ID + 1, title="second")
        rows = lazily()
        first = next(rows)
    with tenant_context(globex):
        second = next(rows)
    assert (first.title, second.title) == ("acme's", "second")
    assert (origin_of(first), origin_of(second)) == ("acme", "acme")


def test_a_new_object_belongs_to_no_tenant_until_it_is_saved(
    acme: Organization, globex: Organization
) -> None:
    with tenant_context(acme):
        tag = Tag(name="new")
        assert origin_of(tag) is None
    with tenant_context(globex):
        tag.save()
        assert Tag.objects.get() == tag
    assert origin_of(tag) == "globex"


def test_a_new_object_belongs_to_the_tenant_of_the_first_object_it_is_related_to(
    acme: Organization, globex: Organization
) -> None:
    with tenant_context(acme):
        new = Document(title="new", parent=Document.objects.get())
    assert origin_of(new) == "acme"
    with tenant_context(globex), pytest.raises(CrossTenantError):
        new.save()


def test_shared_objects_belong_to_no_tenant(acme: Organization, globex: Organization) -> None:
    with tenant_context(acme):
        author = written().author
        assert origin_of(reloaded(written()).author) is None
    with tenant_context(globex):
        author.refresh_from_db()
        Document.objects.create(title="of the same author", author=author)


def test_an_object_of_from_db_cannot_be_saved(acme: Organization) -> None:
    with tenant_context(acme):
        document = Document.from_db("default", ["id", "title"], [SAME_ID, "by hand"])
        assert origin_of(document) == UNKNOWN
        with pytest.raises(CrossTenantError, match="comes from an unknown schema"):
            document.save()


def test_a_copy_with_a_new_key_belongs_to_the_same_tenant(
    acme_document: Document, globex: Organization
) -> None:
    acme_document.pk = None
    acme_document._state.adding = True
    with tenant_context(globex), pytest.raises(CrossTenantError):
        acme_document.save()


def test_objects_with_one_id_in_two_tenants_are_not_equal(
    acme_document: Document, globex_document: Document, globex: Organization
) -> None:
    assert acme_document != globex_document
    assert len({acme_document, globex_document}) == 2
    with tenant_context(globex):
        again = Document.objects.get(pk=SAME_ID)
        assert again == globex_document
        assert again == Draft.objects.get(pk=SAME_ID)
        assert acme_document not in Document.objects.all()
    assert Document(pk=SAME_ID) == acme_document
    assert acme_document != acme_document.pk
