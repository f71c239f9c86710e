"""A schema name never changes: backups, files and cache keys contain it."""

import pytest
from django.core.exceptions import ValidationError

from shared_apps.organizations.models import Organization


def test_the_schema_name_cannot_be_changed(acme: Organization) -> None:
    acme.schema_name = "globex2"

    with pytest.raises(ValidationError, match="cannot be changed"):
        acme.save()
