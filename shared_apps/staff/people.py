"""Staff who may write in an organization are among its people; see migration 0002."""

from collections.abc import Iterable
from typing import Any

from django.dispatch import receiver

from shared_apps.people.services import people_collecting

from .models import SupportSession


@receiver(people_collecting)
def staff_who_may_write(schema_name: str, **_: Any) -> Iterable[int]:
    sessions = SupportSession.objects.filter(organization__schema_name=schema_name)
    return sessions.filter(read_only=False).values_list("user_id", flat=True)
