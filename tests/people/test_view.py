"""While an organization is active, the table of users is a read-only view of its people."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenantry.context import tenant_context
from tests.tenantry.guard_app.models import Document

SHOWN = ("id", "email", "name")


def test_the_view_has_every_field_of_a_user(acme: Organization) -> None:
    expected = {field.column: field.db_type(connection) for field in User._meta.concrete_fields}

    with tenant_context(acme), connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
            "WHERE attrelid = 'tenantry_users_user'::regclass AND attnum > 0"
        )
        found = {name: kind.replace("character varying", "varchar") for name, kind in cursor}

    assert found == expected, (
        "The fields of User changed. Add a migration to shared_apps.people that creates the view "
        "tenantry_users_user again, with a constant for the new field (see 0001_person)."
    )


def test_all_fields_but_three_are_the_same_for_every_person(acme: Organization, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True, is_superuser=True, is_active=False)

    with tenant_context(acme):
        rows = list(User.objects.values())

    assert len(rows) == 3
    constants = [{k: v for k, v in row.items() if k not in SHOWN} for row in rows]
    assert constants == [
        {
            "password": "",
            "last_login": None,
            "is_superuser": False,
            "organization_id": None,
            "is_active": True,
            "is_staff": False,
            "created_at": None,
        }
    ] * len(rows)


def refreshed(user: User) -> User:
    user.refresh_from_db()
    return user


READS: dict[str, Callable[[User], User | None]] = {
    "get": lambda user: User.objects.get(pk=user.pk),
    "refresh": refreshed,
    "select_related": lambda user: Document.objects.select_related("author").get().author,
    "lazy": lambda user: Document.objects.get().author,
    "prefetch": lambda user: Document.objects.prefetch_related("author").get().author,
    "raw": lambda user: User.objects.raw("SELECT * FROM tenantry_users_user WHERE name = 'Bob'")[0],
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_no_read_returns_the_password(
    acme: Organization, bob: User, read: Callable[[User], User | None]
) -> None:
    assert bob.password
    with tenant_context(acme):
        Document.objects.create(title="Plan", author=bob)

        found = read(bob)

    assert found
    assert (found.pk, found.name, found.password) == (bob.pk, "Bob", "")


def test_values_return_no_password(acme: Organization, bob: User) -> None:
    with tenant_context(acme):
        Document.objects.create(title="Plan", author=bob)

        assert list(Document.objects.values_list("author__name", "author__password")) == [
            ("Bob", "")
        ]


@pytest.mark.parametrize("lookup", ["email", "name", "pk"])
def test_people_of_other_organizations_are_not_found(
    acme: Organization, charlie: User, nora: User, lookup: str
) -> None:
    with tenant_context(acme):
        for stranger in (charlie, nora):
            assert not User.objects.filter(**{lookup: getattr(stranger, lookup)}).exists()


WRITES: dict[str, Callable[[User], object]] = {
    "save": lambda user: user.save(),
    "save of some fields": lambda user: user.save(update_fields=["name"]),
    "create": lambda user: User.objects.create_user("new@acme.example", name="New"),
    "bulk_create": lambda user: User.objects.bulk_create([User(email="n@acme.example", name="N")]),
    "update": lambda user: User.objects.filter(pk=user.pk).update(name=F("email")),
    "update of no row": lambda user: User.objects.filter(pk=0).update(name="Nobody"),
    "delete": lambda user: User.objects.filter(pk=user.pk)._raw_delete("default"),
    "delete of no row": lambda user: User.objects.filter(pk=0)._raw_delete("default"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_is_an_error(
    acme: Organization, bob: User, write: Callable[[User], object]
) -> None:
    with (
        tenant_context(acme),
        pytest.raises(DatabaseError, match="Users are written without a tenant"),
        transaction.atomic(),
    ):
        write(bob)


def test_a_user_of_the_view_cannot_be_saved_over_the_real_one(
    acme: Organization, bob: User
) -> None:
    with tenant_context(acme):
        found = User.objects.get(pk=bob.pk)

    with pytest.raises(IntegrityError), transaction.atomic():
        found.save()

    bob.refresh_from_db()
    assert bob.password


def test_no_user_has_an_empty_password(bob: User) -> None:
    with pytest.raises(IntegrityError, match="tenantry_users_user_password"), transaction.atomic():
        User.objects.filter(pk=bob.pk).update(password="")


def test_a_field_of_such_a_user_can_be_saved(acme: Organization, bob: User) -> None:
    with tenant_context(acme):
        found = User.objects.get(pk=bob.pk)

    found.name = "Robert"
    found.save(update_fields=["name"])

    bob.refresh_from_db()
    assert (bob.name, bool(bob.password)) == ("Robert", True)
