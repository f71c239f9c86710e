"""The filters of the list of tasks.

They only show their choices: `JobAdmin.get_search_results` applies all of them together.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter, TextFilter

from shared_apps.jobs.definitions import registered
from shared_apps.jobs.models import Job
from shared_apps.jobs.tasks_api import TaskResultStatus as Status
from tenantry.names import PUBLIC

Jobs = QuerySet[Job, Any]

STATUSES = {status.value.lower(): status for status in Status}


class StatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = lookup_kwarg = "status"

    @property
    def lookup_val(self) -> list[str | None]:
        """The choice, which Unfold's template adds to the form of the other filters."""
        return [self.value()]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, status.label) for name, status in STATUSES.items()]

    def queryset(self, request: HttpRequest, queryset: Jobs) -> Jobs:
        return queryset


class TaskFilter(DropdownFilter):
    title = "task"
    parameter_name = "task"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(path, path) for path in sorted(registered)]

    def queryset(self, request: HttpRequest, queryset: Jobs) -> Jobs:
        return queryset


class OrganizationFilter(TextFilter):
    title = f"schema ({PUBLIC} for the platform)"
    parameter_name = "organization"

    def queryset(self, request: HttpRequest, queryset: Jobs) -> Jobs:
        return queryset
