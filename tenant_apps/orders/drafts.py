"""The form of a new order: the lines as typed, with their items, prices and total as of now."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self

from django.db.models import Q, QuerySet, Value
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from shared_apps.core.texts import is_storable
from tenant_apps.items.models import Item

from .serializers import MAX_LINES, NewLineSerializer
from .services import Line

_FIRST_LINES = 3
_MATCHES = 20
# One statement searches for the items of this many lines.
_SEARCHES = 10
_MAX_SEARCH_LENGTH = 100  # characters
_MAX_WORDS = 8

_NAME = re.compile(r"item-(\d{1,4})", re.ASCII)
_SEEN = re.compile(r"([A-Z]{3}) (\d{1,26}\.\d\d)", re.ASCII)
_SEEN_PRICE = re.compile(r"(\d{1,19})=(\d{1,10}\.\d\d)", re.ASCII)

_QUANTITY = NewLineSerializer().fields["quantity"]  # The rule of the API.


@dataclass(slots=True)
class DraftLine:
    """A line as typed.

    Attributes:
        text: the SKU of an item, or words to search for.
        matches: the items that have these words, if there are several.
        seen_price: the price of the item when the form was last shown; None if it was not.
        focus: the field to type in next, `item` or `quantity`.
    """

    text: str = ""
    quantity_text: str = "1"
    item: Item | None = None
    quantity: int | None = None
    item_error: str = ""
    quantity_error: str = ""
    matches: Sequence[Item] = ()
    seen_price: Decimal | None = None
    focus: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.text and self.quantity_text in {"", "1"}

    @property
    def total(self) -> Decimal | None:
        """What the line costs now; None if it has an error."""
        if self.item is None or self.quantity is None or self.item_error:
            return None
        return self.item.price * self.quantity

    @property
    def old_price(self) -> Decimal | None:
        """The price that the form showed, if the item has another one now."""
        is_old = self.item and self.seen_price not in {None, self.item.price}
        return self.seen_price if is_old else None

    def validate(self) -> None:
        """Set the quantity, and the errors."""
        self.item_error = self.quantity_error = ""
        try:
            self.quantity = _QUANTITY.run_validation(self.quantity_text)
        except ValidationError as error:
            self.quantity_error = str(error.detail[0])  # type: ignore[index]
        if self.item and not self.item.is_active:
            self.item_error = _("This item is archived. Choose another one, or remove the line.")
        elif self.matches:
            self.item_error = _("Several items match. Choose one.")
        elif self.text and not self.item:
            self.item_error = _("No item matches. Type its SKU, or words of its description.")
        elif not self.item:
            self.item_error = _("Choose an item.")


def _first_lines() -> list[DraftLine]:
    return [DraftLine(focus="item"), *(DraftLine() for _n in range(_FIRST_LINES - 1))]


@dataclass
class Draft:
    """The form of a new order.

    Attributes:
        key: the idempotency key of the form.
        seen: the currency and the total that the form showed last.
        seen_prices: the prices that it showed, by the id of the item.
        suggestions: the items that match the words of a line, or some to begin with.
    """

    lines: list[DraftLine] = field(default_factory=_first_lines)
    key: str = field(default_factory=secrets.token_urlsafe)
    seen: str = ""
    seen_prices: dict[str, str] = field(default_factory=dict)
    suggestions: Sequence[Item] = ()

    @classmethod
    def sent(cls, data: QueryDict) -> Self:
        """Read a form, with one line too many at most; `read_items` reads the prices."""
        numbers = sorted(int(found[1]) for name in data if (found := _NAME.fullmatch(name)))
        lines = [
            DraftLine(data.get(f"item-{n}", "").strip(), data.get(f"quantity-{n}", "").strip())
            for n in numbers[: MAX_LINES + 1]
        ]
        prices = dict(_SEEN_PRICE.findall(data.get("prices", "")))
        return cls(lines, data.get("key", ""), data.get("seen", ""), prices)

    def add(self) -> None:
        if len(self.lines) <= MAX_LINES:
            self.lines.append(DraftLine(focus="item"))

    def remove(self, number: str) -> None:
        self.lines = [line for n, line in enumerate(self.lines) if str(n) != number]
        if not self.lines:
            self.add()

    def choose(self, number: str, sku: str) -> None:
        for n, line in enumerate(self.lines):
            if str(n) == number:
                line.text, line.focus = sku, "quantity"

    @property
    def filled(self) -> list[DraftLine]:
        return [line for line in self.lines if not line.is_empty]

    def as_typed(self) -> list[Any]:
        return [[line.text, line.quantity_text] for line in self.filled]

    def read_items(self) -> None:
        """Find the items with their prices as of now, and the errors of the lines."""
        texts = {line.text for line in self.filled if is_storable(line.text)}
        items = {item.sku: item for item in Item.objects.filter(sku__in=texts)} if texts else {}
        for line in self.filled:
            line.item, line.matches = items.get(line.text), ()
        self._search([line for line in self.filled if line.text and not line.item])
        for line in self.filled:
            if line.item and (seen := self.seen_prices.get(str(line.item.pk))):
                line.seen_price = Decimal(seen)
            line.validate()

    def _search(self, lines: Sequence[DraftLine]) -> None:
        """Find items by words: for these lines, or some to begin with."""
        searched = [line for line in lines if _is_searchable(line.text)][:_SEARCHES]
        texts = [line.text for line in searched] or [""]
        first, *others = [_matching(text, position) for position, text in enumerate(texts)]
        found = list(first.union(*others, all=True) if others else first)
        self.suggestions = list({item.pk: item for item in found}.values())
        for position, line in enumerate(searched):
            matches = [item for item in found if item.position == position]  # type: ignore[attr-defined]
            if len(matches) == 1:
                line.item = matches[0]
                line.text = line.item.sku
            else:
                line.matches = matches

    @property
    def error(self) -> str:
        """The error of the lines together."""
        if not self.filled:
            return _("Add a line with an item.")
        if len(self.filled) > MAX_LINES:
            return _("An order has at most %d lines.") % MAX_LINES
        return ""

    @property
    def is_valid(self) -> bool:
        return not self.error and all(line.total is not None for line in self.filled)

    @property
    def total(self) -> Decimal:
        return sum((line.total for line in self.filled if line.total is not None), Decimal(0))

    @property
    def total_as_text(self) -> str:
        """The total for the next `seen`, the same in each language."""
        return f"{self.total:.2f}"

    @property
    def prices(self) -> str:
        """The prices that the form shows, for its next `seen_prices`."""
        items = {line.item.pk: line.item.price for line in self.filled if line.item}
        return " ".join(f"{pk}={price}" for pk, price in items.items())

    def seen_total(self, currency: str) -> Decimal | None:
        """Return the total that the form showed; None if not in this currency, or of other items.

        Words in a line can match another item since then.
        """
        seen = _SEEN.fullmatch(self.seen)
        has_shown = all(str(line["item"].pk) in self.seen_prices for line in self.as_lines())
        return Decimal(seen[2]) if seen and seen[1] == currency and has_shown else None

    def as_lines(self) -> list[Line]:
        """Return the lines of a valid draft."""
        return [
            {"item": line.item, "quantity": line.quantity}
            for line in self.filled
            if line.item and line.quantity
        ]


def _is_searchable(text: str) -> bool:
    is_short = len(text) <= _MAX_SEARCH_LENGTH and len(text.split()) <= _MAX_WORDS
    return is_short and is_storable(text)


def _matching(text: str, position: int) -> QuerySet[Item]:
    items = Item.objects.filter(is_active=True)
    for word in text.split():
        items = items.filter(Q(sku__icontains=word) | Q(description__icontains=word))
    return items.annotate(position=Value(position)).order_by("sku")[:_MATCHES]
