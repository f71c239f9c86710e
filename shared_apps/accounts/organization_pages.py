"""The page where a person creates an organization."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from shared_apps.access.services import organization_choose
from shared_apps.organizations.founding import (
    organization_found,
    require_founding,
    schema_name_suggest,
)
from shared_apps.users.models import User

from .form_pages import FormPage
from .forms import NamedOrganizationForm, OrganizationForm


class OrganizationNewPage(LoginRequiredMixin, FormPage):
    """Asks for a name, then shows the short name that follows from it, which can be edited."""

    template_name = "accounts/organization_new.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        require_founding()
        return super().dispatch(request, *args, **kwargs)

    def get_form_class(self) -> type[Form]:
        return NamedOrganizationForm if "schema_name" in self.request.POST else OrganizationForm

    def act(self, *, schema_name: str = "", **fields: str) -> HttpResponse:
        if not schema_name:
            suggested = {**fields, "schema_name": schema_name_suggest(fields["name"])}
            form = NamedOrganizationForm(initial=suggested)
            return self.render_to_response(self.get_context_data(form=form))
        user = self.request.user
        assert isinstance(user, User)
        organization = organization_found(user=user, schema_name=schema_name, **fields)
        organization_choose(request=self.request, user=user, schema_name=schema_name)
        messages.success(self.request, f"{organization.name} is ready. You are its owner.")
        return redirect("home")
