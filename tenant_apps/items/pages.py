"""/items/: the list, an item, and the forms that create and change one."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from rest_framework.exceptions import NotFound, ValidationError

from shared_apps.access.permissions import check_action
from shared_apps.api.versions import version_of
from shared_apps.organizations.roles import may

from . import roles, services
from .api import ItemViewSet
from .forms import ItemForm
from .models import Item
from .serializers import ItemSerializer

COLUMNS = {
    "sku": gettext_lazy("SKU"),
    "description": gettext_lazy("Description"),
    "price": gettext_lazy("Price"),
    "updated_at": gettext_lazy("Changed"),
}


@require_safe
def item_list(request: Any) -> HttpResponse:
    check_action(request, roles.READ)
    context = {
        "columns": [_column(name, request.GET.get("ordering", "")) for name in COLUMNS],
        "archived": request.GET.get("is_active", "").lower() in {"false", "0"},
        "may_write": may(request.role, roles.WRITE),
    }
    try:
        context["page"] = ItemViewSet.listing(request).page()
    except NotFound as error:
        raise Http404 from error
    except ValidationError as error:
        context["errors"] = error.detail
        return render(request, "items/list.html", context, status=HTTPStatus.BAD_REQUEST)
    return render(request, "items/list.html", context)


def _column(name: str, ordering: str) -> dict[str, Any]:
    """Return a column's label, its direction for `aria-sort`, and the ordering of its link."""
    direction = {name: "ascending", f"-{name}": "descending"}.get(ordering, "")
    link = f"-{name}" if direction == "ascending" else name
    return {"name": name, "label": COLUMNS[name], "direction": direction, "ordering": link}


@require_safe
def item_detail(request: Any, pk: int) -> HttpResponse:
    check_action(request, roles.READ)
    context = {"item": get_object_or_404(Item, pk=pk), "may_write": may(request.role, roles.WRITE)}
    return render(request, "items/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def item_new(request: Any) -> HttpResponse:
    check_action(request, roles.WRITE)
    data = request.POST if request.method == "POST" else None
    form = ItemForm(data, currency=request.organization.currency)
    if form.is_valid():
        try:
            with transaction.atomic():
                item = services.item_create(**form.cleaned_data)
        except IntegrityError as error:
            form.add_violation(error)
        else:
            messages.success(request, _("%(item)s was created.") % {"item": item})
            return redirect("items-item", item.pk)
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return render(request, "items/form.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def item_change(request: Any, pk: int) -> HttpResponse:
    check_action(request, roles.WRITE)
    if request.method == "POST":
        return _save(request, pk)
    item = get_object_or_404(Item, pk=pk)
    shown = {name: getattr(item, name) for name in ItemForm.base_fields}
    form = ItemForm(initial=shown, currency=request.organization.currency)
    context = {"form": form, "item": item, "version": _version(item)}
    return render(request, "items/form.html", context)


def _save(request: Any, pk: int) -> HttpResponse:
    """Save the form, unless the item has changed since it was read."""
    form = ItemForm(request.POST, currency=request.organization.currency)
    version = request.POST.get("version", "")
    if form.is_valid():
        try:
            with transaction.atomic():
                item = get_object_or_404(Item.objects.select_for_update(no_key=True), pk=pk)
                if version != _version(item) and _differs(item, form):
                    return _conflict(request, form, item)
                services.item_change(item=item, **form.cleaned_data)
        except IntegrityError as error:
            form.add_violation(error)
        else:
            messages.success(request, _("%(item)s was saved.") % {"item": item})
            return redirect("items-item", pk)
    context = {"form": form, "item": get_object_or_404(Item, pk=pk), "version": version}
    return render(request, "items/form.html", context, status=HTTPStatus.BAD_REQUEST)


def _version(item: Item) -> str:
    """Return the version that the API sends as ETag."""
    return version_of(ItemSerializer(item).data)


def _differs(item: Item, form: ItemForm) -> bool:
    return any(getattr(item, name) != value for name, value in form.cleaned_data.items())


def _conflict(request: HttpRequest, form: ItemForm, item: Item) -> HttpResponse:
    """Show both versions. The form has the new one, so that it can be saved over the other."""
    versions = [
        (name, ItemForm.base_fields[name].label, form.cleaned_data[name], getattr(item, name))
        for name in ItemForm.base_fields
    ]
    context = {"form": form, "item": item, "version": _version(item), "versions": versions}
    return render(request, "items/form.html", context, status=HTTPStatus.CONFLICT)


@require_POST
def item_archive(request: HttpRequest, pk: int) -> HttpResponse:
    check_action(request, roles.WRITE)
    item = services.item_archive(item=get_object_or_404(Item, pk=pk))
    messages.success(request, _("%(item)s was archived.") % {"item": item})
    return redirect("items-item", pk)


@require_POST
def item_restore(request: HttpRequest, pk: int) -> HttpResponse:
    check_action(request, roles.WRITE)
    item = services.item_change(item=get_object_or_404(Item, pk=pk), is_active=True)
    messages.success(request, _("%(item)s can be ordered again.") % {"item": item})
    return redirect("items-item", pk)
