"""What entering an organization takes."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

READ, WRITE = "read", "write"


class EnterForm(forms.Form):
    """Why somebody enters, and whether to change anything."""

    reason = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text="A ticket or a question. It stands in the audit log.",
    )
    mode = forms.ChoiceField(choices={READ: "Read only"}, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, may_write: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if may_write:
            modes = {READ: "Read only", WRITE: "Read and change data"}
            self.fields["mode"].choices = list(modes.items())  # type: ignore[attr-defined]
