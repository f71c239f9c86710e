"""Forms with a passkey; `MFA_FORMS` in the settings names them.

What a browser sends is JSON of any shape, on which fido2 raises whatever it meets.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, EditWebAuthnForm
from django import forms
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError
from django.db import Error
from fido2.utils import websafe_decode, websafe_encode

from shared_apps.core.errors import DomainError

from .codes import sign_in_refuse
from .guesses import guess_begin, guess_was_right

MAX_PASSKEYS = 20  # of a user
MAX_NAME = 60  # characters

logger: structlog.stdlib.BoundLogger = structlog.get_logger("accounts")


@contextmanager
def only_form_errors() -> Iterator[None]:
    """Turn every error of a check into one of the form, except ours and those of the database."""
    try:
        yield
    except ValidationError as error:
        if error.code != "incorrect_code":
            raise
        raise get_adapter().validation_error("incorrect_passkey") from error
    except (DomainError, Error):
        raise
    except Exception as error:
        logger.info("passkey rejected", error=f"{type(error).__name__}: {error}"[:200])
        raise get_adapter().validation_error("incorrect_passkey") from error


class CredentialField(forms.JSONField):
    """JSON that a script writes. It is not shown again."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except (RecursionError, ValueError) as error:  # Deep JSON, and numbers of 5,000 digits.
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error

    def bound_data(self, data: Any, initial: Any) -> Any:
        return None

    def prepare_value(self, value: Any) -> Any:
        return ""


class AddPasskeyForm(AddWebAuthnForm):
    name = forms.CharField(required=False, max_length=MAX_NAME, label="Name")
    credential = CredentialField()
    passwordless = forms.BooleanField(
        required=False,
        initial=True,
        label="Sign in with it, without a password",
        help_text="It then asks for your fingerprint, face or PIN.",
    )

    def clean(self) -> dict[str, Any]:
        with only_form_errors():
            passkeys = self.user.authenticator_set.filter(type=Authenticator.Type.WEBAUTHN)
            if passkeys.count() >= MAX_PASSKEYS:
                raise get_adapter().validation_error("too_many_passkeys")
            cleaned: dict[str, Any] = super().clean()
            if "credential" in cleaned:
                cleaned["credential"] = _stored(cleaned["credential"])
        return cleaned


def _stored(credential: dict[str, Any]) -> dict[str, Any]:
    """Return what sign-ins need of a credential, without what a caller added to it.

    fido2 skips characters that are not base64, and PostgreSQL rejects some of them.
    """
    response = credential["response"]
    can_sign_in = credential.get("clientExtensionResults", {}).get("credProps", {}).get("rk")
    return {
        "type": "public-key",
        **{key: _base64(credential[key]) for key in ("id", "rawId")},
        "response": {
            key: _base64(response[key]) for key in ("clientDataJSON", "attestationObject")
        },
        "clientExtensionResults": {"credProps": {"rk": can_sign_in is True}},
    }


def _base64(text: str) -> str:
    return websafe_encode(websafe_decode(text))


class AuthenticatePasskeyForm(AuthenticateWebAuthnForm):
    """The second step of a sign-in."""

    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        guess_begin(self.user)
        try:
            with only_form_errors():
                authenticator: Authenticator = super().clean_credential()
        except ValidationError:
            if not self.reauthenticated:
                sign_in_refuse(request=context.request, user=self.user)
            raise
        guess_was_right(self.user)
        return authenticator


class ReauthenticatePasskeyForm(AuthenticatePasskeyForm):
    reauthenticated = True


class SignInPasskeyForm(AuthenticateWebAuthnForm):
    """A sign-in with nothing else. Its user is only known from what the browser sends."""

    credential = CredentialField()
    passwordless = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=None, **kwargs)

    def clean_credential(self) -> Authenticator:
        try:
            with only_form_errors():
                authenticator: Authenticator = super().clean_credential()
        except ValidationError:
            user_login_failed.send(__name__, credentials={}, request=context.request)
            raise
        return authenticator


class RenamePasskeyForm(EditWebAuthnForm):
    name = forms.CharField(max_length=MAX_NAME, label="Name")
