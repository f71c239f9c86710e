"""The charts on the admin's first page, in a fixed number of queries."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncWeek
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.timesince import timesince

from shared_apps.jobs.status import MOST, queue_status
from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenantry.fleet.status import Condition

from . import fleet

WEEKS = 12
LARGEST = 10


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart; `share` is its length in percent of the longest bar."""

    label: str
    value: int
    shown: str
    share: int
    link: str = ""


def dashboard(request: HttpRequest) -> dict[str, Any]:
    """Return the charts that the staff user may see."""
    return {**_organizations(request), **_tasks(request)}


def _organizations(request: HttpRequest) -> dict[str, Any]:
    if not request.user.has_perm("tenantry_organizations.view_organization"):
        return {}
    by_status, condition = _by_status(), fleet.fleet_condition()
    return {
        "organizations_total": sum(bar.value for bar in by_status),
        "by_status": by_status,
        "organizations_by_week": _by_week(Organization),
        "users_total": User.objects.count(),
        "users_by_week": _by_week(User),
        "largest": _largest(),
        "by_condition": _by_condition(condition.count),
        "compared_since": condition.compared_since,
        "uncompared": condition.uncompared,
    }


def _tasks(request: HttpRequest) -> dict[str, Any]:
    if not request.user.has_perm("tenantry_jobs.view_job"):
        return {}
    status = queue_status()
    counted = [
        ("Waiting", status.waiting, "?status=ready"),
        ("Running", status.running, "?status=running"),
        ("Failed in a day", status.failed, "?status=failed"),
    ]
    oldest = status.oldest
    minutes = timesince(oldest.due_since, status.at) if oldest else ""
    return {
        "queue": status,
        "wait": "less than a minute" if minutes.startswith("0") else minutes,
        "tasks": _bars([(name, value, _bounded(value), link) for name, value, link in counted]),
    }


def _bounded(value: int) -> str:
    return f"{value}+" if value == MOST else str(value)


def _bars(rows: list[tuple[str, int, str, str]]) -> list[Bar]:
    longest = max((value for _, value, _, _ in rows), default=0) or 1
    return [
        Bar(label, value, shown, 100 * value // longest, link) for label, value, shown, link in rows
    ]


def _by_status() -> list[Bar]:
    counted = dict(Organization.objects.order_by().values_list("status").annotate(Count("pk")))
    return _bars(
        [
            (
                status.label,
                counted.get(status, 0),
                str(counted.get(status, 0)),
                f"?status__exact={status}",
            )
            for status in Organization.Status
        ]
    )


def _by_condition(counted: dict[str, int]) -> list[Bar]:
    return _bars(
        [(c.label, counted.get(c, 0), str(counted.get(c, 0)), f"?condition={c}") for c in Condition]
    )


def _by_week(model: type[Organization] | type[User]) -> list[Bar]:
    """Count the rows created in each of the last weeks; an empty week counts 0."""
    this_week = timezone.now().date() - timedelta(days=timezone.now().weekday())
    weeks = [this_week - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    rows = (
        model._default_manager.filter(created_at__date__gte=weeks[0])
        .order_by()
        .annotate(week=TruncWeek("created_at"))
        .values_list("week")
        .annotate(Count("pk"))
    )
    counted = {week.date(): count for week, count in rows}
    return _bars(
        [(f"{week:%d %b}", counted.get(week, 0), str(counted.get(week, 0)), "") for week in weeks]
    )


def _largest() -> list[Bar]:
    measured: Any = fleet.with_state(Organization.objects.all()).filter(size__isnull=False)
    return _bars(
        [
            (each.name, each.size, filesizeformat(each.size), str(each.pk))
            for each in measured.order_by("-size")[:LARGEST]
        ]
    )
