"""/orders/ and below."""

from django.urls import path

from . import new_pages, pages, priced_pages

urlpatterns = [
    path("", pages.order_list, name="orders"),
    path("new/", new_pages.order_new, name="orders-new"),
    path("priced/", priced_pages.priced, name="orders-priced"),
    path("priced/print/", priced_pages.priced_print, name="orders-priced-print"),
    path("priced/csv/", priced_pages.priced_csv, name="orders-priced-csv"),
    path("<int:pk>/", pages.order_detail, name="orders-detail"),
    path("<int:pk>/cancel/", pages.order_cancel, name="orders-cancel"),
    path("<int:pk>/fulfil/", pages.order_fulfil, name="orders-fulfil"),
]
