"""Forms of the pages of items."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from shared_apps.api.fields import is_plain_number, without_negative_zero
from shared_apps.core.constraints import constraint_violation
from shared_apps.staff.imports import MAX_SIZE


class AmountField(forms.DecimalField):
    """An amount with at most two decimals, after a point or a comma.

    A comma is never taken for thousands: `1,234` has too many decimals.
    """

    widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override] # The stubs have int.
        text = str(value or "").strip()
        if not is_plain_number(text):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        if "." not in text:
            text = text.replace(",", ".")  # Two of them are not a number.
        amount = super().to_python(text)
        return None if amount is None else without_negative_zero(amount)


class ItemForm(forms.Form):
    """The fields that people type. PostgreSQL checks whether the SKU is taken."""

    sku = forms.CharField(
        label=_("SKU"), max_length=64, widget=forms.TextInput({"autocomplete": "off"})
    )
    description = forms.CharField(label=_("Description"), max_length=255)
    price = AmountField(label=_("Price"), max_digits=12, decimal_places=2, min_value=Decimal(0))

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["price"].label = _("Price in %(currency)s") % {"currency": currency}

    def add_violation(self, error: IntegrityError) -> None:
        """Show at its field that the SKU is taken.

        Raises:
            IntegrityError: for a bug.
        """
        violation = constraint_violation(error)
        if not isinstance(violation, ValidationError):
            raise error
        self.add_error(None, violation)


class UploadForm(forms.Form):
    file = forms.FileField(label=_("CSV file"), widget=forms.FileInput({"accept": ".csv,text/csv"}))

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_SIZE:
            raise ValidationError(_("The file is larger than 1 MB. Import it in parts."))
        return file
