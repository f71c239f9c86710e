"""/orders/new/: place an order.

Each button sends the form to the same URL. Only "Place order" writes; the others show the form
again, with lines added or removed and the total as of now.
"""

import json
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shared_apps.access.permissions import check_action
from shared_apps.api.idempotency import claimed
from shared_apps.core.errors import DomainError

from . import roles
from .drafts import Draft
from .models import Order
from .services import order_place


@require_http_methods(["GET", "HEAD", "POST"])
def order_new(request: Any) -> HttpResponse:
    check_action(request, roles.PLACE)
    draft = Draft.sent(request.POST) if request.method == "POST" else Draft()
    match request.POST.get("do", "").split(" ", 2):
        case ["place"]:
            return _place(request, draft)
        case ["add"]:
            draft.add()
        case ["remove", number]:
            draft.remove(number)
        case ["choose", number, sku]:
            draft.choose(number, sku)
    draft.read_items()
    return _page(request, draft)


def _place(request: Any, draft: Draft) -> HttpResponse:
    content = [request.method, request.path, draft.as_typed()]
    draft.read_items()
    try:
        with claimed(caller=request.principal.name, key=draft.key, content=content) as claim:
            if claim.earlier:
                text = _("This order was placed already. For another one, start a new order.")
                messages.info(request, text)
                return redirect("orders-detail", json.loads(claim.earlier.response)["id"])
            order = _order(request, draft)
            claim.store(status=HTTPStatus.FOUND, response=json.dumps({"id": order.pk}))
    except DomainError as error:
        return _again(request, draft, error)
    messages.success(request, _("Order %d is placed.") % order.pk)
    return redirect("orders-detail", order.pk)


def _order(request: Any, draft: Draft) -> Order:
    """Place the order, if the form showed its total.

    Raises:
        DomainError: the draft has an error, or the total is another one.
    """
    if not draft.is_valid:
        raise DomainError("invalid_lines", draft.error, HTTPStatus.BAD_REQUEST)
    seen = draft.seen_total(request.organization.currency)
    if seen is None:
        raise DomainError("total_changed", "")
    return order_place(user=request.principal.person, lines=draft.as_lines(), expected_total=seen)


def _again(request: Any, draft: Draft, error: DomainError) -> HttpResponse:
    """Show the form with the error, and with items and prices as of now."""
    text, status = error.detail, error.status
    draft.read_items()
    match error.code:
        case "invalid_lines" | "item_archived":
            text = draft.error or _("Correct the lines below. Nothing was ordered yet.")
        case "total_changed":
            text = _("Check the total, then place the order.")
            if any(line.old_price is not None for line in draft.filled):
                text = _("Prices have changed. Check the new total, then place the order.")
        case "idempotency_key_reused":
            # The person went back in the browser, and changed the lines.
            draft.key, status = Draft().key, HTTPStatus.CONFLICT
            text = _(
                "You have placed an order with this form already. To place this one as well, send "
                "it again."
            )
        case "invalid_idempotency_key":
            draft.key = Draft().key
            text = _("This form was incomplete. Send it again.")
    return _page(request, draft, error=text, status=status)


def _page(
    request: Any, draft: Draft, *, error: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    context = {"draft": draft, "error": error}
    return render(request, "orders/new.html", context, status=status)
