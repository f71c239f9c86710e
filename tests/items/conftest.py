import pytest
from rest_framework.test import APIClient

from shared_apps.users.models import User
from tests.conftest import SessionOf


@pytest.fixture
def admin(session_of: SessionOf, carol: User) -> APIClient:
    """The browser of an admin of acme."""
    return session_of(carol)
