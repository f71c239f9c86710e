"""The URLs of the django-tenants peer."""

from django.urls import path

from .shop.api import ItemList, OrderList, PricedLineList

urlpatterns = [
    path("api/items/", ItemList.as_view()),
    path("api/orders/", OrderList.as_view()),
    path("api/orders/priced/", PricedLineList.as_view()),
]
