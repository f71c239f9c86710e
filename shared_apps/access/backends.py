"""Passwords, and how often one may be guessed."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from shared_apps.core.request import client_address
from shared_apps.core.throttles import count, require_below_limit
from shared_apps.users.models import MAX_EMAIL, User
from shared_apps.users.passwords import MAX_PASSWORD

from .throttles import sign_in_throttles


class ThrottledBackend(ModelBackend):
    """Django's backend with a limit to sign-ins, right or wrong: each sign-in calls it.

    Of sign-ins that arrive at once, no more than the limit succeed; the others get 429 after the
    password check, a right password too.
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
        require_below_limit(*throttles)
        # Nothing of that length was ever kept, so neither PostgreSQL nor Argon2 need to look at it.
        possible = len(email) <= MAX_EMAIL and len(password) <= MAX_PASSWORD
        user = super().authenticate(request, email, password) if possible else None
        count(*throttles)
        return user
