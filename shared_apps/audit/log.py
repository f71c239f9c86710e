"""`record()` writes the audit log; no other function does."""

from typing import Any, Protocol

from shared_apps.core.request import current_origin

from .actions import AuditAction
from .models import AuditEntry
from .storable import storable, storable_text


class Actor(Protocol):
    """A user, as far as the log is concerned."""

    pk: Any
    email: Any


class HasSchema(Protocol):
    """An organization, as far as the log is concerned."""

    @property
    def schema_name(self) -> Any:
        """The schema that holds the organization's tables."""


def record(
    action: AuditAction,
    *,
    organization: HasSchema | None = None,
    subject: object = "",
    reason: str = "",
    actor: Actor | None = None,
    **data: Any,
) -> None:
    """Write down what is being done, in the transaction that does it.

    Call it inside the service's `atomic()`: both are kept, or neither. What it is given never
    keeps it from writing (`storable`).

    Args:
        organization: where it was done, if in one.
        subject: what it was done to; its text is kept.
        actor: who did it, where that is not the user of the current request.
        data: more to know.
    """
    origin = current_origin()
    actor = actor or origin.user
    AuditEntry.objects.create(
        action=action,
        actor_id=actor.pk if actor else None,
        actor=storable_text(actor.email if actor else origin.program, 254),
        address=origin.address,
        schema_name=organization.schema_name if organization else "",
        subject=storable_text(subject, 254),
        reason=storable_text(reason),
        data=storable(data),
    )
