"""The queue: one table in `public` for the tasks of all organizations."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from .tasks_api import TaskResultStatus as Status

_LONGEST_LINE = 300  # characters of an error


class Job(models.Model):
    """A task that is to run, runs or has run."""

    schema_name = models.CharField(
        "organization", max_length=63, blank=True, help_text="Empty for tasks of the platform."
    )
    task = models.CharField(max_length=255, help_text="The path of the function.")
    queue_name = models.CharField("queue", max_length=32)
    priority = models.SmallIntegerField(default=0)
    arguments = models.JSONField(help_text="The function's args and kwargs.")
    retries = models.PositiveSmallIntegerField(default=0)
    unique_key = models.CharField(max_length=255, blank=True)

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.READY)
    run_after = models.DateTimeField(null=True, help_text="Empty if it may run now.")
    due_since = models.DateTimeField(
        db_default=Now(), help_text="Since when it may run; without a meaning before run_after."
    )
    enqueued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    last_attempted_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    worker_ids = ArrayField(
        models.CharField(max_length=64), default=list, help_text="The worker of each attempt."
    )
    leased_until = models.DateTimeField(
        null=True, help_text="If the worker does not extend it until then, another one takes over."
    )
    failures = models.PositiveSmallIntegerField(default=0)
    errors = models.JSONField(default=list)
    return_value = models.JSONField(null=True)

    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(
        "enqueued by", max_length=254, help_text="Email of the user, or the name of the program."
    )
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "task"
        verbose_name_plural = "tasks"
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(
                "queue_name",
                "schema_name",
                models.F("priority").desc(),
                "id",
                name="tenantry_jobs_due",
                condition=Q(status=Status.READY, run_after=None),
            ),
            models.Index(
                fields=("run_after",),
                name="tenantry_jobs_later",
                condition=Q(status=Status.READY, run_after__isnull=False),
            ),
            models.Index(
                fields=("schema_name",),
                name="tenantry_jobs_running",
                condition=Q(status=Status.RUNNING),
            ),
            models.Index(
                fields=("status", "finished_at"),
                name="tenantry_jobs_finished",
                condition=Q(finished_at__isnull=False),
            ),
            models.Index(
                fields=("task", "id"),
                name="tenantry_jobs_platform",
                condition=Q(schema_name=""),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("schema_name", "task", "unique_key"),
                name="tenantry_jobs_unique",
                condition=Q(status=Status.READY) & ~Q(unique_key=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.pk}"

    @property
    def attempt(self) -> int:
        return len(self.worker_ids)

    @property
    def last_error(self) -> str:
        """The last error in one line, without its traceback."""
        if not self.errors:
            return ""
        path = self.errors[-1]["exception_class_path"].removeprefix("builtins.")
        # A message can have several lines, so it is not the last line.
        message = f"\n{self.errors[-1]['traceback']}".rpartition(f"\n{path}")[2]
        return " ".join(f"{path.rpartition('.')[2]}{message}".split())[:_LONGEST_LINE]


class ScheduleState(models.Model):
    """When a schedule is due next. The schedules are in the code (`@every`)."""

    task = models.CharField(max_length=255)
    cron = models.CharField(max_length=100)
    due_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("task", "cron"), name="tenantry_jobs_schedule")
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.cron}"
