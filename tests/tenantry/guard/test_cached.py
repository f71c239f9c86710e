"""Objects of one tenant that a shared object caches raise in another."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist

from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import User
from tenantry.context import tenant_context
from tenantry.errors import CrossTenantError, NoTenantError
from tenantry.guard import cross_tenant
from tenantry.guard.origin import origin_of
from tests.tenantry.guard.conftest import SAME_ID
from tests.tenantry.guard_app.models import Badge, Comment, Document
from tests.tenantry.guard_shared.models import Bookmark

pytestmark = pytest.mark.usefixtures("acme_document", "globex_document")

CACHED: dict[str, Callable[[], Any]] = {
    "accessed": lambda: accessed(User.objects.get(name="Alice")),
    "select_related": lambda: User.objects.select_related("badge").get(name="Alice"),
    "prefetch_related": lambda: User.objects.prefetch_related("badge").get(name="Alice"),
    "lazily": lambda: next(User.objects.filter(name="Alice").select_related("badge").iterator()),
}


def accessed(user: Any) -> Any:
    hasattr(user, "badge")
    return user


@pytest.mark.parametrize("how", CACHED)
def test_a_cached_object_raises_in_another_tenant(
    how: str, acme: Organization, globex: Organization, alice: User
) -> None:
    with tenant_context(acme):
        badge = Badge.objects.create(user=alice)
        user = CACHED[how]()
        assert user.badge == badge
    with tenant_context(globex), pytest.raises(CrossTenantError, match="Badge"):
        _ = user.badge
    with pytest.raises(NoTenantError):
        _ = user.badge
    with tenant_context(globex), cross_tenant(reason="A test."):
        assert user.badge == badge
    with tenant_context(acme):
        user.badge.save()


@pytest.mark.parametrize("how", CACHED)
def test_an_object_that_is_missing_in_one_tenant_is_found_in_another(
    how: str, acme: Organization, globex: Organization, alice: User
) -> None:
    with tenant_context(globex):
        badge = Badge.objects.create(user=alice)
    with tenant_context(acme):
        user = CACHED[how]()
        assert not hasattr(user, "badge")
    with tenant_context(globex):
        assert user.badge == badge


@pytest.mark.parametrize("how", ["accessed", "select_related"])
def test_a_missing_object_is_queried_once(
    how: str, acme: Organization, django_assert_num_queries: Any
) -> None:
    with tenant_context(acme):
        user = CACHED[how]()
        with django_assert_num_queries(0):
            assert not hasattr(user, "badge")


def test_the_cache_follows_create_and_delete(acme: Organization, alice: User) -> None:
    with tenant_context(acme):
        assert not hasattr(alice, "badge")
        badge = Badge.objects.create(user=alice)
        assert alice.badge == badge
        badge.delete()
        alice.refresh_from_db()
        with pytest.raises(ObjectDoesNotExist):
            _ = alice.badge


def test_the_target_of_a_shared_generic_key_raises_in_another_tenant(
    acme: Organization, globex: Organization
) -> None:
    with tenant_context(acme):
        bookmark = Bookmark.objects.create(target=Document.objects.get(pk=SAME_ID))
    with tenant_context(globex), pytest.raises(CrossTenantError):
        _ = bookmark.target
    with tenant_context(globex), pytest.raises(CrossTenantError):
        Bookmark(target=of_acme())
    with tenant_context(acme):
        assert bookmark.target == of_acme()


def of_acme() -> Document:
    with tenant_context("acme"):
        return Document.objects.get(pk=SAME_ID)


def test_a_target_that_is_missing_in_one_tenant_is_found_in_another(
    acme: Organization, globex: Organization
) -> None:
    with tenant_context(globex):
        document = Document.objects.create(pk=SAME_ID + 1)
        bookmark = Bookmark.objects.create(target=document)
        bookmark.refresh_from_db()
    with tenant_context(acme):
        assert bookmark.target is None
    with tenant_context(globex):
        assert bookmark.target == document


def test_a_generic_key_can_refer_to_a_shared_object(
    acme: Organization, globex: Organization, alice: User
) -> None:
    with tenant_context(acme):
        comment = Comment.objects.create(about=alice)
        assert Comment.objects.get(pk=comment.pk).about == alice
    bookmark = Bookmark.objects.create(target=alice)
    assert Bookmark.objects.prefetch_related("target").get(pk=bookmark.pk).target == alice


def test_a_shared_object_loaded_in_one_tenant_reads_related_objects_of_another(
    acme: Organization, globex: Organization, alice: User, alice_in_globex: None
) -> None:
    for organization in (acme, globex):
        with tenant_context(organization):
            Badge.objects.create(user=alice)
    with tenant_context(acme):
        user = Badge.objects.select_related("user").get().user
    with tenant_context(globex):
        (membership,) = user.memberships.filter(organization=globex).select_related("user__badge")
        assert isinstance(membership, Membership)
        assert origin_of(membership.user.badge) == "globex"
        membership.user.badge.save()


def test_a_cached_content_type_reads_objects_of_the_active_tenant(
    acme: Organization, globex: Organization
) -> None:
    for organization in (acme, globex, acme):
        with tenant_context(organization):
            comment = Comment.objects.create(about=Document.objects.get(pk=SAME_ID))
            (again,) = Comment.objects.filter(pk=comment.pk).prefetch_related("about")
            assert isinstance(again.about, Document)
            assert origin_of(again.about) == organization.schema_name
            again.about.save()


@pytest.mark.parametrize("tenant", [None, "acme", "globex"])
def test_deleting_a_shared_object_keeps_its_many_to_many_rows(
    tenant: str | None, acme: Organization, alice: User
) -> None:
    """Any tenant can have such rows. check_references finds those that refer to no object."""
    bookmark = Bookmark.objects.create(target=alice)
    with tenant_context(acme):
        Document.objects.get().bookmarks.add(bookmark)
    with tenant_context(tenant):
        bookmark.delete()
    with tenant_context(acme):
        assert not Document.objects.get().bookmarks.exists()
        assert Document.bookmarks.through.objects.count() == 1


def test_a_queryset_of_another_manager_raises_in_another_tenant(
    acme: Organization, globex: Organization
) -> None:
    with tenant_context(acme):
        querysets = [Document._base_manager.all(), Document.tags.through.objects.all()]
        assert [len(rows) for rows in querysets] == [1, 0]
    for rows in querysets:
        with tenant_context(globex), pytest.raises(CrossTenantError):
            list(rows)
