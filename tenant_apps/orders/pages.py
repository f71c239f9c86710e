"""/orders/ and /orders/<id>/: the list, one order, and its changes."""

from copy import copy
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.paginator import Page
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from rest_framework.exceptions import NotFound, ValidationError

from shared_apps.access.permissions import check_action
from shared_apps.core.errors import DomainError
from shared_apps.organizations.roles import Action, may

from . import roles
from .api import OrderViewSet
from .forms import OrderListForm
from .models import Order
from .queries import shown_orders, visible_orders
from .services import TRANSITIONS, Change, order_change


@require_safe
def order_list(request: Any) -> HttpResponse:
    check_action(request, roles.READ_OWN)
    form = OrderListForm(request.GET)
    context = {
        "form": form,
        "page": _rows(request, form),
        "sees_all": may(request.role, roles.READ_ALL),
        "is_filtered": any(form[name].value() for name in ("search", "status", "since", "until")),
    }
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "orders/list.html", context, status=status)


def _rows(request: HttpRequest, form: OrderListForm) -> Page[Any] | None:
    """Return a page of orders; None if the form has an error, which is then on the form."""
    if not form.is_valid():
        return None
    asked: Any = copy(request)
    asked.GET = form.api_query()
    try:
        return OrderViewSet.listing(asked).page()
    except NotFound as error:
        raise Http404 from error
    except ValidationError as error:
        errors: Any = error.detail
        form.add_error("search", [str(text) for text in errors["search"]])
        return None


@require_safe
def order_detail(request: HttpRequest, pk: int) -> HttpResponse:
    check_action(request, roles.READ_OWN)
    return _page(request, pk)


@require_POST
def order_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    check_action(request, roles.CANCEL_OWN)
    return _changed(request, pk, Change.CANCEL, _("Order %d is cancelled."))


@require_POST
def order_fulfil(request: HttpRequest, pk: int) -> HttpResponse:
    check_action(request, roles.FULFIL)
    return _changed(request, pk, Change.FULFIL, _("Order %d is fulfilled."))


# For each change: the action for the own orders, and for those of all users.
_ACTIONS = {
    Change.CANCEL: (roles.CANCEL_OWN, roles.CANCEL_ALL),
    Change.FULFIL: (roles.FULFIL, roles.FULFIL),
}


def _changed(request: HttpRequest, pk: int, change: Change, done: str) -> HttpResponse:
    order = _order(request, pk, all_for=_ACTIONS[change][1])
    try:
        order_change(order=order, change=change)
    except DomainError as error:
        return _page(request, pk, status=error.status)
    messages.success(request, done % pk)
    return redirect("orders-detail", pk)


def _page(request: Any, pk: int, *, status: int = HTTPStatus.OK) -> HttpResponse:
    """Show an order; with another status than 200, also that a change came too late."""
    order = _order(request, pk, all_for=roles.READ_ALL)
    is_own = order.user_id == request.user.pk
    context = {
        "order": order,
        "is_unchanged": status != HTTPStatus.OK,
        "changes": [
            change.value
            for change, (own, all_) in _ACTIONS.items()
            if order.status == TRANSITIONS[change][0] and may(request.role, own if is_own else all_)
        ],
    }
    return render(request, "orders/detail.html", context, status=status)


def _order(request: Any, pk: int, *, all_for: Action) -> Order:
    orders = visible_orders(
        shown_orders(), role=request.role, user=request.user.pk, all_for=all_for
    )
    return get_object_or_404(orders, pk=pk)
