"""The links of every page's navigation, which apps announce.

An app's AppConfig can have an attribute `navigation`, a tuple of entries:

    navigation = (NavigationEntry(_("Notes"), "notes", icon="notes", order=50),)

The icons are the symbols of static/tenantry/icons.svg.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from django.apps import apps
from django.urls import reverse

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True)
class NavigationEntry:
    """A link of the navigation.

    Attributes:
        label: its text.
        url_name: the name of a URL without arguments.
        icon: the id of a symbol in static/tenantry/icons.svg.
        order: the position; Home is 0, what apps announce 10 to 70, Members 80, Organization 90.
        needs_organization: whether it is hidden from a person who cannot work in one now.
    """

    label: "str | _StrPromise"
    url_name: str
    icon: str
    order: int
    needs_organization: bool = True


@dataclass(frozen=True)
class Link:
    """A link on a page: `current` is `page`, `true` for a page below it, or empty."""

    label: "str | _StrPromise"
    url: str
    icon: str
    current: str


@cache  # Apps do not change while a process runs.
def entries() -> tuple[NavigationEntry, ...]:
    """Return what all apps announce, in its order."""
    announced = (getattr(config, "navigation", ()) for config in apps.get_app_configs())
    return tuple(sorted((entry for each in announced for entry in each), key=lambda e: e.order))


def links(path: str, *, has_organization: bool) -> Iterator[Link]:
    """Yield the navigation of a page, and mark the entry that the page belongs to."""
    shown = [(e, reverse(e.url_name)) for e in entries() if has_organization or _is_open(e)]
    above = [url for _, url in shown if url != "/" and path.startswith(url)]
    section = max(above, key=len, default=path)
    for entry, url in shown:
        current = "page" if url == path else "true" if url == section else ""
        yield Link(entry.label, url, entry.icon, current)


def _is_open(entry: NavigationEntry) -> bool:
    return not entry.needs_organization
