"""/orders/priced/: my priced orders, as a page, to print, and as CSV."""

import csv
from collections.abc import Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shared_apps.access.permissions import check_action
from shared_apps.api.pagination import CountedRowsPaginator
from shared_apps.staff.formats import to_cell

from . import roles
from .forms import PeriodForm
from .queries import PricedLinesBetween

PAGE_SIZE = 50
# One request reads them all.
MAX_PRINTED = 2_000
MAX_IN_FILE = 50_000

# By the names of the API's fields.
_COLUMNS = {
    "order": "order_id",
    "placed_at": "placed_at",
    "item_description": "description",
    "item_price": "unit_price",
    "order_quantity": "quantity",
    "order_total": "total",
}


@require_safe
def priced(request: HttpRequest) -> HttpResponse:
    check_action(request, roles.READ_OWN)
    form = PeriodForm(request.GET)
    if not form.is_valid():
        return _invalid(request, form)
    rows: Any = _lines(request, form)
    try:
        page = CountedRowsPaginator(rows, PAGE_SIZE).page(request.GET.get("page", 1))
    except InvalidPage as error:
        raise Http404 from error
    return _page(request, form, list(page), page=page)


@require_safe
def priced_print(request: HttpRequest) -> HttpResponse:
    check_action(request, roles.READ_OWN)
    form = PeriodForm(request.GET)
    rows = _all_rows(request, form, at_most=MAX_PRINTED)
    return _invalid(request, form) if form.errors else _page(request, form, rows, is_printed=True)


@require_safe
def priced_csv(request: Any) -> HttpResponse:
    check_action(request, roles.READ_OWN)
    form = PeriodForm(request.GET)
    rows = _all_rows(request, form, at_most=MAX_IN_FILE)
    if form.errors:
        return _invalid(request, form)
    name = f"priced-orders-{request.organization.schema_name}-{localdate()}.csv"
    response = HttpResponse(
        "\ufeff",  # Without the byte order mark, Excel reads UTF-8 as another encoding.
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    writer = csv.writer(response)
    writer.writerow(_COLUMNS)
    for row in rows:
        shown = row | {"placed_at": f"{row['placed_at']:%Y-%m-%dT%H:%M:%SZ}"}
        writer.writerow([to_cell(shown[name]) for name in _COLUMNS.values()])
    return response


def _all_rows(request: HttpRequest, form: PeriodForm, *, at_most: int) -> list[dict[str, Any]]:
    """Return the rows of all pages; if there are too many, the form gets an error."""
    if not form.is_valid():
        return []
    rows = _lines(request, form)[: at_most + 1]
    if len(rows) > at_most:
        text = _("These are more than %(number)s lines. Choose fewer days.")
        form.add_error(None, text % {"number": f"{at_most:,}"})
    return rows


def _lines(request: Any, form: PeriodForm) -> PricedLinesBetween:
    return PricedLinesBetween(user=request.user.pk, start=form.start, end=form.end)


def _invalid(request: HttpRequest, form: PeriodForm) -> HttpResponse:
    return _page(request, form, (), status=HTTPStatus.BAD_REQUEST)


def _page(
    request: HttpRequest,
    form: PeriodForm,
    rows: Sequence[dict[str, Any]],
    *,
    status: int = HTTPStatus.OK,
    **more: Any,
) -> HttpResponse:
    context = {
        "form": form,
        "rows": rows,
        "grand_total": rows[0]["grand_total"] if rows else Decimal(0),
        **more,
    }
    return render(request, "orders/priced.html", context, status=status)
