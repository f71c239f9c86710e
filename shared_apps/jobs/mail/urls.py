"""URLs below /dev/mail/."""

from django.urls import path

from . import pages

urlpatterns = [
    path("", pages.mail_list, name="dev-mail"),
    path("<slug:name>/", pages.mail_detail, name="dev-mail-detail"),
]
