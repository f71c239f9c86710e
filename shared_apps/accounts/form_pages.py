"""A page with a form, and the service that it calls."""

from collections.abc import Callable
from http import HTTPStatus

from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpResponse
from django.views.generic import FormView

from shared_apps.core.errors import DomainError


class FormPage(FormView[Form]):
    """Shows the errors of the service on the form."""

    act: Callable[..., HttpResponse]
    """Calls the service with the fields of the form, and returns the next page."""

    def form_valid(self, form: Form) -> HttpResponse:
        status = HTTPStatus.OK
        try:
            return self.act(**form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        except DomainError as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
            status = error.status
            form.add_error(None, error.detail)
        return self.render_to_response(self.get_context_data(form=form), status=status)
