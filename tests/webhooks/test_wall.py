"""The role of a tenant cannot use the tables of webhooks."""

import pytest
from django.db import DatabaseError, connection, transaction

from shared_apps.organizations.models import Organization
from shared_apps.webhooks.models import Delivery, Endpoint
from tenantry.context import tenant_context

from .fixtures import Hook


@pytest.mark.parametrize("model", [Endpoint, Delivery])
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM public.{}",
        "SELECT count(*) FROM public.{}",
        "DELETE FROM public.{}",
        "UPDATE public.{} SET id = id",
        "INSERT INTO public.{} DEFAULT VALUES",
    ],
)
def test_a_tenant_s_statement_is_denied(
    acme: Organization,
    hook: Hook,
    local: None,
    model: type[Endpoint | Delivery],
    statement: str,
) -> None:
    hook("http://127.0.0.1:9999/")

    with (
        tenant_context(acme),
        connection.cursor() as cursor,
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
    ):
        cursor.execute(statement.format(model._meta.db_table))
