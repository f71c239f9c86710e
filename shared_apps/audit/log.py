"""`record()` writes the audit log; no other function does."""

from typing import Any, Protocol

from shared_apps.core.request import current_actor
from tenantry.roles import as_owner

from .actions import AuditAction
from .models import AuditEntry
from .storable import storable, storable_text


class HasEmail(Protocol):
    pk: Any

    @property
    def email(self) -> Any: ...


class HasSchema(Protocol):
    @property
    def schema_name(self) -> Any: ...


def record(
    action: AuditAction,
    *,
    organization: HasSchema | None = None,
    subject: object = "",
    reason: str = "",
    actor: HasEmail | None = None,
    **data: Any,
) -> None:
    """Write an audit entry.

    Call it inside the service's `atomic()`, so that the action and its entry commit together.
    It accepts any values: `storable` converts those that JSON cannot contain.

    Args:
        organization: the organization of the action, if any.
        subject: the object of the action; its text is stored.
        actor: the user, if it is not the user of the current request.
        data: further facts, stored as JSON.
    """
    current = current_actor()
    if current.task:
        data["task"] = current.task
    actor = actor or current.user
    entry = AuditEntry(
        action=action,
        actor_id=actor.pk if actor else None,
        actor=storable_text(actor.email if actor else current.program, 254),
        address=current.address,
        schema_name=organization.schema_name if organization else "",
        subject=storable_text(subject, 254),
        reason=storable_text(reason),
        data=storable(data),
    )
    with as_owner(reason="A tenant's role cannot write the audit log."):
        entry.save(force_insert=True)
