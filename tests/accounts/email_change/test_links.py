"""Links of both mails."""

import pytest
from rest_framework.test import APIClient

from shared_apps.jobs.models import Job

from .changes import URL, change


@pytest.mark.parametrize("path", ["x", "undo/x", "%00", "undo/%00", "é" * 500])
def test_an_invented_link_is_410(browser: APIClient, path: str) -> None:
    assert browser.get(f"{URL}{path}/").status_code == 410
    assert browser.post(f"{URL}{path}/").status_code == 410


def test_no_token_is_in_the_queue(browser: APIClient) -> None:
    path = change(browser)

    assert path.split("/")[-2] not in str(list(Job.objects.values_list("arguments", flat=True)))
