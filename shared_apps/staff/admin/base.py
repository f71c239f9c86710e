"""What the admin of every part of the platform has in common."""

from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import TabularInline

from shared_apps.staff.refusals import RefusalsAsMessages

M = TypeVar("M", bound=Model)


class KeptAdmin(RefusalsAsMessages):
    """Rows that orders and logs refer to: they are never deleted."""

    show_full_result_count = False  # Counting all, beside what was found, is a query more.

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(KeptAdmin):
    """Rows that nobody makes or changes by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(TabularInline):
    """Rows listed below the one they belong to, each with a link to its own page."""

    extra = 0
    per_page = 50
    show_change_link = True
    can_delete = False
    hide_title = True  # It would repeat the first columns.

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
