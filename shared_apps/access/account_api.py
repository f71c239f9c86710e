"""/api/me/password/, /api/me/sessions/ and /api/me/tokens/."""

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from shared_apps.users.models import ApiToken, SignInSession
from shared_apps.users.password_services import password_change
from shared_apps.users.services import token_revoke
from shared_apps.users.sessions import session_end

from . import services
from .permissions import IsPerson
from .principal import Principal
from .requests import CallerRequest
from .serializers import PasswordSerializer, SessionSerializer
from .sessions import session_id
from .token_serializers import MyNewTokenSerializer, MyTokenSerializer
from .tokens import token_make, tokens_of


class PasswordView(GenericAPIView[Any]):
    serializer_class = PasswordSerializer
    permission_classes = (IsPerson,)

    @extend_schema(
        request=PasswordSerializer,
        responses={HTTPStatus.NO_CONTENT: None, HTTPStatus.FORBIDDEN: None},
    )
    def post(self, request: CallerRequest) -> Response:
        """Change your password. All your other sessions end, and your tokens if you want it."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        password_change(
            request=request._request,
            user=request.principal.person,
            besides=current_session(request),
            **serializer.validated_data,
        )
        return Response(status=HTTPStatus.NO_CONTENT)


def current_session(request: CallerRequest) -> int | None:
    """Return the id of the session that sends the request; None for a token."""
    principal: Principal | None = getattr(request, "principal", None)
    of_session = principal is not None and principal.token_id is None
    return session_id(request._request) if of_session else None


class SessionViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """Browsers in which you are signed in, the last used first."""

    request: CallerRequest
    permission_classes = (IsPerson,)
    queryset = SignInSession.objects.order_by("-last_used", "-id")
    serializer_class = SessionSerializer
    filter_backends = ()
    lookup_value_regex = "[0-9]+"

    def get_queryset(self) -> QuerySet[SignInSession]:
        return super().get_queryset().filter(user_id=self.request.principal.person.pk)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "current": current_session(self.request)}

    def destroy(self, request: CallerRequest, pk: str) -> Response:
        """Sign out a browser; its next request is not signed in."""
        session = self.get_object()
        if session.pk == current_session(request):
            services.sign_out(request=request._request, principal=request.principal)
        else:
            session_end(session=session)
        return Response(status=HTTPStatus.NO_CONTENT)


class MyTokenViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """Your tokens, in all your organizations, the newest first."""

    request: CallerRequest
    permission_classes = (IsPerson,)
    queryset = ApiToken.objects.all()
    serializer_class = MyTokenSerializer
    filter_backends = ()
    lookup_value_regex = "[0-9]+"

    def get_queryset(self) -> QuerySet[ApiToken]:
        return tokens_of(self.request.principal.person)

    @extend_schema(
        request={"application/json": MyTokenSerializer},
        responses={HTTPStatus.CREATED: MyNewTokenSerializer},
    )
    def create(self, request: CallerRequest) -> Response:
        """Make a token for the active organization. No other response shows it."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        token, plaintext = token_make(principal=request.principal, **serializer.validated_data)
        body = {**MyTokenSerializer(token).data, "token": plaintext}
        return Response(body, status=HTTPStatus.CREATED)

    def destroy(self, request: CallerRequest, pk: str) -> Response:
        """Delete a token, and those that were made with it. They stop immediately."""
        token_revoke(token=self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)
