"""Tags and filters of members' pages: `{% load pages %}`."""

from datetime import datetime, timedelta
from decimal import Decimal

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_OLD = timedelta(days=7)


@register.simple_tag
def icon(name: str) -> SafeString:
    """Write a symbol of static/tenantry/icons.svg, for the eye only."""
    url = static("tenantry/icons.svg")
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', url, name)


@register.filter
def money(amount: Decimal | int | None, currency: str) -> SafeString | str:
    """Write an amount, for example `EUR 5,000.00`; nothing for None.

    Raises:
        TypeError: a float, which is not exact.
    """
    if amount is None:
        return ""
    if isinstance(amount, float):
        raise TypeError(f"{amount!r} is a float. Use a Decimal for money.")
    return format_html('<span class="money">{} {}</span>', currency, f"{Decimal(amount):,.2f}")


@register.filter
def when(moment: datetime | None) -> SafeString | str:
    """Write a time as `4 minutes ago`, or its date after a week; nothing for None."""
    if moment is None:
        return ""
    moment = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        format_date(moment, "j F Y, H:i T"),
        _in_words(moment, timezone.now()),
    )


def _in_words(moment: datetime, now: datetime) -> str:
    distance = abs(now - moment)
    seconds = int(distance.total_seconds())
    if distance >= _OLD:
        return format_date(moment, "j F Y")
    if seconds < _MINUTE:
        return _("just now") if moment <= now else _("in a moment")
    if seconds < _HOUR:
        count, words = seconds // _MINUTE, ngettext("%d minute", "%d minutes", seconds // _MINUTE)
    elif seconds < _DAY:
        count, words = seconds // _HOUR, ngettext("%d hour", "%d hours", seconds // _HOUR)
    else:
        count, words = seconds // _DAY, ngettext("%d day", "%d days", seconds // _DAY)
    length = words % count
    return _("%s ago") % length if moment <= now else _("in %s") % length
