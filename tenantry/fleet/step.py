"""One operation of a migration, ready to run in any tenant's schema."""

from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from .database_wide import refuse_in_tenant


@dataclass(frozen=True, slots=True)
class Step:
    """One operation with the models before and after it, in the direction of migrating forwards."""

    app_label: str
    operation: Operation
    before: ProjectState
    after: ProjectState
    own_transaction: bool

    def run(self, editor: BaseDatabaseSchemaEditor, *, backwards: bool) -> None:
        """Do it in the active tenant's schema."""
        _forget_content_types(self.after if backwards else self.before)
        watched = connection.execute_wrapper(partial(refuse_in_tenant, self.app_label))
        with watched if runs_code(self.operation) else nullcontext():
            if backwards:
                self.operation.database_backwards(self.app_label, editor, self.after, self.before)
            else:
                self.operation.database_forwards(self.app_label, editor, self.before, self.after)


def runs_code(operation: Operation) -> bool:
    """Return whether it may do anything, as RunPython and what others than Django have written."""
    return isinstance(operation, RunPython) or not type(operation).__module__.startswith("django.")


def _forget_content_types(state: ProjectState) -> None:
    """Empty the cache of the state's ContentType: another tenant may have other ids in its own."""
    if ("contenttypes", "contenttype") in state.models:
        state.apps.get_model("contenttypes", "ContentType").objects.clear_cache()
