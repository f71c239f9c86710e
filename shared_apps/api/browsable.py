"""DRF's browsable API, with only the forms and buttons that the caller can use."""

from http import HTTPStatus
from typing import Any

from rest_framework.exceptions import APIException
from rest_framework.renderers import BrowsableAPIRenderer as DRFRenderer
from rest_framework.request import Request

_NOTHING_TO_CHANGE = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}


class BrowsableAPIRenderer(DRFRenderer):
    """DRF's renderer with a button for each extra action that the caller may POST.

    DRF shows a link to each extra action, which returns 405 for GET, also to callers without the
    permission. A view can have a method `offers(action, shown)`: whether the shown data allows
    the action.
    """

    renderer_context: Any  # The stubs of the base class lack it.
    _shown: Any = None

    def get_context(
        self, data: Any, accepted_media_type: str | None, renderer_context: Any
    ) -> dict[str, Any]:
        self._shown = data
        context = super().get_context(data, accepted_media_type, renderer_context)
        links = context["extra_actions"] or {}
        view, request = renderer_context["view"], renderer_context["request"]
        posted = {
            type(view)(**action.kwargs).get_view_name(): action.mapping["post"]
            for action in (view.get_extra_actions() if links else ())
            if "post" in action.mapping
        }
        context["extra_actions"] = {name: links[name] for name in links.keys() - posted}
        context["action_buttons"] = {
            name: links[name]
            for name, action in posted.items()
            if name in links and self._may(view, request, action)
        }
        return context

    def _may(self, view: Any, request: Request, action: str) -> bool:
        """Return whether the caller has the permission, and the shown data allows the action."""
        before, view.action = view.action, action
        try:
            view.check_permissions(request)
        except APIException:
            return False
        finally:
            view.action = before
        return self._is_offered(view, action)

    def _is_offered(self, view: Any, action: str) -> bool:
        return not hasattr(view, "offers") or view.offers(action, self._shown)

    def show_form_for_method(self, view: Any, method: str, request: Request, obj: Any) -> bool:
        extra = {action.__name__ for action in getattr(view, "get_extra_actions", list)()}
        action: Any = getattr(view, "action", None)
        if self.renderer_context["response"].status_code in _NOTHING_TO_CHANGE or (
            action in extra and not self._is_offered(view, action)
        ):
            return False
        return bool(super().show_form_for_method(view, method, request, obj))

    def get_rendered_html_form(self, data: Any, view: Any, method: str, request: Request) -> Any:
        if method == "POST" and not self.renderer_context["response"].exception:
            data = None  # An empty form, except to correct one with errors.
        return super().get_rendered_html_form(data, view, method, request)
