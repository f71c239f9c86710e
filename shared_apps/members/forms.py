"""Forms of the page of members."""

from typing import Any

from django import forms

from shared_apps.organizations.roles import Role
from shared_apps.users.models import MAX_EMAIL


class RoleForm(forms.Form):
    role = forms.TypedChoiceField(choices=Role.choices, coerce=Role)

    def __init__(self, *args: Any, may_give_owner: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        if not may_give_owner:
            field.choices = [each for each in Role.choices if each[0] != Role.OWNER]


class InvitationForm(RoleForm):
    field_order = ("email", "role")

    # Text, so that the service explains what is wrong with an address.
    email = forms.CharField(
        max_length=MAX_EMAIL, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
