"""/dev/design/."""

from django.urls import path

from . import design

urlpatterns = [path("", design.design, name="dev-design")]
