"""Links of mails: their tokens are in no log."""

from django.urls import get_resolver

from shared_apps.core.request_logs import SECRET_PATHS, without_secret_paths
from tests.architecture.test_urls import routes


def test_the_log_masks_every_url_with_a_token() -> None:
    found = {f"/{route}" for route in routes(get_resolver().url_patterns) if "token>" in route}

    assert "/accounts/signup/<str:token>/" in found
    assert [route for route in found if not route.startswith(SECRET_PATHS)] == []


def test_the_log_masks_the_user_and_the_token() -> None:
    event = {"event": "Gone: /accounts/password/reset/7/abc-123/", "path": "/accounts/signup/x/"}

    assert without_secret_paths(None, "", event) == {
        "event": "Gone: /accounts/password/reset/***",
        "path": "/accounts/signup/***",
    }
