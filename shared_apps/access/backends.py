"""Passwords, and how often one may be guessed."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from shared_apps.api.throttles import count, refuse_if_used_up
from shared_apps.audit.origin import client_address
from shared_apps.users.models import User

from .throttles import sign_in_throttles


class ThrottledBackend(ModelBackend):
    """Django's backend with a limit to guesses: whatever signs in comes through here.

    What succeeds is not counted. Of guesses that arrive at once no more than the limit are
    answered; the others are refused after the password was looked at, the right one as well.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """Return whom the password belongs to.

        Raises:
            DomainError: 429 `throttled`.
        """
        email = username if username is not None else kwargs.get(User.USERNAME_FIELD)
        if email is None or password is None:
            return None
        address = client_address(request) if request else None
        throttles = sign_in_throttles(email=email, address=address)
        refuse_if_used_up(*throttles)
        user = super().authenticate(request, email, password)
        if user is None:
            count(*throttles)
        else:
            refuse_if_used_up(*throttles)
        return user
