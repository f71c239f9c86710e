"""Stages between a right password and the session.

`login.state` is kept in the session, so a stage may wait for another page.
"""

from allauth.account.stages import LoginStage
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare

from shared_apps.users.models import User
from shared_apps.users.verification import is_verified

AUTH_HASH = "auth_hash"
"""The key of `login.state` for the hash of the password that was checked."""


class VerifiedAddressStage(LoginStage):
    """Holds a user until they open the link in the mail to their address.

    allauth's table of addresses only has rows of addresses that are not verified yet.
    """

    key = "tenantry_verified_address"
    urlname = "address-unverified"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        if self.is_verified():
            return None, True
        return redirect(self.urlname), True

    def is_verified(self) -> bool:
        return is_verified(self.login.user)


class UnchangedUserStage(LoginStage):
    """Ends a sign-in if its user was deactivated, or their password changed, since it began."""

    key = "tenantry_unchanged_user"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user: User | None = self.login.user
        if user is not None and user.is_active and self._has_same_password(user):
            return None, True
        return redirect("login"), False

    def _has_same_password(self, user: User) -> bool:
        checked = self.login.state.get(AUTH_HASH)
        # A passkey needs no password.
        return checked is None or constant_time_compare(checked, user.get_session_auth_hash())
