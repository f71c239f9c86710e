import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from shared_apps.users.models import User
from tests.conftest import SessionOf


@pytest.fixture(autouse=True)
def no_limits(settings: Settings) -> None:
    settings.THROTTLES = dict.fromkeys(settings.THROTTLES, 0)


@pytest.fixture
def browser(session_of: SessionOf, bob: User) -> APIClient:
    return session_of(bob)
