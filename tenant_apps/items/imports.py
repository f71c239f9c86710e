"""The import of items: a plan of what a file creates and changes, and the import of all its rows.

The admin's import saves each row to validate it, which would take minutes for `MAX_ROWS`.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext, gettext_lazy

from shared_apps.api.versions import version_of

from .csv_files import Row, read_rows
from .forms import ItemForm
from .models import Item
from .services import items_save

_ACTIVE = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class ActiveField(forms.Field):
    """Yes or no in a cell; an empty one changes nothing."""

    default_error_messages: ClassVar = {"invalid": gettext_lazy("Enter 1 or 0.")}

    def to_python(self, value: Any) -> bool | None:
        text = str(value).strip().casefold()
        if text and text not in _ACTIVE:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return _ACTIVE.get(text)


_FIELDS = {**ItemForm.base_fields, "is_active": ActiveField(required=False)}
_REQUIRED = [*ItemForm.base_fields]


@dataclass(frozen=True, slots=True)
class Problem:
    """An error of a row; `column` is empty if it is about the whole row."""

    number: int
    column: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A row that writes something.

    Attributes:
        item: the existing item; None to create one.
        values: the fields to write.
    """

    number: int
    sku: str
    item: Item | None
    values: dict[str, Any]

    @property
    def before(self) -> dict[str, Any]:
        return {name: getattr(self.item, name) for name in self.values} if self.item else {}

    @property
    def saved(self) -> Item:
        """The item with the values of the row."""
        item = self.item or Item(sku=self.sku)
        for name, value in self.values.items():
            setattr(item, name, value)
        return item

    @property
    def differences(self) -> list[tuple[str, Any, Any]]:
        """The name, the old and the new value of each field that changes."""
        before = self.before
        return [
            (name, before[name], new) for name, new in self.values.items() if new != before[name]
        ]


@dataclass
class Plan:
    """What an import does.

    Attributes:
        ignored: columns that items do not have.
        unchanged: the number of rows with the values that the items have already.
    """

    ignored: list[str]
    problems: list[Problem] = field(default_factory=list)
    new: list[Change] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    unchanged: int = 0

    def add(self, row: Change) -> None:
        if row.item is None:
            self.new.append(row)
        elif row.before != row.values:
            self.changed.append(row)
        else:
            self.unchanged += 1

    @property
    def version(self) -> str:
        """A hash of all that is written, and of what it replaces."""
        return version_of(
            [
                (each.number, each.item and each.item.pk, each.values, each.before)
                for each in (*self.new, *self.changed)
            ]
        )


def plan_import(text: str, *, lock: bool = False) -> Plan:
    """Return what a file creates and changes; an SKU identifies an item.

    Args:
        lock: whether to lock the items, in a transaction, so that the plan stays true.

    Raises:
        ValidationError: if the file has no rows of items.
    """
    rows = read_rows(text)
    plan = Plan(ignored=[name for name in rows[0].cells if name not in _FIELDS])
    checked = [(row, *_checked(row)) for row in rows]
    skus = [values["sku"] for _, values, _ in checked if "sku" in values]
    found = Item.objects.filter(sku__in=skus)
    if lock:
        found = found.order_by("pk").select_for_update(no_key=True)
    items = {item.sku: item for item in found}
    numbers: dict[str, int] = {}
    for row, values, problems in checked:
        sku = values.pop("sku", "")
        item = items.get(sku)
        if sku in numbers:
            text = gettext("Row %(number)s has the same SKU.") % {"number": numbers[sku]}
            problems.append(Problem(row.number, "sku", text))
        elif sku:
            numbers[sku] = row.number
            problems.extend([] if item else _missing(row))
        if problems:
            plan.problems += problems
        else:
            plan.add(Change(row.number, sku, item, values))
    return plan


def _checked(row: Row) -> tuple[dict[str, Any], list[Problem]]:
    """Return the valid values of a row, and its errors."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name in filter(_FIELDS.get, row.cells):
        try:
            values[name] = _FIELDS[name].clean(row.cells[name])
        except ValidationError as error:
            problems += [Problem(row.number, name, text) for text in error.messages]
    if row.has_more:
        text = gettext("The row has more cells than the first row has column names.")
        problems.append(Problem(row.number, "", text))
    if values.get("is_active", True) is None:
        del values["is_active"]
    return values, problems


def _missing(row: Row) -> list[Problem]:
    """Return an error for each column that a new item needs and the file does not have."""
    text = gettext("The file has no such column, and a new item needs it.")
    return [Problem(row.number, name, text) for name in _REQUIRED if name not in row.cells]


@transaction.atomic
def items_import(*, text: str, version: str) -> tuple[Plan, bool]:
    """Create and change all items of a file, unless its plan has changed.

    Args:
        version: of the plan that a person has seen.

    Returns:
        The plan, and whether it was executed. A plan without a change always is.

    Raises:
        IntegrityError: if a concurrent request created one of the SKUs.
    """
    plan = plan_import(text, lock=True)
    is_true = plan.version == version or not (plan.new or plan.changed)
    if plan.problems or not is_true:
        return plan, False
    items_save(new=[row.saved for row in plan.new], changed=[row.saved for row in plan.changed])
    return plan, True
