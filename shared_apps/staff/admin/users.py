"""The admin of users and their tokens."""

from collections.abc import Callable
from typing import Any, ClassVar

from allauth.account.admin import EmailAddress
from allauth.mfa.admin import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from shared_apps.access.keys import key_delete
from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.errors import DomainError
from shared_apps.organizations.models import Organization
from shared_apps.organizations.owners import owned_alone
from shared_apps.staff.errors import AtomicActions
from shared_apps.users import services
from shared_apps.users.models import ApiToken, User

from .base import AuditedAdmin, FewAtOnce, UndeletableAdmin
from .memberships import MembershipInline

admin.site.unregister(Group)  # `staff.permissions` sets the permissions of the two groups.
admin.site.unregister([EmailAddress, Authenticator])  # Staff do not see secrets.

ACCESS = ("is_active", "is_staff", "is_superuser", "groups")

Users = QuerySet[User, Any]


class MembershipsInline(MembershipInline):
    fields = readonly_fields = ("organization", "role", "created_at")


class NewUserForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


class UserForm(UserChangeForm):
    """Offers only organizations of the user's memberships."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "organization" in self.fields:
            own = Organization.objects.filter(memberships__user=self.instance)
            self.fields["organization"].queryset = own


@admin.register(User)
class UserAdmin(FewAtOnce, UndeletableAdmin, DjangoUserAdmin[User]):
    """Users are deactivated, never deleted. Only superusers create or change staff."""

    change_form_outer_before_template = "staff/user_actions.html"
    actions = ("deactivate", "activate")

    add_form = NewUserForm
    form = UserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "organization", "is_active", "is_staff", "created_at")
    list_filter = ("is_active", "is_staff", "is_superuser", "groups")
    list_select_related = ("organization",)
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()  # There are two groups.
    fieldsets: ClassVar = (
        (None, {"fields": ("email", "name", "password", "organization")}),
        ("Access", {"fields": ACCESS}),
        ("Dates", {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),
    )

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Operators cannot change staff: a new password would let them sign in as that user."""
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (request.user.is_superuser or obj is None or not obj.is_staff)

    def audit_filter(self, obj: User) -> dict[str, str]:
        # An entry of a failed sign-in has the email as the caller typed it.
        return {"subject__iexact": obj.email}

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        # `is_active` changes by the actions.
        read = ("last_login", "created_at", "is_active")
        return read if request.user.is_superuser else (*read, *ACCESS[1:])

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[Any]:
        return [MembershipsInline] if obj else []

    def save_model(
        self, request: HttpRequest, obj: User, form: forms.ModelForm[User], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            record(AuditAction.USER_CREATED, subject=obj)
        elif form.changed_data:
            changed = list(form.changed_data)
            record(AuditAction.USER_CHANGED, subject=obj, fields=changed, **_details(obj, form))

    @admin.action(description="Deactivate selected users", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: Users) -> HttpResponse | None:
        return self._confirmed(request, queryset, services.user_deactivate)

    @admin.action(description="Activate selected users", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: Users) -> HttpResponse | None:
        return self._confirmed(request, queryset, services.user_reactivate)

    def _confirmed(
        self, request: HttpRequest, queryset: Users, service: Callable[..., User]
    ) -> HttpResponse | None:
        """Ask for a confirmation first; then call the service for each user."""
        verb, chosen = request.POST["action"], list(queryset)
        if "confirmed" not in request.POST:
            if verb == "deactivate":
                for user in chosen:
                    user.owned_alone = owned_alone(user)
            context = {
                **self.admin_site.each_context(request),
                "title": f"{verb.capitalize()} users",
                "verb": verb,
                "users": chosen,
                "opts": self.opts,
                "name": ACTION_CHECKBOX_NAME,
            }
            return TemplateResponse(request, "staff/confirm_users.html", context)
        for user in chosen:
            if not self.has_change_permission(request, user):
                self.message_user(request, f"Only superusers change {user}.", messages.ERROR)
                continue
            try:
                service(user=user)
            except DomainError as error:
                self.message_user(request, error.detail, messages.ERROR)
            else:
                self.log_change(request, user, f"{verb.capitalize()}d.")
                self.message_user(request, f"{user} is {verb}d.")
        return None


def _details(user: User, form: forms.ModelForm[User]) -> dict[str, Any]:
    """Return the data of the audit entry without the names of the fields."""
    details: dict[str, Any] = {"is_staff": user.is_staff, "is_superuser": user.is_superuser}
    if "email" in form.changed_data:
        details["email_before"] = form.initial["email"]
    if "groups" in form.changed_data:
        before, after = set(form.initial["groups"]), set(form.cleaned_data["groups"])
        details["groups_added"] = sorted(group.name for group in after - before)
        details["groups_removed"] = sorted(group.name for group in before - after)
    return details


@admin.register(ApiToken)
class ApiTokenAdmin(AtomicActions, AuditedAdmin):
    """Tokens of users and keys of organizations. Deleting one here revokes it immediately."""

    show_full_result_count = False
    secret_fields = ("digest",)
    list_display = ("holder", "organization", "prefix", "created_at", "expiry", "last_used_on")
    list_select_related = ("user", "organization")
    search_fields = ("user__email", "organization__schema_name", "name", "prefix")
    fields = readonly_fields = (
        "user",
        "organization",
        "name",
        "role",
        "scopes",
        "prefix",
        "created_at",
        "expiry",
        "last_used_on",
    )

    @admin.display(description="user or key", ordering="user__email")
    def holder(self, token: ApiToken) -> str:
        return str(token.user or f"key {token.name}")

    def audit_filter(self, obj: ApiToken) -> dict[str, str]:
        subject = obj.user.email if obj.user else obj.name
        return {"schema_name": obj.organization.schema_name, "subject": subject}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: ApiToken) -> None:
        _end(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken, Any]) -> None:
        # Each key locks its organization, then each token its user, as `membership_remove` does.
        tokens = queryset.select_related("user", "organization").order_by("pk")
        for key in tokens.filter(user=None).order_by("organization_id", "pk"):
            _end(key)
        for token in tokens.exclude(user=None).order_by("user_id", "pk"):
            _end(token)


def _end(token: ApiToken) -> None:
    if token.user is None:
        key_delete(key=token, actor=None)
    else:
        services.token_revoke(token=token)
