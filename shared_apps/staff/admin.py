"""Users, organizations, memberships and tokens, as staff see them."""

from typing import Any, ClassVar, TypeVar, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest

from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.services import organization_create
from shared_apps.tenancy.catalog import schema_exists
from shared_apps.users.models import ApiToken, User

M = TypeVar("M", bound=Model)


class KeptAdmin(admin.ModelAdmin[M]):
    """Rows that orders and logs refer to: they are never deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


class MembershipInline(admin.TabularInline[Membership, Any]):
    """Who belongs to an organization, or where a user belongs."""

    model = Membership
    extra = 0
    autocomplete_fields = ("user", "organization")


class OrganizationCreationForm(forms.ModelForm[Organization]):
    """A new organization and its owner."""

    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True), help_text="Becomes a member with the role owner."
    )

    class Meta:
        model = Organization
        fields = ("schema_name", "name", "currency")

    def clean_schema_name(self) -> str:
        """Refuse the name of a schema that something else has made."""
        schema_name: str = self.cleaned_data["schema_name"]
        if schema_exists(schema_name):
            raise forms.ValidationError(f"The schema {schema_name!r} already exists.")
        return schema_name


@admin.register(Organization)
class OrganizationAdmin(KeptAdmin[Organization]):
    """Customers. Adding one creates its schema, as the command does."""

    list_display = ("schema_name", "name", "status", "currency", "members", "created_at")
    list_filter = ("status", "currency")
    search_fields = ("schema_name", "name")
    readonly_fields = ("created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        organizations = super().get_queryset(request)
        return cast("QuerySet[Organization]", organizations.annotate(members=Count("memberships")))

    @admin.display(ordering="members")
    def members(self, organization: Any) -> int:
        """Return how many users belong to it."""
        return int(organization.members)

    def get_form(
        self, request: HttpRequest, obj: Organization | None = None, change: bool = False, **kw: Any
    ) -> type[forms.ModelForm[Organization]]:
        return super().get_form(request, obj, change, **kw) if obj else OrganizationCreationForm

    def get_fields(self, request: HttpRequest, obj: Organization | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("schema_name", "name", "owner", "currency")
        return ("schema_name", "name", "status", "currency", "created_at")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Organization | None = None
    ) -> tuple[str, ...]:
        return ("schema_name", "created_at") if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Organization | None) -> list[Any]:
        return [MembershipInline] if obj else []

    def save_model(
        self, request: HttpRequest, obj: Organization, form: forms.ModelForm[Any], change: bool
    ) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        created = organization_create(
            schema_name=obj.schema_name,
            name=obj.name,
            owner=form.cleaned_data["owner"],
            currency=obj.currency,
        )
        obj.__dict__.update(created.__dict__)


class UserCreationForm(AdminUserCreationForm[User]):
    """A new user: email, name and password."""

    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class UserAdmin(KeptAdmin[User], DjangoUserAdmin[User]):
    """People: deactivated rather than deleted."""

    add_form = UserCreationForm
    list_display = ("email", "name", "organization", "is_active", "is_staff", "created_at")
    list_filter = ("is_active", "is_staff", "is_superuser", "groups")
    list_select_related = ("organization",)
    search_fields = ("email", "name")
    ordering = ("email",)
    autocomplete_fields = ("organization",)
    readonly_fields = ("last_login", "created_at")
    inlines = (MembershipInline,)
    fieldsets: ClassVar = (
        (None, {"fields": ("email", "name", "password", "organization")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),
    )

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[Any]:
        return [MembershipInline] if obj else []


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin[Membership]):
    """Who belongs where, as what. Removing one shuts the user out with their next request."""

    list_display = ("user", "organization", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "organization")
    search_fields = ("user__email", "user__name", "organization__schema_name", "organization__name")
    autocomplete_fields = ("user", "organization")


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin[ApiToken]):
    """Tokens. They are issued by signing in; deleting one revokes it at once."""

    list_display = ("user", "organization", "created_at", "expiry")
    list_select_related = ("user", "organization")
    search_fields = ("user__email", "organization__schema_name")
    fields = readonly_fields = ("user", "organization", "created_at", "expiry")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False
