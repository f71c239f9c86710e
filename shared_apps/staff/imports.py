"""Import and export for tenant models: nothing is left on the disk, and it is all rows or none."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
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

# In bytes. The form that confirms has it as text, within DATA_UPLOAD_MAX_MEMORY_SIZE.
MAX_SIZE = 1_000_000
ERRORS_SHOWN = 10
_SALT = "staff.imports"


class UploadInForm(BaseStorage):
    """Keeps the uploaded file in the form that confirms it: signed, where its name would stand.

    A file on the disk is missing on every other machine and when the form is sent twice, stays
    behind when nobody confirms, and whoever forges its name has another one read and deleted.
    """

    def save(self, data: bytes) -> None:
        self.name = signing.dumps(data.decode("latin-1"), salt=_SALT, compress=True)

    def read(self) -> str:
        text: str = signing.loads(self.name, salt=_SALT)
        return text.encode("latin-1").decode(self.encoding)

    def remove(self) -> None:
        """Do nothing: it goes with the form."""


class UploadForm(ImportForm):
    """What to import."""

    def clean_import_file(self) -> Any:
        """Refuse what the form that confirms could not carry."""
        file = self.cleaned_data["import_file"]
        if file.size > MAX_SIZE:
            raise ValidationError("The file is larger than 1 MB: import it in parts.")
        return file


class ConfirmForm(ConfirmImportForm):
    """What was shown, to be imported now."""

    format = forms.ChoiceField(choices=[("0", "CSV"), ("1", "JSON")], widget=forms.HiddenInput)

    def clean_import_file_name(self) -> str:
        """Refuse what was not made here."""
        name: str = super().clean_import_file_name()
        try:
            signing.loads(name, salt=_SALT)
        except signing.BadSignature as error:
            raise ValidationError("This is no file that was shown before.") from error
        return name


class TenantImportExportAdmin(TenantModelAdmin, ImportExportModelAdmin):
    """The admin of a tenant model whose rows come and go by files, too."""

    import_form_class = UploadForm
    confirm_form_class = ConfirmForm
    export_form_class = ExportForm
    tmp_storage_class = UploadInForm
    formats = (CSV, JSON)

    def import_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show what would come in; the rows that were tried for that page are not kept."""
        response: HttpResponse = super().import_action(request, *args, **kwargs)
        return rolled_back(response) if isinstance(response, TemplateResponse) else response

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Import what was shown; a form that cannot be read leads back to the start."""
        if self.has_import_permission(request) and not self.create_confirm_form(request).is_valid():
            messages.error(request, "Nothing was imported: choose the file once more.")
            return self._back_to_start()
        try:
            return super().process_import(request, **kwargs)  # type: ignore[no-any-return]
        except ValidationError as error:  # It was shown by an older release.
            messages.error(request, f"Nothing was imported: {error.messages[0]}")
            return self._back_to_start()

    def add_data_read_fail_error_to_form(self, form: UploadForm, error: Exception) -> None:
        """Show why a file is not read."""
        if isinstance(error, ValidationError):
            form.add_error("import_file", error)
        else:
            super().add_data_read_fail_error_to_form(form, error)

    def process_dataset(
        self, dataset: Dataset, form: ConfirmForm, request: HttpRequest, **kwargs: Any
    ) -> Result:
        """Import all rows, or none when one is wrong by now."""
        return super().process_dataset(
            dataset, form, request, rollback_on_validation_errors=True, **kwargs
        )

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """Say what came in, or which rows kept all of them out."""
        errors = list(_errors(result))
        if not errors:
            return super().process_result(result, request)  # type: ignore[no-any-return]
        messages.error(
            request, f"Nothing was imported: {len(errors)} errors since the file was shown."
        )
        for error in errors[:ERRORS_SHOWN]:
            messages.error(request, error)
        return self._back_to_start()

    def _back_to_start(self) -> HttpResponse:
        return redirect_after_error(reverse("admin:{}_{}_import".format(*self.get_model_info())))


def _errors(result: Result) -> Iterator[str]:
    """Yield what is wrong, a line each; rows are counted as in the preview."""
    for base in result.base_errors:
        yield str(base.error)
    for row in result.error_rows:
        for failure in row.errors:
            yield f"Row {row.number}: {failure.error}"
    for row in result.invalid_rows:
        yield from (f"Row {row.number}: {text}" for text in row.non_field_specific_errors)
        for field, texts in row.field_specific_errors.items():
            yield f"Row {row.number}, {field}: {' '.join(texts)}"
