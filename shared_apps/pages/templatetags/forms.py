"""`{% csrf_token %}` also writes the organization that the form belongs to.

It is built into every template (`TEMPLATES` in the settings), so no form can forget it. A form
posted after another tab switched the organization gets 409.
"""

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html

register = template.Library()


class FormTokensNode(CsrfTokenNode):
    """Django's hidden CSRF field, and `_organization` if a request has one."""

    def render(self, context: Context) -> str:
        csrf_token = super().render(context)
        organization = getattr(context.get("request"), "organization", None)
        if organization is None:
            return csrf_token
        field = '{}<input type="hidden" name="_organization" value="{}">'
        return format_html(field, csrf_token, organization.schema_name)


@register.tag
def csrf_token(parser: Parser, token: Token) -> FormTokensNode:
    return FormTokensNode()
