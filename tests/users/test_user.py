"""Users sign in by email, which is unique ignoring case; passwords are hashed."""

import importlib

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from pytest_django import Settings

from shared_apps.users.models import User


@pytest.mark.parametrize("email", ["bob@acme.example", "BOB@ACME.EXAMPLE", "Bob@acme.Example"])
def test_a_used_email_is_rejected_in_any_case(bob: User, email: str) -> None:
    with pytest.raises(ValidationError, match="already exists"):
        User.objects.create_user(email, "a long password", name="Another Bob")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email=email, name="Another Bob", password="!")


def test_letters_outside_of_ascii_ignore_case(db: None) -> None:
    user = User.objects.create_user("max@m\u00fcnchen.example", "a long password", name="Max")

    assert User.objects.get_by_natural_key("MAX@M\u00dcNCHEN.example") == user


def test_an_unusual_spelling_is_stored_in_one_that_is_found(db: None) -> None:
    user = User.objects.create_user("Eva@mail。acme.example", "a long password", name="Eva")

    assert user.email == "Eva@mail.acme.example"
    assert User.objects.with_address("eva@mail.acme.example").get() == user


@pytest.mark.parametrize("email", ["", "bob", "bob@", "a b@acme.example", "x" * 250 + "@a.example"])
def test_an_invalid_email_is_rejected(db: None, email: str) -> None:
    with pytest.raises(ValidationError) as error:
        User.objects.create_user(email, "a long password", name="X")

    assert error.value.message_dict.keys() == {"email"}


def test_passwords_are_hashed_with_argon2(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = importlib.import_module("config.settings").PASSWORD_HASHERS

    assert identify_hasher(make_password("a long password")).algorithm == "argon2"


def test_a_new_user_has_no_organization(db: None) -> None:
    user = User.objects.create_user("new@acme.example", "a long password", name="New")

    assert user.organization is None
    assert (user.is_active, user.is_staff, user.is_superuser) == (True, False, False)
