"""Forms that filter the pages of orders."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .models import Order

_ISO = "%Y-%m-%d"
# A day outside of these may have no moment in UTC.
_DAYS = (MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2999, 12, 31)))


class DayField(forms.DateField):
    """A day as browsers send it, whatever the language."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format=_ISO)
        super().__init__(
            required=False, widget=widget, input_formats=(_ISO,), validators=_DAYS, **kwargs
        )


class PeriodForm(forms.Form):
    """The days from one to another, both included, in the person's time zone."""

    since = DayField(label=_("From"))
    until = DayField(label=_("To"))

    def clean_until(self) -> date | None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data["until"]
        if since and until and until < since:
            raise forms.ValidationError(_("This day is before the first one."))
        return until  # type: ignore[no-any-return]

    @property
    def start(self) -> datetime | None:
        """The first moment of the period; None without one."""
        since = self.cleaned_data["since"]
        return _midnight(since) if since else None

    @property
    def end(self) -> datetime | None:
        """The moment after the period; None without one."""
        until = self.cleaned_data["until"]
        return _midnight(until + timedelta(days=1)) if until else None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


class OrderListForm(PeriodForm):
    """The filters of the list. Names and values of the fields are those of the API."""

    field_order = ("search", "status", "since", "until", "ordering")

    search = forms.CharField(
        label=_("Search"), required=False, widget=forms.TextInput(attrs={"type": "search"})
    )
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("All")), *Order.Status.choices]
    )
    ordering = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[
            ("", _("Newest")),
            ("id", _("Oldest")),
            ("-total", _("Highest total")),
            ("total", _("Lowest total")),
        ],
    )

    def api_query(self) -> QueryDict:
        """Return the query of the API for the rows; newest first, if the form says nothing."""
        query = QueryDict(mutable=True)
        query.update(self.data)
        query["ordering"] = self.cleaned_data["ordering"] or "-id"
        query["placed_after"] = self.start.isoformat() if self.start else ""
        query["placed_before"] = self.end.isoformat() if self.end else ""
        return query
