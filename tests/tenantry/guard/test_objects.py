"""Every use of an object of one tenant in another raises CrossTenantError.

The uses are grouped by the part of the guard that checks them.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.serializers.base import DeserializedObject
from django.db import IntegrityError, connection
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    Value,
    When,
    prefetch_related_objects,
)

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenantry.context import tenant_context
from tenantry.errors import CrossTenantError, NoTenantError
from tenantry.guard.origin import origin_of
from tenantry.guard.queryset import TenantManager
from tests.tenantry.guard.conftest import SAME_ID
from tests.tenantry.guard_app.models import Badge, Comment, Cover, Document, Page, Tag

Use = Callable[[Any, Any], Any]

# `there` belongs to acme and `here` to globex, and globex is active.
ROUTER_WITH_OBJECT: dict[str, Use] = {
    "save": lambda there, here: there.save(),
    "save some fields": lambda there, here: there.save(update_fields=["title"]),
    "delete": lambda there, here: there.delete(),
    "refresh": lambda there, here: there.refresh_from_db(),
    "forward": lambda there, here: there.parent,
    "reverse": lambda there, here: there.children.all(),
    "reverse one to one": lambda there, here: there.cover,
    "inherited": lambda there, here: there.contract,
    "many to many": lambda there, here: list(there.tags.all()),
    "many to many count": lambda there, here: there.tags.count(),
    "reverse create": lambda there, here: there.children.create(title="new"),
    "reverse get_or_create": lambda there, here: there.children.get_or_create(title="new"),
    "reverse update_or_create": lambda there, here: there.children.update_or_create(title="new"),
    "reverse add to": lambda there, here: there.children.add(here),
    "reverse set": lambda there, here: there.children.set([here]),
    "reverse clear": lambda there, here: there.children.clear(),
    "reverse remove from": lambda there, here: there.children.remove(Document(parent_id=there.pk)),
    "many to many add to": lambda there, here: there.tags.add(Tag.objects.create(name="new")),
    "many to many create": lambda there, here: there.tags.create(name="new"),
    "many to many set": lambda there, here: there.tags.set([]),
    "many to many clear": lambda there, here: there.tags.clear(),
    "many to many remove from": lambda there, here: there.tags.remove(SAME_ID),
    "full_clean": lambda there, here: there.full_clean(),
    "clean_fields": lambda there, here: there.clean_fields(),
    "validate_constraints": lambda there, here: there.validate_constraints(),
    "prefetch": lambda there, here: prefetch_related_objects([there], "children"),
    "generic reverse": lambda there, here: list(there.comments.all()),
    "generic reverse create": lambda there, here: there.comments.create(),
}
ONLY_KEYS: dict[str, Use] = {
    "get_page_order": lambda there, here: list(there.get_page_order()),
    "set_page_order": lambda there, here: there.set_page_order([]),
    "get_next_in_order": lambda there, here: page_of(there).get_next_in_order(),
    "get_previous_in_order": lambda there, here: page_of(there).get_previous_in_order(),
    "get_next_by": lambda there, here: page_of(there).get_next_by_printed(),
    "get_previous_by": lambda there, here: page_of(there).get_previous_by_printed(),
    "a library's manager": lambda there, here: PagesOf(there).count(),
    "validate_unique": lambda there, here: there.validate_unique(),
    "generic target": lambda there, here: comment_on(there).about,
    "prefetch of a generic target": lambda there, here: prefetch_related_objects(
        [comment_on(here), comment_on(there)], "about"
    ),
}
RELATIONS: dict[str, Use] = {
    "assign": lambda there, here: setattr(here, "parent", there),
    "assign to it": lambda there, here: setattr(there, "parent", here),
    "new with it": lambda there, here: Document(parent=there),
    "create with it": lambda there, here: Document.objects.create(parent=there),
    "get_or_create with it": lambda there, here: Document.objects.get_or_create(parent=there),
    "update_or_create with it": lambda there, here: Document.objects.update_or_create(
        {"parent": there}, pk=here.pk
    ),
    "one to one": lambda there, here: Cover(document=there),
    "reverse one to one": lambda there, here: setattr(here, "cover", Cover(document=there)),
    "reverse add": lambda there, here: here.children.add(there),
    "add to a shared object": lambda there, here: a_user().written_documents.add(there),
    "set of a shared object": lambda there, here: a_user().written_documents.set([there]),
    "assign a shared object": lambda there, here: setattr(there, "author", a_user()),
    "generic target": lambda there, here: setattr(comment_on(here), "about", there),
    "new with a generic target": lambda there, here: Comment(about=there),
    "generic reverse add": lambda there, here: here.comments.add(comment_on(there)),
    "set of a shared object, one to one": lambda there, here: setattr(
        a_user(), "badge", badge_for(there)
    ),
    "reverse add singly": lambda there, here: here.children.add(there, bulk=False),
    "many to many add": lambda there, here: Tag.objects.create(name="new").documents.add(there),
    "many to many set": lambda there, here: Tag.objects.create(name="new").documents.set([there]),
}
WITHOUT_ROUTER: dict[str, Use] = {
    "filter": lambda there, here: Document.objects.filter(parent=there),
    "filter by id": lambda there, here: Document.objects.filter(parent_id=there),
    "exclude": lambda there, here: Document.objects.exclude(parent=there),
    "get": lambda there, here: Document.objects.get(parent=there),
    "in a list": lambda there, here: Document.objects.filter(parent__in=[here, there]),
    "in a set": lambda there, here: Document.objects.filter(parent__in={there}),
    "in a generator": lambda there, here: Document.objects.filter(parent__in=iter([there])),
    "many to many": lambda there, here: Tag.objects.filter(documents=there),
    "across relations": lambda there, here: Tag.objects.filter(documents__parent=there),
    "reverse": lambda there, here: Document.objects.filter(children=there),
    "Q": lambda there, here: Document.objects.filter(Q(title="x") | ~Q(parent=there)),
    "When": lambda there, here: Document.objects.annotate(
        mine=Case(When(parent=there, then=Value(1)), default=Value(0))
    ),
    "annotate Q": lambda there, here: Document.objects.annotate(mine=Q(parent=there)),
    "alias": lambda there, here: Document.objects.alias(mine=Q(parent=there)),
    "aggregate": lambda there, here: Document.objects.aggregate(
        n=Count("pk", filter=Q(parent=there))
    ),
    "order_by": lambda there, here: list(
        Document.objects.order_by(Case(When(parent=there, then=1), default=2))
    ),
    "filtered relation": lambda there, here: list(
        Document.objects.annotate(
            c=FilteredRelation("children", condition=Q(children__parent=there))
        ).filter(c__title="x")
    ),
    "subquery": lambda there, here: Document.objects.filter(
        Exists(Document.objects.filter(parent=there, pk=OuterRef("pk")))
    ),
    "update": lambda there, here: Document.objects.update(parent=there),
    "update When": lambda there, here: Document.objects.update(
        title=Case(When(parent=there, then=Value("x")), default=F("title"))
    ),
    "filter and update": lambda there, here: Document.objects.filter(parent=there).update(title=""),
    "filter and delete": lambda there, here: Document.objects.filter(parent=there).delete(),
    "bulk_create": lambda there, here: Document.objects.bulk_create([there]),
    "bulk_create updating": lambda there, here: Document.objects.bulk_create(
        [there], update_conflicts=True, unique_fields=["id"], update_fields=["title"]
    ),
    "bulk_update": lambda there, here: Document.objects.bulk_update([here, there], ["title"]),
    "bulk_update using": lambda there, here: Document.objects.using("default").bulk_update(
        [there], ["title"]
    ),
    "bulk_update of the base manager": lambda there, here: Document._base_manager.bulk_update(
        [there], ["title"]
    ),
    "in the table of a many-to-many field": lambda there, here: (
        Document.tags.through.objects.filter(document=there)
    ),
    "base manager": lambda there, here: Document._base_manager.filter(parent=there),
    "contains": lambda there, here: Document.objects.contains(there),
    "contains in cached rows": lambda there, here: loaded(Document.objects.all()).contains(there),
    "in_bulk": lambda there, here: Cover.objects.in_bulk([there], field_name="document"),
    "related manager filter": lambda there, here: here.children.filter(parent=there),
    "mixed reverse prefetch": lambda there, here: prefetch_related_objects(
        [here, there], "children"
    ),
    "mixed forward prefetch": lambda there, here: prefetch_related_objects([here, there], "parent"),
    "mixed many to many prefetch": lambda there, here: prefetch_related_objects(
        [here, there], "tags"
    ),
    "mixed prefetch of one prefetched before": lambda there, here: prefetch_related_objects(
        [prefetched(here), there], "children"
    ),
}
ROUTER_WITHOUT_OBJECT: dict[str, Use] = {
    "save": lambda there, here: there.save(using="default"),
    "delete": lambda there, here: there.delete(using="default"),
    "refresh": lambda there, here: there.refresh_from_db(using="default"),
    "refresh from a queryset": lambda there, here: there.refresh_from_db(
        from_queryset=Document.objects.all()
    ),
    "save_base": lambda there, here: there.save_base(using="default"),
    "save_base raw": lambda there, here: there.save_base(raw=True, using="default"),
    "fixture": lambda there, here: DeserializedObject(there).save(using="default"),
}
USES = {
    f"{row}: {name}": use
    for row, uses in {
        "router": ROUTER_WITH_OBJECT,
        "only key": ONLY_KEYS,
        "relation": RELATIONS,
        "queryset": WITHOUT_ROUTER,
        "model": ROUTER_WITHOUT_OBJECT,
    }.items()
    for name, use in uses.items()
}


class PagesOf(TenantManager[Page]):
    """A manager of the rows of one object, like in history libraries."""

    def __init__(self, instance: Document) -> None:
        super().__init__()
        self.model, self.instance = Page, instance

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(document_id=self.instance.pk)


def a_user() -> User:
    return User.objects.earliest("pk")


def page_of(document: Document) -> Any:
    """Create a page in the tenant of the document."""
    with tenant_context(origin_of(document)):
        return Page.objects.create(document=document)


def comment_on(document: Document) -> Any:
    with tenant_context(origin_of(document)):
        comment = Comment.objects.create(about=document)
        return Comment.objects.get(pk=comment.pk)


def badge_for(document: Document) -> Badge:
    with tenant_context(origin_of(document)):
        return Badge.objects.create(user=a_user(), document=document)


def prefetched(instance: Document) -> Document:
    prefetch_related_objects([instance], "tags")
    return instance


def loaded(queryset: Any) -> Any:
    len(queryset)
    return queryset


@pytest.fixture
def writes(acme_document: Document, globex_document: Document) -> Iterator[list[str]]:
    """The statements that change documents or covers."""
    sent: list[str] = []

    def record(execute: Any, sql: str, *args: Any) -> Any:
        if re.match(r'(INSERT INTO|UPDATE|DELETE FROM) "guard_app_(document|cover)', sql):
            sent.append(sql)
        return execute(sql, *args)

    with connection.execute_wrapper(record):
        yield sent


@pytest.mark.parametrize("use", USES)
def test_an_object_of_another_tenant_raises_and_nothing_is_written(
    use: str,
    acme_document: Document,
    globex_document: Document,
    globex: Organization,
    writes: list[str],
) -> None:
    acme_document.parent_id = SAME_ID
    with tenant_context(globex), pytest.raises(CrossTenantError):
        USES[use](acme_document, globex_document)
    assert writes == []


@pytest.mark.parametrize("use", USES)
def test_the_document_of_the_active_tenant_with_the_same_id_raises_no_tenant_error(
    use: str, acme_document: Document, globex_document: Document, globex: Organization
) -> None:
    with tenant_context(globex):
        second = Document.objects.create(title="second")
        # Django itself raises these for some of the calls.
        with suppress(ObjectDoesNotExist, ValueError, ValidationError, IntegrityError):
            USES[use](globex_document, second)


@pytest.mark.parametrize("use", [name for name in USES if name.startswith(("router", "model"))])
def test_the_error_without_a_tenant_names_the_model(
    use: str, acme_document: Document, globex_document: Document
) -> None:
    acme_document.parent_id = SAME_ID
    with pytest.raises(NoTenantError, match=r"guard_app\.\w+ is in the schemas"):
        USES[use](acme_document, globex_document)


def test_the_error_names_the_object_that_does_not_belong_to_the_active_tenant(
    acme_document: Document, globex_document: Document, globex: Organization
) -> None:
    with tenant_context(globex):
        for one, other in ((acme_document, globex_document), (globex_document, acme_document)):
            with pytest.raises(CrossTenantError, match="comes from acme and was used in globex"):
                one.parent = other
