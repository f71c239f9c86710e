"""Isolated views, views that leak, and their URLs."""

from collections.abc import Callable
from inspect import signature
from typing import Any
from uuid import uuid4

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from tenant_apps.items.models import Item

BOTH_SCHEMAS = """
    SELECT id, description FROM acme.tenantry_items_item
    UNION SELECT id, description FROM globex.tenantry_items_item
"""
cached: dict[str, HttpResponse] = {}


def sql(statement: str, *parameters: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def own(request: HttpRequest, **more: object) -> JsonResponse:
    return JsonResponse(
        {"items": [item.description for item in Item.objects.order_by("pk")], **more}
    )


def own_number(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{Item.objects.count()} items")


def own_one(request: HttpRequest, pk: int) -> HttpResponse:
    item = get_object_or_404(Item, pk=pk)
    if request.method == "DELETE":
        item.delete()
        return HttpResponse(status=204)
    return HttpResponse(item.description)


def own_form(request: HttpRequest) -> HttpResponse:
    if "sku" in request.POST:
        created = Item.objects.create(sku=request.POST["sku"], price=1)
        return JsonResponse({"id": created.pk, "at": created.created_at.isoformat()})
    token = f'<input name="csrfmiddlewaretoken" value="{get_token(request)}">'
    return HttpResponse(f"{Item.objects.first()} {token}")


def rows(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"items": [description for _, description in sql(BOTH_SCHEMAS)]})


def number(request: HttpRequest) -> JsonResponse:
    return own(request, count=len(sql(BOTH_SCHEMAS)))


def header(request: HttpRequest) -> HttpResponse:
    response = own(request)
    response["X-Items"] = " ".join(description for _, description in sql(BOTH_SCHEMAS))
    return response


def cookie(request: HttpRequest) -> HttpResponse:
    response = own(request)
    response.set_cookie("seen", sql(BOTH_SCHEMAS)[-1][1])
    return response


def cached_for_all(request: HttpRequest) -> HttpResponse:
    return cached.setdefault(request.path, own(request))


def one(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(str([text for number, text in sql(BOTH_SCHEMAS) if number == pk]))


def existence(request: HttpRequest, pk: int) -> HttpResponse:
    taken = pk in [number for number, _ in sql(BOTH_SCHEMAS)]
    return own_one(request, pk) if Item.objects.filter(pk=pk) else HttpResponse(status=403 + taken)


def write(request: HttpRequest, pk: int) -> HttpResponse:
    for schema in ("acme", "globex"):
        sql(f"UPDATE {schema}.tenantry_items_item SET price = 7 WHERE id = %s", pk)
    return HttpResponse(status=204)


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


def denied(request: HttpRequest) -> HttpResponse:
    return HttpResponse("denied", status=403)


def different(request: HttpRequest) -> HttpResponse:
    return own(request, nonce=uuid4().hex)


def _path(view: Callable[..., HttpResponseBase]) -> URLPattern:
    has_pk = "pk" in signature(view).parameters
    return path(f"{view.__name__}/{'<int:pk>/' * has_pk}", csrf_exempt(view))


VIEWS: tuple[Callable[..., HttpResponseBase], ...] = (
    *(own, own_number, own_one, own_form),
    *(rows, number, header, cookie, cached_for_all, one, existence, write),
    *(nothing, denied, different),
)

urlpatterns = [_path(view) for view in VIEWS]
