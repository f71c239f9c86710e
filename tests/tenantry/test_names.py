"""Which schema names are valid. No name can end its quotes."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from tenantry.errors import InvalidSchemaName
from tenantry.names import check_schema_name, quote_schema_name, validate_schema_name

# django-tenants 4.0.1 accepts these.
ACCEPTED_BY_DJANGO_TENANTS = [
    "a%s",
    "a b",
    "public",
    "Client-1",
    "1st",
    "x" * 63 + "é",
    "a\tb",
    "a`b",
]


@pytest.mark.parametrize("name", ["a", "client1", "acme_inc", "x" * 63])
def test_a_plain_identifier_is_valid(name: str) -> None:
    assert check_schema_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *ACCEPTED_BY_DJANGO_TENANTS,
        "",
        "x" * 64,
        "pg_x",
        "a\n",
        'a"b',
        "information_schema",
        "a;b",
        "ä",
    ],
)
def test_other_names_are_invalid(name: str) -> None:
    with pytest.raises(InvalidSchemaName):
        check_schema_name(name)


def test_a_model_field_shows_the_reason() -> None:
    with pytest.raises(ValidationError, match="reserved"):
        validate_schema_name("public")


def test_public_and_the_template_can_be_quoted() -> None:
    assert quote_schema_name("public") == '"public"'
    assert quote_schema_name("tenancy_template") == '"tenancy_template"'


@given(st.text())
def test_only_plain_identifiers_are_quoted(name: str) -> None:
    try:
        quoted = quote_schema_name(name)
    except InvalidSchemaName:
        return
    assert quoted.strip('"').replace("_", "").isalnum()


@pytest.fixture
def legacy(settings: Settings) -> None:
    settings.TENANCY_LEGACY_SCHEMA_NAMES = True


@pytest.mark.parametrize("name", ["Client-1", "a b", "Größe", "1st"])
def test_legacy_names_are_quoted_with_the_setting(legacy: None, name: str) -> None:
    assert quote_schema_name(name) == f'"{name}"'


@pytest.mark.parametrize(
    "name",
    [
        "a%s",
        'a"b',
        "a'b",
        "a\\b",
        "a;b",
        "a\nb",
        "a\0b",
        "",
        "é" * 32,
        "PG_x",
        "information_schema",
    ],
)
def test_a_legacy_name_cannot_end_its_quotes(legacy: None, name: str) -> None:
    with pytest.raises(InvalidSchemaName):
        quote_schema_name(name)


def test_a_new_tenant_cannot_have_a_legacy_name(legacy: None) -> None:
    with pytest.raises(InvalidSchemaName):
        check_schema_name("Client-1")
