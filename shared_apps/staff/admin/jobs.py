"""The admin of tasks: what waits, runs and has failed, and why."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.text import Truncator

from shared_apps.core.errors import DomainError
from shared_apps.jobs.models import Job
from shared_apps.jobs.services import job_cancel, job_retry
from shared_apps.jobs.status import search
from shared_apps.jobs.tasks_api import TaskResultStatus as Status
from shared_apps.organizations.models import Organization
from shared_apps.staff.pagination import BoundedPaginator
from tenantry.names import PUBLIC

from .base import ReadOnlyAdmin
from .job_filters import STATUSES, Jobs, OrganizationFilter, StatusFilter, TaskFilter
from .organizations import coloured

MAY_ACT = "tenantry_jobs.change_job"
LONGEST_JSON = 20_000  # characters on the page of a task
LABELS = {
    Status.READY: "info",
    Status.RUNNING: "warning",
    Status.FAILED: "danger",
    Status.SUCCESSFUL: "success",
}


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """A list of millions of rows, which no query reads or counts."""

    paginator = BoundedPaginator
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    list_display = (
        "id",
        "task",
        "shown_status",
        "organization",
        "enqueued",
        "ended",
        "error",
    )
    list_display_links = ("id", "task")
    list_filter = (StatusFilter, TaskFilter, OrganizationFilter)
    list_filter_submit = True
    sortable_by = ()
    search_fields = ("pk",)
    search_help_text = "Number of a task"
    empty_text = "Tasks are what runs after a request: mail, exports, what happens at night."
    actions = ("retry", "cancel")
    fields = (
        ("shown_status", "shown_organization"),
        ("task", "queue_name"),
        ("enqueued_at", "enqueued_by"),
        ("started_at", "from_request"),
        ("finished_at", "attempts"),
        ("waits_until", "allowed_failures"),
        "workers",
    )
    change_form_outer_before_template = "staff/job_actions.html"
    change_form_outer_after_template = "staff/job_details.html"

    def get_form(
        self, request: HttpRequest, obj: Job | None = None, change: bool = False, **kw: Any
    ) -> type[forms.ModelForm[Job]]:
        kw["help_texts"] = {"task": ""}
        return super().get_form(request, obj, change, **kw)  # type: ignore[no-any-return]

    def audit_filter(self, obj: Job) -> dict[str, str]:
        return {"schema_name": obj.schema_name, "subject": str(obj)}

    def get_queryset(self, request: HttpRequest) -> Jobs:
        return super().get_queryset(request).defer("arguments", "return_value")  # type: ignore[no-any-return]

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        # Failed tasks are few among millions: the index of the status has this order.
        is_failed = request.GET.get(StatusFilter.parameter_name) == Status.FAILED.value.lower()
        return ("-finished_at", "-pk") if is_failed else ("-pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: Jobs, search_term: str
    ) -> tuple[Jobs, bool]:
        """Apply the search for a number, and the filters."""
        number, query = search_term.strip(), request.GET
        if number:
            is_id = number.isascii() and number.isdecimal() and len(number) < len(str(2**63))
            return (queryset.filter(pk=int(number)) if is_id else queryset.none()), False
        status = query.get(StatusFilter.parameter_name)
        if status and status not in STATUSES:
            return queryset.none(), False
        schema_name = query.get(OrganizationFilter.parameter_name, "").strip() or None
        return search(
            queryset,
            status=STATUSES[status] if status else None,
            schema_name="" if schema_name == PUBLIC else schema_name,
            task=query.get(TaskFilter.parameter_name, ""),
        ), False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Reject lookups without an index, such as `?errors__icontains=`."""
        return lookup in {each.parameter_name for each in self.list_filter}

    # --- The list ---

    @admin.display(description="Status")
    def shown_status(self, job: Job) -> str:
        return coloured((job.status, Status(job.status).label), LABELS)

    @admin.display(description="Organization")
    def organization(self, job: Job) -> str:
        return job.schema_name or "platform"

    @admin.display(description="Enqueued")
    def enqueued(self, job: Job) -> str:
        return _short(job.enqueued_at)

    @admin.display(description="Ended")
    def ended(self, job: Job) -> str:
        return _short(job.finished_at) if job.finished_at else ""

    @admin.display(description="Last error")
    def error(self, job: Job) -> str:
        return format_html('<span class="error">{}</span>', Truncator(job.last_error).chars(100))

    # --- The page of a task ---

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        job = self.get_object(request, unquote(object_id))
        details = _details(job, may_act=self.has_act_permission(request)) if job else {}
        return super().change_view(request, object_id, form_url, details | (extra_context or {}))  # type: ignore[no-any-return]

    @admin.display(description="Organization")
    def shown_organization(self, job: Job) -> str:
        found = job.schema_name and Organization.objects.filter(schema_name=job.schema_name).first()
        if not found:
            return self.organization(job)
        url = reverse("admin:tenantry_organizations_organization_change", args=[found.pk])
        return format_html('<a href="{}">{}</a> ({})', url, found.name, found.schema_name)

    @admin.display(description="Enqueued by")
    def enqueued_by(self, job: Job) -> str:
        if not job.actor_id:
            return job.actor
        url = reverse("admin:tenantry_users_user_change", args=[job.actor_id])
        return format_html('<a href="{}">{}</a>', url, job.actor)

    @admin.display(description="From the request")
    def from_request(self, job: Job) -> str:
        """Return the id by which the log is searched, and the address."""
        if not job.request_id:
            return ""
        return format_html("{} from {}", job.request_id, job.address or "an unknown address")

    @admin.display(description="Attempts")
    def attempts(self, job: Job) -> int:
        return job.attempt

    @admin.display(description="Failures")
    def allowed_failures(self, job: Job) -> str:
        return f"{job.failures} of {job.retries + 1}"

    @admin.display(description="Waits until")
    def waits_until(self, job: Job) -> str:
        return localize(job.run_after) if job.run_after and job.status == Status.READY else ""

    @admin.display(description="Workers")
    def workers(self, job: Job) -> str:
        return ", ".join(dict.fromkeys(job.worker_ids))

    # --- Actions ---

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_ACT)

    def response_action(self, request: HttpRequest, queryset: Jobs) -> HttpResponse | None:
        """Act on as many tasks as the list shows: the staff user waits for the result."""
        if request.POST.get("select_across") == "1":
            queryset = queryset[: BoundedPaginator.most]
        return super().response_action(request, queryset)  # type: ignore[no-any-return]

    @admin.action(description="Retry selected tasks", permissions=["act"])
    def retry(self, request: HttpRequest, queryset: Jobs) -> None:
        self._act(request, queryset, job_retry, "will run again")

    @admin.action(description="Cancel selected tasks", permissions=["act"])
    def cancel(self, request: HttpRequest, queryset: Jobs) -> HttpResponse | None:
        if "confirmed" in request.POST:
            self._act(request, queryset, job_cancel, "cancelled")
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": "Cancel tasks",
            "jobs": queryset,
            "opts": self.opts,
            "name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "staff/cancel_jobs.html", context)

    def _act(
        self, request: HttpRequest, jobs: Jobs, service: Callable[..., None], done: str
    ) -> None:
        """Call the service for each task; a worker can have taken some by now."""
        succeeded, errors = 0, []
        for job in jobs:
            try:
                service(job=job)
            except DomainError as error:
                errors.append(error.detail)
            else:
                succeeded += 1
        if succeeded:
            noun = "task" if succeeded == 1 else "tasks"
            self.message_user(request, f"{succeeded} {noun} {done}.")
        if errors:
            more = f" {len(errors) - 1} more were not changed." if len(errors) > 1 else ""
            self.message_user(request, f"{errors[0]}{more}", messages.ERROR)


def _short(moment: datetime) -> str:
    return format_html('<span class="nowrap">{}</span>', f"{moment:%Y-%m-%d %H:%M}")


def _details(job: Job, *, may_act: bool) -> dict[str, Any]:
    """Return what the page shows below the fields.

    Arguments and results can contain data of an organization, such as a link that was mailed. Only
    staff who may change tasks see them.
    """
    return {
        "may_act": may_act,
        "arguments": _as_text(job.arguments) if may_act else None,
        "result": _as_text(job.return_value)
        if may_act and job.status == Status.SUCCESSFUL
        else None,
        # Not "errors": those of a form would be shown.
        "failures": [
            {"name": error["exception_class_path"], "traceback": error["traceback"]}
            for error in reversed(job.errors)
        ],
    }


def _as_text(value: Any) -> str:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return text if len(text) <= LONGEST_JSON else f"{text[:LONGEST_JSON]}..."
