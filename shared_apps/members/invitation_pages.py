"""/invitations/<token>/: the link of an invitation's mail."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from shared_apps.access.services import organization_choose
from shared_apps.core.errors import DomainError
from shared_apps.organizations.acceptance import (
    find_invitation,
    invitation_accept,
    require_acceptable,
    require_live,
)
from shared_apps.organizations.models import Invitation
from shared_apps.organizations.roles import Role
from shared_apps.users.models import User
from shared_apps.users.sign_up import may_sign_up


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: Any, token: str) -> HttpResponse:
    """Show an invitation, also to visitors; POST accepts it.

    Programs that check mail open links with GET, so GET changes nothing.
    """
    found = find_invitation(token)
    principal = request.principal
    if request.method == "POST":
        if principal is None:
            return redirect_to_login(request.path)
        return _accept(request, token, principal.person)
    error = _error(found, principal.person if principal else None)
    context = {
        "invitation": found,
        "role": Role(found.role).label,
        "error": error,
        "is_known": principal is not None,
        "may_sign_up": _may_sign_up(found),
        "sign_up_path": reverse("sign-up-invited", args=[token]),
    }
    status = error.status if error else None
    return render(request, "members/invitation.html", context, status=status)


def _accept(request: HttpRequest, token: str, user: User) -> HttpResponse:
    with transaction.atomic():  # Without access to the organization, nothing is changed.
        organization = invitation_accept(token=token, user=user).organization
        organization_choose(request=request, user=user, schema_name=organization.schema_name)
    messages.success(request, f"Welcome to {organization}.")
    return redirect("home")


def _error(invitation: Invitation, user: User | None) -> DomainError | None:
    """Return why the visitor cannot accept; None if they can, or can after a sign-in."""
    try:
        if user:
            require_acceptable(invitation=invitation, user=user)
        else:
            require_live(invitation=invitation)
    except DomainError as error:
        return error
    return None


def _may_sign_up(invitation: Invitation) -> bool:
    """Return whether the person needs an account first, and may create one."""
    accounts = User.objects.with_address(invitation.email)
    return may_sign_up(invited=True) and not accounts.exists()
