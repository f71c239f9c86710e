"""Changes of endpoints, as an owner or staff makes them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from shared_apps.webhooks.models import Delivery, Endpoint
from shared_apps.webhooks.services import (
    webhook_change,
    webhook_delete,
    webhook_redeliver,
    webhook_rotate,
    webhook_switch_off,
)

Change = Callable[[Endpoint], Any]

OLD_URL = "http://127.0.0.1:9999/"
NEW_URL = "http://127.0.0.1:9998/"


def move(endpoint: Endpoint) -> None:
    webhook_change(endpoint=endpoint, caller=None, url=NEW_URL)


def disable(endpoint: Endpoint) -> None:
    webhook_change(endpoint=endpoint, caller=None, is_enabled=False)


def switch_off(endpoint: Endpoint) -> None:
    assert webhook_switch_off(endpoint=endpoint, reason="By staff.")


def delete(endpoint: Endpoint) -> None:
    webhook_delete(endpoint=endpoint, caller=None)


def rotate(endpoint: Endpoint) -> None:
    webhook_rotate(endpoint=endpoint, caller=None, overlap=timedelta(hours=1))


def redeliver_all(endpoint: Endpoint) -> None:
    webhook_redeliver(endpoint=endpoint, caller=None, chosen=Delivery.objects.all())
