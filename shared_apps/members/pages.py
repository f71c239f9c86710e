"""/members/: the people of the organization, and what the visitor may change."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from shared_apps.access.actors import membership_of
from shared_apps.access.permissions import check_action
from shared_apps.core.errors import DomainError
from shared_apps.organizations import services
from shared_apps.organizations.invitations import (
    invitation_create,
    invitation_resend,
    invitation_revoke,
)
from shared_apps.organizations.models import Invitation, Membership
from shared_apps.organizations.ownership import find_offer, ownership_accept, ownership_offer
from shared_apps.organizations.roles import Action, Role, may
from tenantry.context import tenant_context

from . import roles
from .actors import count_invitation
from .forms import InvitationForm, RoleForm

PAGE_SIZE = 50
Act = Callable[..., HttpResponse]


@require_safe
@tenant_context(None)  # The people of all organizations are in `public`.
def member_list(request: HttpRequest) -> HttpResponse:
    check_action(request, roles.READ)
    return _page(request)


def _page(
    request: Any,
    *,
    form: InvitationForm | None = None,
    error: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Show the list, and an error of a change that was not made."""
    own, organization = membership_of(request), request.organization
    is_admin = may(Role(own.role), roles.MANAGE)
    is_owner = own.role == Role.OWNER
    members = Membership.objects.filter(organization=organization).select_related("user")
    context = {
        "organization": organization,
        "own": own,
        "is_admin": is_admin,
        "is_owner": is_owner,
        "members": _shown(members.order_by("user__name", "pk"), request, own),
        "invitations": _invitations(request, is_owner=is_owner) if is_admin else (),
        "offer": find_offer(organization),
        "form": form or InvitationForm(may_give_owner=is_owner, initial={"role": Role.MEMBER}),
        "error": error,
    }
    return render(request, "members/list.html", context, status=status)


def _shown(members: QuerySet[Membership], request: HttpRequest, own: Membership) -> Any:
    """Return a page of members, each with the form for those roles that the visitor may give."""
    page = Paginator(members, PAGE_SIZE).get_page(request.GET.get("page"))
    is_owner = own.role == Role.OWNER
    for member in page.object_list:
        changes = is_owner or (own.role == Role.ADMIN and member.role != Role.OWNER)
        form = RoleForm(may_give_owner=is_owner, initial={"role": member.role}, prefix=member.pk)
        member.role_form = form if changes else None  # type: ignore[attr-defined]
    return page


def _invitations(request: Any, *, is_owner: bool) -> Any:
    """Return a page of invitations, also of those that expired: they can be sent again."""
    found = Invitation.objects.filter(organization=request.organization)
    newest = found.select_related("inviter__user").order_by("-created_at", "-pk")
    page = Paginator(newest, PAGE_SIZE).get_page(request.GET.get("invitations"))
    shown = {each.pk: each for each in page.object_list}
    live = set(found.live().filter(pk__in=shown).values_list("pk", flat=True))
    for each in shown.values():
        each.is_live = each.pk in live  # type: ignore[attr-defined]
        each.may_change = is_owner or each.role != Role.OWNER  # type: ignore[attr-defined]
    return page


def _changes(action: Action) -> Callable[[Act], Act]:
    """Make a view of POST requests. An error of its service is shown above the list."""

    def decorate(view: Act) -> Act:
        @require_POST
        @tenant_context(None)
        @wraps(view)
        def act(request: HttpRequest, **keys: int) -> HttpResponse:
            check_action(request, action)
            try:
                return view(request, **keys)
            except DomainError as error:
                return _page(request, error=error.detail, status=error.status)

        return act

    return decorate


def _done(request: HttpRequest, text: str) -> HttpResponse:
    messages.success(request, text)
    return redirect("members")


def _member(request: Any, pk: int) -> Membership:
    members = Membership.objects.select_related("user", "organization")
    if found := members.filter(organization=request.organization, pk=pk).first():
        return found
    raise Http404


def _invitation(request: Any, pk: int) -> Invitation:
    if found := Invitation.objects.filter(organization=request.organization, pk=pk).first():
        return found
    raise Http404


@_changes(roles.MANAGE)
def invite(request: Any) -> HttpResponse:
    actor = membership_of(request)
    form = InvitationForm(request.POST, may_give_owner=actor.role == Role.OWNER)
    status = HTTPStatus.BAD_REQUEST
    if form.is_valid():
        try:
            count_invitation(request.organization, to=form.cleaned_data["email"])
            invitation_create(organization=request.organization, actor=actor, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        except DomainError as error:
            form.add_error("email", error.detail)
            status = error.status
        else:
            return _done(request, f"We sent an invitation to {form.cleaned_data['email']}.")
    return _page(request, form=form, status=status)


@_changes(roles.MANAGE)
def change_role(request: Any, pk: int) -> HttpResponse:
    actor, member = membership_of(request), _member(request, pk)
    form = RoleForm(request.POST, may_give_owner=actor.role == Role.OWNER, prefix=str(pk))
    if not form.is_valid():
        return _page(request, error="Choose a role of the list.", status=HTTPStatus.BAD_REQUEST)
    role = form.cleaned_data["role"]
    services.membership_change(membership=member, role=role, actor=actor)
    return _done(request, f"{member.user.name} is now {role.label.lower()}.")


@_changes(roles.LEAVE)
def remove(request: Any, pk: int) -> HttpResponse:
    actor, member = membership_of(request), _member(request, pk)
    services.membership_remove(membership=member, actor=actor)
    if member.user_id == actor.user_id:
        messages.success(request, f"You have left {request.organization}.")
        return redirect("home")
    return _done(request, f"{member.user.name} is no longer a member.")


@_changes(roles.HAND_OVER)
def offer_ownership(request: Any, pk: int) -> HttpResponse:
    member = _member(request, pk)
    ownership_offer(membership=member, actor=membership_of(request))
    return _done(request, f"We told {member.user.name}, who has 7 days to accept.")


@_changes(roles.TAKE_OVER)
def accept_ownership(request: Any) -> HttpResponse:
    ownership_accept(actor=membership_of(request))
    return _done(request, f"You are now an owner of {request.organization}.")


@_changes(roles.MANAGE)
def resend(request: Any, pk: int) -> HttpResponse:
    invitation = _invitation(request, pk)
    count_invitation(request.organization, to=invitation.email)
    invitation_resend(invitation=invitation, actor=membership_of(request))
    return _done(request, f"We sent {invitation} a new link. The old one no longer works.")


@_changes(roles.MANAGE)
def revoke(request: Any, pk: int) -> HttpResponse:
    invitation = _invitation(request, pk)
    invitation_revoke(invitation=invitation, actor=membership_of(request))
    return _done(request, f"The invitation of {invitation} is revoked.")
