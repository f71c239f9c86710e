"""/dev/design/: every component of static/tenantry/site.css on one page, in development only."""

from datetime import timedelta
from decimal import Decimal

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from shared_apps.core.development import only_in_development

COLOURS = {
    "ground": "the page",
    "raised": "the sidebar, table heads, code",
    "hover": "under the pointer; the current page",
    "line": "between things",
    "edge": "around fields",
    "text": "text",
    "faint": "what matters less",
    "accent": "links, the main button",
    "tint": "behind the accent",
    "good": "done",
    "warn": "needs attention",
    "danger": "deletes, errors",
}


class ExampleForm(forms.Form):
    name = forms.CharField(help_text="As it is on the invoice.")
    price = forms.DecimalField(min_value=0)
    status = forms.ChoiceField(choices=[("placed", "Placed"), ("fulfilled", "Fulfilled")])
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    is_active = forms.BooleanField(label="Can be paid", required=False)
    scopes = forms.MultipleChoiceField(
        label="Only for",
        choices=[("read", "read"), ("write", "notes:write")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


@only_in_development
@require_safe
def design(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    ages = (timedelta(minutes=4), timedelta(hours=5), timedelta(days=40))
    totals = (Decimal("50000.00"), Decimal("129.90"), Decimal("7.50"))
    numbered = enumerate(zip(totals, ages, strict=True), start=1)
    context = {
        "colours": COLOURS,
        "form": ExampleForm({"name": "", "price": "-1", "status": "placed", "note": "Fragile"}),
        "invoices": [(number, total, now - age) for number, (total, age) in numbered],
        "total": sum(totals, start=Decimal(0)),
        "page": Paginator(range(90), 30).page(2),
    }
    return render(request, "dev/design.html", context)
