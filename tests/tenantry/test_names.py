"""Which names a schema may have, and that none of them can leave its quotes."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from tenantry.errors import InvalidSchemaName
from tenantry.names import check_schema_name, quote_schema_name, validate_schema_name

# Each of these is accepted by django-tenants 4.0.1.
ACCEPTED_ELSEWHERE = ["a%s", "a b", "public", "Client-1", "1st", "x" * 63 + "é", "a\tb", "a`b"]


@pytest.mark.parametrize("name", ["a", "client1", "acme_inc", "x" * 63])
def test_a_plain_identifier_may_be_a_schema(name: str) -> None:
    assert check_schema_name(name) == name


@pytest.mark.parametrize(
    "name",
    [*ACCEPTED_ELSEWHERE, "", "x" * 64, "pg_x", "a\n", 'a"b', "information_schema", "a;b", "ä"],
)
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidSchemaName):
        check_schema_name(name)


def test_a_model_field_says_why() -> None:
    with pytest.raises(ValidationError, match="reserved"):
        validate_schema_name("public")


def test_our_own_schemas_are_quoted_though_no_tenant_may_have_their_names() -> None:
    assert quote_schema_name("public") == '"public"'
    assert quote_schema_name("tenancy_template") == '"tenancy_template"'


@given(st.text())
def test_a_name_that_is_quoted_needs_no_quotes(name: str) -> None:
    try:
        quoted = quote_schema_name(name)
    except InvalidSchemaName:
        return
    assert quoted.strip('"').replace("_", "").isalnum()


@pytest.fixture
def legacy(settings: Settings) -> None:
    settings.TENANCY_LEGACY_SCHEMA_NAMES = True


@pytest.mark.parametrize("name", ["Client-1", "a b", "Größe", "1st"])
def test_an_older_projects_names_are_quoted_when_its_setting_says_so(
    legacy: None, name: str
) -> None:
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
def test_even_then_a_name_cannot_leave_its_quotes(legacy: None, name: str) -> None:
    with pytest.raises(InvalidSchemaName):
        quote_schema_name(name)


def test_even_then_no_new_tenant_gets_such_a_name(legacy: None) -> None:
    with pytest.raises(InvalidSchemaName):
        check_schema_name("Client-1")
