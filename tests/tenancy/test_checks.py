"""The system checks find what would go unguarded."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import models

from shared_apps.tenancy.checks import check_tenant_models


@pytest.fixture
def loose_model() -> Iterator[type[models.Model]]:
    class Loose(models.Model):  # noqa: DJ008 (nobody reads it)
        class Meta:
            app_label = "items"

    yield Loose
    del apps.all_models["items"]["loose"]
    apps.clear_cache()


def test_the_models_of_this_project_are_fine() -> None:
    assert [message for message in run_checks() if message.id == "tenancy.E001"] == []


def test_a_model_of_a_tenant_app_that_is_no_tenant_model_is_found(
    loose_model: type[models.Model],
) -> None:
    (error,) = check_tenant_models()
    assert (error.id, error.obj) == ("tenancy.E001", loose_model)
    assert error.msg.startswith("items.Loose is in the schemas of the tenants")
    assert "Inherit" in str(error.hint)
    assert check_tenant_models([apps.get_app_config("users")]) == []
    assert check_tenant_models([apps.get_app_config("items")]) == [error]
