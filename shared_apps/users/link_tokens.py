"""Tokens of links in mails that work until the address or the password changes, or for an hour."""

from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator


class LinkTokens(PasswordResetTokenGenerator):
    """Without the last sign-in, which Django's tokens contain.

    A thief who knows the password could end each link by signing in before its reader opens it.
    """

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{user.pk} {user.password} {user.email} {timestamp}"


class _ResetTokens(LinkTokens):
    key_salt = "shared_apps.users.link_tokens.reset"


reset_tokens = _ResetTokens()
