"""Forms of the pages /me/ and /organization/."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role, known_scopes
from shared_apps.users.models import MAX_NAME, MAX_TOKEN_NAME

from .token_serializers import KEY_ROLES

_LIVES = {"30": "30 days", "90": "90 days", "365": "a year", "": "no expiry"}


class NameForm(forms.Form):
    name = forms.CharField(max_length=MAX_NAME, widget=forms.TextInput({"autocomplete": "name"}))


class NewTokenForm(forms.Form):
    name = forms.CharField(
        max_length=MAX_TOKEN_NAME, widget=forms.TextInput({"autocomplete": "off"})
    )
    days = forms.ChoiceField(label="Expires after", choices=[*_LIVES.items()], required=False)
    scopes = forms.MultipleChoiceField(
        label="Only for",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Choose none for all that the role may do.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Another form of the page has a name, too.
        super().__init__(*args, **{"auto_id": "new_%s", **kwargs})
        field = self.fields["scopes"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(scope, scope) for scope in sorted(known_scopes())]

    def clean(self) -> dict[str, Any]:
        """Return the arguments of the service."""
        given = self.cleaned_data
        days = given.pop("days", "")
        expiry: datetime | None = timezone.now() + timedelta(days=int(days)) if days else None
        return {**given, "scopes": given.get("scopes") or None, "expiry": expiry}


class NewKeyForm(NewTokenForm):
    field_order = ("name", "role", "days", "scopes")

    role = forms.TypedChoiceField(choices=KEY_ROLES, coerce=Role, initial=Role.ADMIN)


class RotationForm(forms.Form):
    overlap = forms.TypedChoiceField(
        label="The old key works for",
        choices=[("24", "a day"), ("168", "a week"), ("0", "no longer")],
        coerce=lambda hours: timedelta(hours=int(hours)),
    )


class SettingsForm(forms.ModelForm[Organization]):
    class Meta:
        model = Organization
        fields = ("name", "currency", "second_factor_required")
        labels = {"second_factor_required": "Require a second factor"}  # noqa: RUF012 (as Django has it)
