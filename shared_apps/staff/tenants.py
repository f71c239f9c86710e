"""`TenantModelAdmin`, the base class of the admin of tenant apps."""

import json
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.admin.options import get_content_type_for_model
from django.contrib.admin.utils import quote, unquote
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver
from import_export.results import Result, RowResult
from unfold.admin import TabularInline

from shared_apps.organizations.models import Organization
from tenantry.roles import as_owner

from .errors import AtomicActions
from .models import SupportSession
from .support.guard import check_organization, note_changes, within_support_session

_FLAG_OF_IMPORT = {
    RowResult.IMPORT_TYPE_NEW: ADDITION,
    RowResult.IMPORT_TYPE_UPDATE: CHANGE,
    RowResult.IMPORT_TYPE_DELETE: DELETION,
}


def _session(request: HttpRequest) -> SupportSession | None:
    session: SupportSession | None = getattr(request, "support_session", None)
    return session


class _SupportSessionPermissions:
    """Permissions follow the support session: all of them, only view, or none."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _session(request) is not None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _session(request) is not None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_write(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_write(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_write(request)

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def may_write(self, request: HttpRequest) -> bool:
        session = _session(request)
        return session is not None and not session.read_only


class TenantTabularInline(_SupportSessionPermissions, TabularInline):
    extra = 0


class TenantModelAdmin(_SupportSessionPermissions, AtomicActions):
    """The admin of a tenant model shows the organization that the staff user entered.

    It must be the first base class. Every URL goes through `within_support_session`. A view that
    changes rows calls `log_addition()`, `log_change()` or `log_deletions()`, as Django's views do.
    Otherwise the admin log and the audit log would not contain the rows.
    """

    show_full_result_count = False

    @property
    def urls(self) -> list[URLPattern | URLResolver]:
        """Wrap the URLs of all base classes in `within_support_session`."""
        patterns: list[URLPattern | URLResolver] = self.get_urls()
        for pattern in patterns:
            assert pattern.callback is not None
            pattern.callback = within_support_session(pattern.callback)
        return patterns

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Return the row.

        Raises:
            OrganizationMismatch: the key is of a row in another organization.
        """
        key = self._key_here(request, object_id, from_field)
        return super().get_object(request, key, from_field)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show this organization's log only: other organizations can have the same key."""
        logged = quote(_logged_id(request, self._key_here(request, unquote(object_id))))
        with as_owner(reason="The admin log is in `public`."):
            response = super().history_view(request, logged, extra_context)
            if isinstance(response, TemplateResponse):
                response.render()  # The template reads the log.
        return response  # type: ignore[no-any-return]

    def _key_here(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> str:
        """Return the key of a row; links from the admin log have `schema_name:key`.

        A row with exactly that key comes first, since a key may contain a colon.

        Raises:
            OrganizationMismatch: the link names another organization.
        """
        session = _session(request)
        schema_name, colon, key = object_id.partition(":")
        if not (colon and session) or super().get_object(request, object_id, from_field):
            return object_id
        with as_owner(reason="Organizations are in `public`."):
            if not Organization.objects.filter(schema_name=schema_name).exists():
                return object_id
        check_organization(session, schema_name)
        return key

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> list[LogEntry]:
        return self._log(request, [obj], ADDITION, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> list[LogEntry]:
        return self._log(request, [obj] if message else [], CHANGE, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[LogEntry]:
        return self._log(request, list(queryset), DELETION, "")

    def generate_log_entries(self, result: Result, request: HttpRequest) -> None:
        """Log the rows that django-import-export imported."""
        for kind, flag in _FLAG_OF_IMPORT.items():
            rows = [row.instance for row in result if row.import_type == kind]
            self._log(request, rows, flag, "Imported.")

    def _log(
        self, request: HttpRequest, rows: list[Any], flag: int, message: Any
    ) -> list[LogEntry]:
        """Write the admin log; each entry names the row's organization."""
        session = _session(request)
        assert session is not None
        text = message if isinstance(message, str) else json.dumps(message)
        named = [f"{session.organization.schema_name}: {row}"[:200] for row in rows]
        with as_owner(reason="The admin log is in `public`."):
            entries = LogEntry.objects.bulk_create(
                LogEntry(
                    user_id=session.user_id,
                    content_type_id=get_content_type_for_model(row).pk,
                    object_id=_logged_id(request, row.pk),
                    object_repr=name,
                    action_flag=flag,
                    change_message=text,
                )
                for row, name in zip(rows, named, strict=True)
            )
        note_changes(
            request,
            [
                {
                    "model": self.opts.label_lower,
                    "key": str(row.pk),
                    "row": str(row),
                    "what": entry.get_change_message() or entry.get_action_flag_display(),
                }
                for row, entry in zip(rows, entries, strict=True)
            ],
        )
        return entries


def _logged_id(request: HttpRequest, key: object) -> str:
    session = _session(request)
    assert session is not None
    return f"{session.organization.schema_name}:{key}"
