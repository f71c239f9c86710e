"""/items/ and below: the pages."""

from django.urls import path

from . import file_pages, pages

urlpatterns = [
    path("", pages.item_list, name="items"),
    path("new/", pages.item_new, name="items-new"),
    path("export/", file_pages.item_export, name="items-export"),
    path("import/", file_pages.item_import, name="items-import"),
    path("import/confirm/", file_pages.item_import_confirm, name="items-import-confirm"),
    path("<int:pk>/", pages.item_detail, name="items-item"),
    path("<int:pk>/change/", pages.item_change, name="items-change"),
    path("<int:pk>/archive/", pages.item_archive, name="items-archive"),
    path("<int:pk>/restore/", pages.item_restore, name="items-restore"),
]
