"""The form to enter an organization."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

READ, WRITE = "read", "write"


class EnterForm(forms.Form):
    reason = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text="For example a ticket number. The audit log shows it.",
    )
    mode = forms.ChoiceField(choices={READ: "Read only"}, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, may_write: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if may_write:
            modes = {READ: "Read only", WRITE: "Read and change data"}
            self.fields["mode"].choices = list(modes.items())  # type: ignore[attr-defined]
