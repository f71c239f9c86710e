"""Events that webhooks deliver. An app announces its own in its module `events`.

CREATED = Event("note.created")

CREATED.emit(note.pk, NoteSerializer(note).data)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from shared_apps.api.renderers import JSONRenderer
from tenantry.context import require_schema
from tenantry.roles import as_owner

registered: dict[str, "Event"] = {}
"""Every event by its name."""

_INSERT = """
    INSERT INTO public.tenantry_webhooks_delivery (
        endpoint_id, message_id, event, subject, body, status, attempts, created_at, due_at,
        error, response
    )
    SELECT
        endpoint.id, sent.message, %(event)s, sent.subject, sent.body, 'waiting', 0, %(now)s,
        %(now)s, '', ''
    FROM public.tenantry_webhooks_endpoint endpoint,
        unnest(%(messages)s::uuid[], %(subjects)s::text[], %(bodies)s::text[])
            WITH ORDINALITY AS sent (message, subject, body, number)
    WHERE schema_name = %(schema)s AND is_enabled AND %(event)s = ANY (events)
    ORDER BY sent.number
    FOR KEY SHARE OF endpoint
"""
# FOR KEY SHARE: without it, an endpoint that is deleted before the COMMIT would make it fail. It
# waits for a deletion only: all other writes of endpoints leave the key as it is.


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to an object of an organization.

    Attributes:
        name: the kind of object, a dot, and what happened: `note.created`.
    """

    name: str

    def __post_init__(self) -> None:
        registered[self.name] = self

    def emit(self, pk: int, data: Mapping[str, Any], *, schema_name: str = "") -> None:
        """Write a delivery for each endpoint that wants the event, in one statement.

        Call it in the transaction of the change, after the statement that locks the object's row.
        Then the events of an object are delivered in the order of its changes.

        Args:
            pk: the object's key. Events of one kind of object with the same key are delivered in
                order.
            data: what the webhook gets; nothing that an admin of the organization may not see.
            schema_name: the organization; the active one by default.

        Raises:
            NoTenantError: no organization is active.
        """
        self.emit_all({pk: data}, schema_name=schema_name)

    def emit_all(self, objects: Mapping[int, Mapping[str, Any]], *, schema_name: str = "") -> None:
        """Write the deliveries of many objects, data by key, as `emit` does for one."""
        schema_name = schema_name or require_schema(f"{self.name} is an event of an organization")
        now = timezone.now()
        kind = self.name.partition(".")[0]
        sent = [{"type": self.name, "timestamp": now, "data": data} for data in objects.values()]
        values: dict[str, Any] = {
            "schema": schema_name,
            "event": self.name,
            "subjects": [f"{kind}:{pk}" for pk in objects],
            "messages": [uuid4() for _ in objects],
            "bodies": [JSONRenderer().render(body).decode() for body in sent],
            "now": now,
        }
        with (
            as_owner(reason="The webhooks of all organizations are in two tables."),
            connection.cursor() as cursor,
        ):
            cursor.execute(_INSERT, values)
