"""Import and export of tenant models: no files on disk, and all rows or none."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from import_export.admin import ImportExportModelAdmin
from import_export.forms import ConfirmImportForm
from import_export.results import Result
from import_export.tmp_storages import BaseStorage
from tablib import Dataset
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from .errors import redirect_after_error, rolled_back
from .formats import CSV, JSON
from .tenants import TenantModelAdmin

# In bytes. The confirmation form contains the file, within DATA_UPLOAD_MAX_MEMORY_SIZE.
MAX_SIZE = 1_000_000
ERRORS_SHOWN = 10
_SALT = "staff.imports"


class UploadInForm(BaseStorage):
    """Puts the signed file itself into the confirmation form, not its name.

    A file on disk would be missing on other machines and after a second submit, and would stay
    there forever without a confirmation. A forged name would read and delete another file.
    """

    def save(self, data: bytes) -> None:
        self.name = signing.dumps(data.decode("latin-1"), salt=_SALT, compress=True)

    def read(self) -> str:
        text: str = signing.loads(self.name, salt=_SALT)
        return text.encode("latin-1").decode(self.encoding)

    def remove(self) -> None:
        """Do nothing: the file exists only in the form."""


class UploadForm(ImportForm):
    def clean_import_file(self) -> Any:
        file = self.cleaned_data["import_file"]
        if file.size > MAX_SIZE:
            raise ValidationError("The file is larger than 1 MB. Import it in parts.")
        return file


class ConfirmForm(ConfirmImportForm):
    format = forms.ChoiceField(choices=[("0", "CSV"), ("1", "JSON")], widget=forms.HiddenInput)

    def clean_import_file_name(self) -> str:
        name: str = super().clean_import_file_name()
        try:
            signing.loads(name, salt=_SALT)
        except signing.BadSignature as error:
            raise ValidationError("The file differs from the preview. Upload it again.") from error
        return name


class TenantImportExportAdmin(TenantModelAdmin, ImportExportModelAdmin):
    import_form_class = UploadForm
    confirm_form_class = ConfirmForm
    export_form_class = ExportForm
    tmp_storage_class = UploadInForm
    formats = (CSV, JSON)

    def export_action(self, request: HttpRequest) -> Any:
        """Go to the list, as Django's list does itself, if the query has an unknown filter."""
        try:
            return super().export_action(request)
        except IncorrectLookupParameters:
            names = f"{self.opts.app_label}_{self.opts.model_name}"
            return redirect(f"{reverse(f'admin:{names}_changelist')}?{ERROR_FLAG}=1")

    def import_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the preview; the rows that it saved to validate them are rolled back."""
        response: HttpResponse = super().import_action(request, *args, **kwargs)
        return rolled_back(response) if isinstance(response, TemplateResponse) else response

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Import the previewed file; an invalid form leads back to the upload."""
        if self.has_import_permission(request) and not self.create_confirm_form(request).is_valid():
            messages.error(request, "Nothing was imported. Choose the file again.")
            return self._back_to_start()
        try:
            return super().process_import(request, **kwargs)  # type: ignore[no-any-return]
        except ValidationError as error:  # An older release made the preview.
            messages.error(request, f"Nothing was imported. {error.messages[0]}")
            return self._back_to_start()

    def add_data_read_fail_error_to_form(self, form: UploadForm, error: Exception) -> None:
        if isinstance(error, ValidationError):
            form.add_error("import_file", error)
        else:
            super().add_data_read_fail_error_to_form(form, error)

    def process_dataset(
        self, dataset: Dataset, form: ConfirmForm, request: HttpRequest, **kwargs: Any
    ) -> Result:
        """Import all rows, or none if one has become invalid since the preview."""
        return super().process_dataset(
            dataset, form, request, rollback_on_validation_errors=True, **kwargs
        )

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        errors = list(_errors(result))
        if not errors:
            return super().process_result(result, request)  # type: ignore[no-any-return]
        messages.error(
            request, f"Nothing was imported. New errors since the preview: {len(errors)}."
        )
        for error in errors[:ERRORS_SHOWN]:
            messages.error(request, error)
        return self._back_to_start()

    def _back_to_start(self) -> HttpResponse:
        return redirect_after_error(reverse("admin:{}_{}_import".format(*self.get_model_info())))


def _errors(result: Result) -> Iterator[str]:
    """Yield one line for each error; row numbers are those of the preview."""
    for base in result.base_errors:
        yield str(base.error)
    for row in result.error_rows:
        for failure in row.errors:
            yield f"Row {row.number}: {failure.error}"
    for row in result.invalid_rows:
        yield from (f"Row {row.number}: {text}" for text in row.non_field_specific_errors)
        for field, texts in row.field_specific_errors.items():
            yield f"Row {row.number}, {field}: {' '.join(texts)}"
