"""The password check, with a limit of attempts."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from shared_apps.core.request import client_address
from shared_apps.core.throttles import count, require_below_limit
from shared_apps.users.models import MAX_EMAIL, User
from shared_apps.users.passwords import MAX_PASSWORD
from tenantry.context import tenant_context

from .throttles import sign_in_throttles


class ThrottledBackend(ModelBackend):
    """Django's backend with a limit of sign-ins, successful or not.

    If many sign-ins arrive at the same time, those over the limit get 429 after the password check,
    even with the right password.

    It runs without a tenant: while one is active, the table of users has no passwords.
    """

    @tenant_context(None)
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """Return the user if the password is right.

        Raises:
            DomainError: 429 `throttled`.
        """
        email = username if username is not None else kwargs.get(User.USERNAME_FIELD)
        if email is None or password is None:
            return None
        address = client_address(request) if request else None
        throttles = sign_in_throttles(email=email, address=address)
        require_below_limit(*throttles)
        # No stored email or password is longer: PostgreSQL and Argon2 need not check it.
        possible = len(email) <= MAX_EMAIL and len(password) <= MAX_PASSWORD
        user = super().authenticate(request, email, password) if possible else None
        count(*throttles)
        return user

    @tenant_context(None)
    def get_user(self, user_id: int) -> User | None:
        """Return the user of a session, with all fields."""
        return super().get_user(user_id)
