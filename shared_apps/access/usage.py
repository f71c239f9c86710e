"""When a session or a token was last used, with few writes."""

from django.http import HttpRequest
from django.utils import timezone

from shared_apps.core.request import client_address
from shared_apps.users.services import token_use
from shared_apps.users.sessions import session_use

from .principal import Principal
from .sessions import session_id


def record_use(request: HttpRequest, principal: Principal) -> None:
    """Write the use of a token once a day, and that of a session once in 5 minutes."""
    if principal.token_id is not None:
        if principal.used_on != (today := timezone.now().date()):
            token_use(token_id=principal.token_id, day=today)
        return
    row = session_id(request)
    if row and principal.used_at:
        session_use(session_id=row, last_used=principal.used_at, address=client_address(request))
