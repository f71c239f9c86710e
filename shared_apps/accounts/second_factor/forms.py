"""Forms with a code; `MFA_FORMS` in the settings names them. They count wrong codes."""

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base
from allauth.mfa.internal.flows.add import validate_can_add_authenticator
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms

from .codes import code_use, matching_counter, sign_in_refuse
from .guesses import guess_begin, guess_was_right


class CodeField(forms.CharField):
    widget = forms.TextInput(
        attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
    )


class AuthenticateForm(base.AuthenticateForm):
    """The second step of a sign-in."""

    code = CodeField(label="Code", max_length=32)

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        found: Authenticator | None = code_use(user=self.user, code=code)
        if found is None:
            sign_in_refuse(request=context.request, user=self.user)
            raise get_adapter().validation_error("incorrect_code")
        self.authenticator = found
        return code


class ReauthenticateForm(base.ReauthenticateForm):
    """A code before a change of the account."""

    code = CodeField(label="Code", max_length=32)

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        found: Authenticator | None = code_use(user=self.user, code=code)
        if found is None:
            raise get_adapter().validation_error("incorrect_code")
        self.authenticator = found
        return code


class ActivateAppForm(ActivateTOTPForm):
    """The first code of a new authenticator app.

    Attributes:
        counter: the time step of that code, which then no longer works.
    """

    code = CodeField(label="Code of the app", max_length=32)
    counter: int

    def clean_code(self) -> str:
        validate_can_add_authenticator(self.user)
        code: str = self.cleaned_data["code"]
        guess_begin(self.user)
        counter = matching_counter(self.secret, code)
        if counter is None:
            raise get_adapter().validation_error("incorrect_code")
        guess_was_right(self.user)
        self.counter = counter
        return code
