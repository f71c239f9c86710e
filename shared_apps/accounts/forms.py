"""Forms of sign-up, of passwords and of addresses."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from shared_apps.core.addresses import storable_address
from shared_apps.core.errors import DomainError
from shared_apps.users.models import MAX_EMAIL, MAX_NAME
from shared_apps.users.passwords import MAX_PASSWORD


class AddressField(forms.EmailField):
    """An address that mail can be sent to, in the spelling that is stored."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.EmailInput(attrs={"autocomplete": "email"})
        super().__init__(max_length=MAX_EMAIL, widget=widget, **kwargs)

    def clean(self, value: Any) -> Any:
        address = super().clean(value)
        try:
            return storable_address(address)
        except DomainError as error:
            raise ValidationError(error.detail) from error


class PasswordField(forms.CharField):
    """A password as it was typed.

    Args:
        new: whether it must be a good one; else it is compared only.
    """

    def __init__(self, *, new: bool = False, **kwargs: Any) -> None:
        autocomplete = "new-password" if new else "current-password"
        widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
        if new:
            kwargs.setdefault("help_text", "At least 8 characters.")
        super().__init__(max_length=MAX_PASSWORD, strip=False, widget=widget, **kwargs)
        self.new = new

    def clean(self, value: Any) -> Any:
        password = super().clean(value)
        if self.new:
            validate_password(password)
        return password


class InvitedSignUpForm(forms.Form):
    """Without the address, which is that of the invitation."""

    name = forms.CharField(
        max_length=MAX_NAME, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = PasswordField(new=True)


class SignUpForm(InvitedSignUpForm):
    email = AddressField()
    field_order = ("email", "name", "password")


class SignUpPasswordForm(forms.Form):
    """Asked in another browser than that of the sign-up."""

    password = PasswordField(help_text="The one that you chose when you signed up.")


class AddressForm(forms.Form):
    email = AddressField()


class NewPasswordForm(forms.Form):
    new = PasswordField(new=True, label="New password")
    end_tokens = forms.BooleanField(
        required=False,
        label="End my API tokens, too",
        help_text="Programs that use them must sign in again.",
    )


class PasswordChangeForm(NewPasswordForm):
    current = PasswordField(label="Current password")
    field_order = ("current", "new", "end_tokens")


class EmailForm(forms.Form):
    email = AddressField(label="New email")
    password = PasswordField()


class OrganizationForm(forms.Form):
    name = forms.CharField(max_length=150, label="Name of the organization")
    currency = forms.CharField(
        max_length=3, initial="EUR", help_text="Of all amounts: an ISO 4217 code such as EUR."
    )

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()


class NamedOrganizationForm(OrganizationForm):
    schema_name = forms.CharField(
        max_length=63,
        label="Short name",
        help_text="For programs. Lowercase letters, digits and underscores. It cannot be changed "
        "later.",
    )
