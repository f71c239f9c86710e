"""/me/: a person's name, sessions and tokens. It needs no usable organization."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from shared_apps.core.devices import device_name
from shared_apps.core.errors import DomainError
from shared_apps.users.models import ApiToken, SignInSession
from shared_apps.users.services import token_revoke, user_rename
from shared_apps.users.sessions import session_end

from . import services
from .forms import NameForm, NewTokenForm
from .middleware import named_organizations
from .principal import Principal
from .sessions import session_id
from .tokens import token_make, tokens_of

View = Callable[..., HttpResponse]


def _for_people(view: View) -> View:
    """Ask a visitor to sign in."""

    @wraps(view)
    def run(request: Any, **keys: int) -> HttpResponse:
        if request.principal is None:
            return redirect_to_login("/me/")
        return view(request, **keys)

    return run


@require_safe
@_for_people
def me(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: Any, *, status: int = HTTPStatus.OK, **more: Any) -> HttpResponse:
    """Show the page, with forms that have errors, or with a new token."""
    principal: Principal = request.principal
    user = principal.person
    current = session_id(request)
    sessions = list(user.sign_in_sessions.order_by("-last_used", "-pk"))
    for session in sessions:
        session.name = device_name(session.device)  # type: ignore[attr-defined]
        session.is_current = session.pk == current  # type: ignore[attr-defined]
    context = {
        "principal": principal,
        "memberships": user.memberships.select_related("organization"),
        "sessions": sessions,
        "tokens": tokens_of(user),
        "name_form": NameForm(initial={"name": user.name}),
        "token_form": NewTokenForm(initial={"days": "90"}) if principal.is_usable() else None,
        **more,
    }
    return render(request, "access/me.html", context, status=status)


@require_POST
@_for_people
def rename(request: Any) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return _page(request, name_form=form, status=HTTPStatus.BAD_REQUEST)
    user_rename(user=request.principal.person, **form.cleaned_data)
    messages.success(request, "Your name was changed.")
    return redirect("me")


@require_POST
@_for_people
def end_session(request: Any, pk: int) -> HttpResponse:
    session = SignInSession.objects.filter(user=request.principal.person, pk=pk).first()
    if session is None:
        raise Http404
    if session.pk == session_id(request):
        services.sign_out(request=request, principal=request.principal)
        return redirect("home")
    session_end(session=session)
    messages.success(request, f"{device_name(session.device)} is signed out.")
    return redirect("me")


@require_POST
@_for_people
def make_token(request: Any) -> HttpResponse:
    """Make a token for the organization of the form, and show it once."""
    form = NewTokenForm(request.POST)
    if not form.is_valid():
        return _page(request, token_form=form, status=HTTPStatus.BAD_REQUEST)
    organization = request.principal.usable_organization()
    if named_organizations(request) - {organization.schema_name}:
        error = "You switched to another organization. Check the page and try again."
        return _page(request, error=error, status=HTTPStatus.CONFLICT)
    try:
        token, plaintext = token_make(principal=request.principal, **form.cleaned_data)
    except (DomainError, ValidationError) as error:
        form.add_error(None, error.detail if isinstance(error, DomainError) else error.messages)
        return _page(request, token_form=form, status=HTTPStatus.BAD_REQUEST)
    return _page(request, new=token, plaintext=plaintext, status=HTTPStatus.CREATED)


@require_POST
@_for_people
def delete_token(request: Any, pk: int) -> HttpResponse:
    token: ApiToken | None = tokens_of(request.principal.person).filter(pk=pk).first()
    if token is None:
        raise Http404
    token_revoke(token=token)
    messages.success(request, f"The token {token.name or token.prefix} was deleted.")
    return redirect("me")
