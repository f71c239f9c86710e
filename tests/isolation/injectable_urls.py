"""The service's URLs, and a view that formats its input into SQL, as no view should."""

from django.db import DatabaseError, connection
from django.db.transaction import atomic
from django.http import HttpRequest, JsonResponse
from django.urls import include, path


def search(request: HttpRequest) -> JsonResponse:
    sku = request.GET["sku"]
    sql = f"SELECT description FROM tenantry_items_item WHERE sku = '{sku}'"
    try:
        with atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
            return JsonResponse({"found": [str(value) for (value,) in cursor.fetchall()]})
    except DatabaseError as error:
        return JsonResponse({"error": str(error)}, status=400)


urlpatterns = [
    path("api/injectable/", search),
    path("", include("config.urls")),
]
