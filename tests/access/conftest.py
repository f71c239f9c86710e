from typing import Any

import pytest
from pytest_django import Settings


@pytest.fixture
def limits(settings: Settings) -> dict[str, int]:
    """The limits of this test; 0 means no limit."""
    settings.THROTTLES = dict.fromkeys(settings.THROTTLES, 0)
    return settings.THROTTLES  # type: ignore[no-any-return]


def assert_throttled(response: Any) -> None:
    assert response.status_code == 429
    assert response.json().keys() == {"detail", "code"}
    assert response.json()["code"] == "throttled"
    assert 0 < int(response["Retry-After"]) <= 60
