"""The name of a schema is for good: tokens, backups and the schema itself go by it."""

import pytest
from django.core.exceptions import ValidationError

from shared_apps.organizations.models import Organization


def test_cannot_be_changed(acme: Organization) -> None:
    acme.schema_name = "globex2"

    with pytest.raises(ValidationError, match="cannot be changed"):
        acme.save()


def test_the_name_people_call_it_by_can(acme: Organization) -> None:
    acme.name = "Acme Ltd"
    acme.save()

    acme.refresh_from_db()
    assert (acme.schema_name, acme.name) == ("acme", "Acme Ltd")
