"""The admin of organizations."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import flatten
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.utils.formats import localize
from unfold.decorators import action
from unfold.utils import display_for_label

from shared_apps.core.errors import DomainError
from shared_apps.organizations import services
from shared_apps.organizations.models import Membership, Organization
from shared_apps.staff import fleet
from shared_apps.staff.support.services import MAY_ENTER
from shared_apps.users.models import User
from tenantry.fleet.status import Condition, compare, measure
from tenantry.schemas.catalog import schema_exists

from .base import FewAtOnce, UndeletableAdmin
from .memberships import MembershipInline

Organizations = QuerySet[Organization, Any]

STATUS_LABELS = {
    Organization.Status.ACTIVE: "success",
    Organization.Status.SUSPENDED: "warning",
    Organization.Status.ARCHIVED: "danger",
}


def coloured(shown: tuple[str, str], colours: dict[Any, str]) -> str:
    """Return Unfold's coloured label; its decorator `display` works in lists only.

    Args:
        shown: the value, and its label.
        colours: the colour by value.
    """
    return display_for_label(shown, "", colours)  # type: ignore[no-any-return]


class MembersInline(MembershipInline):
    fields = readonly_fields = ("user", "role", "created_at")


class OrganizationCreationForm(forms.ModelForm[Organization]):
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True),
        widget=AutocompleteSelect(Membership._meta.get_field("user"), admin.site),
        help_text="This user becomes the owner.",
    )

    class Meta:
        model = Organization
        fields = ("schema_name", "name", "currency")

    def clean_schema_name(self) -> str:
        schema_name: str = self.cleaned_data["schema_name"]
        if schema_exists(schema_name):
            raise forms.ValidationError(
                f"The schema {schema_name!r} already exists. Choose another name."
            )
        return schema_name


class ConditionFilter(admin.SimpleListFilter):
    title = "migrations"
    parameter_name = "condition"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return Condition.choices

    def queryset(self, request: HttpRequest, queryset: Organizations) -> Organizations:
        return queryset.filter(condition=self.value()) if self.value() else queryset


@admin.register(Organization)
class OrganizationAdmin(FewAtOnce, UndeletableAdmin):
    list_display = (
        "schema_name",
        "name",
        "shown_status",
        "members",
        "schema_size",
        "condition",
        "created_at",
    )
    list_filter = ("status", ConditionFilter, "currency")
    search_fields = ("schema_name", "name")
    actions = ("suspend", "resume", "archive", "migrate", "refresh_sizes")
    actions_detail = ("enter",)

    def audit_filter(self, obj: Organization) -> dict[str, str]:
        return {"schema_name": obj.schema_name}

    def get_queryset(self, request: HttpRequest) -> Organizations:
        members = Membership.objects.filter(organization=OuterRef("pk")).order_by()
        counted = members.values("organization").annotate(n=Count("pk")).values("n")
        organizations = super().get_queryset(request)
        organizations = organizations.annotate(members=Coalesce(Subquery(counted), 0))
        return fleet.with_state(organizations)

    @admin.display(description="Status", ordering="status")
    def shown_status(self, organization: Organization) -> str:
        shown = (organization.status, organization.get_status_display())
        return coloured(shown, STATUS_LABELS)

    @admin.display(ordering="members")
    def members(self, organization: Any) -> int:
        return int(organization.members)

    @admin.display(ordering="size", description="Size on disk")
    def schema_size(self, organization: Any) -> str:
        size = organization.size
        return "not measured" if size is None else filesizeformat(size)

    @admin.display(description="Migrations", ordering="condition")
    def condition(self, organization: Any) -> str:
        shown = (organization.condition, Condition(organization.condition).label)
        return coloured(shown, fleet.LABELS)

    @admin.display(description="Compared with the template")
    def compared_at(self, organization: Any) -> str:
        compared_at = organization.compared_at
        return localize(compared_at) if compared_at else "not compared"

    @admin.display(description="Problems")
    def trouble(self, organization: Any) -> str:
        """Return the error of its last migration, or its differences from the template."""
        return organization.trouble or "No known problems"

    def get_form(
        self, request: HttpRequest, obj: Organization | None = None, change: bool = False, **kw: Any
    ) -> type[forms.ModelForm[Organization]]:
        if obj is None:
            kw["form"] = OrganizationCreationForm
        else:
            kw["help_texts"] = {"schema_name": ""}  # The rules are for new names.
        return super().get_form(request, obj, change, **kw)  # type: ignore[no-any-return]

    def get_fields(self, request: HttpRequest, obj: Organization | None = None) -> tuple[Any, ...]:
        """Return the rows of the page, so that the members are visible without scrolling."""
        if obj is None:
            return ("schema_name", "name", "owner", "currency")
        return (
            ("schema_name", "schema_size"),
            ("name", "currency"),
            ("shown_status", "created_at"),
            ("condition", "compared_at"),
            "trouble",
        )

    def get_readonly_fields(
        self, request: HttpRequest, obj: Organization | None = None
    ) -> tuple[str, ...]:
        changeable = ("name", "currency")
        return (
            tuple(name for name in flatten(self.get_fields(request, obj)) if name not in changeable)
            if obj
            else ()
        )

    def get_inlines(self, request: HttpRequest, obj: Organization | None) -> list[Any]:
        return [MembersInline] if obj else []

    def save_model(
        self, request: HttpRequest, obj: Organization, form: forms.ModelForm[Any], change: bool
    ) -> None:
        if change:
            changes = {field: form.cleaned_data[field] for field in form.changed_data}
            services.organization_change(organization=obj, **changes)
            return
        created = services.organization_create(
            schema_name=obj.schema_name,
            name=obj.name,
            owner=form.cleaned_data["owner"],
            currency=obj.currency,
        )
        obj.pk = created.pk

    def has_enter_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(MAY_ENTER)

    @action(description="Enter", icon="login", permissions=["enter"])
    def enter(self, request: HttpRequest, object_id: str) -> HttpResponse:
        organization = self.get_object(request, object_id)
        if organization is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]
        return redirect("admin:support_enter", organization.schema_name)

    @admin.action(description="Suspend selected organizations", permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: Organizations) -> HttpResponse | None:
        return self._confirmed(request, queryset, services.organization_suspend)

    @admin.action(description="Resume selected organizations", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: Organizations) -> HttpResponse | None:
        return self._confirmed(request, queryset, services.organization_resume)

    @admin.action(description="Archive selected organizations", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: Organizations) -> HttpResponse | None:
        return self._confirmed(request, queryset, services.organization_archive)

    def _confirmed(
        self, request: HttpRequest, queryset: Organizations, service: Callable[..., Organization]
    ) -> HttpResponse | None:
        """Ask for a confirmation first; then call the service for each organization."""
        if "confirmed" not in request.POST:
            verb = request.POST["action"]
            context = {
                **self.admin_site.each_context(request),
                "title": f"{verb.capitalize()} organizations",
                "verb": verb,
                "organizations": queryset,
                "opts": self.opts,
            }
            return TemplateResponse(request, "staff/confirm.html", context)
        for organization in queryset:
            try:
                service(organization=organization, reason=request.POST.get("reason", ""))
            except DomainError as error:
                self.message_user(request, error.detail, messages.ERROR)
            else:
                self.log_change(request, organization, f"Now {organization.status}.")
                self.message_user(request, f"{organization} is now {organization.status}.")
        return None

    @admin.action(description="Migrate selected organizations", permissions=["change"])
    def migrate(self, request: HttpRequest, queryset: Organizations) -> None:
        try:
            report = fleet.migrate(queryset)
        except DomainError as error:
            self.message_user(request, error.detail, messages.ERROR)
            return
        for failure in report.failures:
            self.message_user(request, f"{failure.schema_name}: {failure.error}", messages.ERROR)
        self.message_user(
            request, f"{report.migrated} migrated, {report.unchanged} already up to date."
        )

    @admin.action(
        description="Refresh sizes, and compare with the template", permissions=["change"]
    )
    def refresh_sizes(self, request: HttpRequest, queryset: Organizations) -> None:
        chosen = [organization.schema_name for organization in queryset]
        measure(chosen)
        drifted = compare(chosen)
        self.message_user(
            request, f"{len(chosen)} measured, {len(drifted)} differ from the template."
        )
