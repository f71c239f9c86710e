"""/api/, /api/auth/ and /api/me/."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from shared_apps.core.errors import DomainError
from shared_apps.organizations.roles import READ_SCOPE
from shared_apps.organizations.tenant_apps import api_links
from shared_apps.users.services import user_rename

from . import services
from .permissions import IsPerson
from .principal import Principal
from .requests import CallerRequest
from .serializers import (
    CredentialsSerializer,
    MeSerializer,
    NameSerializer,
    OrganizationChoiceSerializer,
    TokenSerializer,
)


class RootView(APIView):
    permission_classes = (IsAuthenticated,)

    @extend_schema(exclude=True)
    def get(self, request: CallerRequest) -> Response:
        names = {"me": "api-me", **api_links()}
        return Response({key: reverse(name, request=request) for key, name in names.items()})


class TokenView(GenericAPIView[Any]):
    serializer_class = CredentialsSerializer
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        request=CredentialsSerializer,
        responses={
            HTTPStatus.OK: TokenSerializer,
            HTTPStatus.UNAUTHORIZED: None,
            HTTPStatus.FORBIDDEN: None,
        },
    )
    def post(self, request: Request) -> Response:
        """Sign in: get a token for one organization."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        principal, token, plaintext = services.token_create(
            request=request._request,
            email=serializer.validated_data["email"],
            password=serializer.validated_data["password"],
            code=serializer.validated_data.get("code", ""),
            schema_name=serializer.validated_data.get("organization"),
        )
        body = {
            "token": plaintext,
            "expiry": token.expiry,
            "user": principal.user,
            "organization": principal,
        }
        return Response(TokenSerializer(body).data)


class LogoutView(APIView):
    permission_classes = (IsAuthenticated,)

    @extend_schema(request=None, responses={HTTPStatus.NO_CONTENT: None})
    def post(self, request: CallerRequest) -> Response:
        """Sign out: end the token or the session of this request."""
        services.sign_out(request=request._request, principal=request.principal)
        return Response(status=HTTPStatus.NO_CONTENT)


class MeView(APIView):
    permission_classes = (IsPerson,)
    scope_to_read = READ_SCOPE

    @extend_schema(responses=MeSerializer)
    def get(self, request: CallerRequest) -> Response:
        """Get your account, your active organization and all your organizations."""
        return Response(me_body(request.principal))

    @extend_schema(request={"application/json": NameSerializer}, responses=MeSerializer)
    def patch(self, request: CallerRequest) -> Response:
        """Change your name, which your colleagues see, too."""
        serializer = NameSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        if name := serializer.validated_data.get("name"):
            user_rename(user=request.principal.person, name=name)
        return Response(me_body(request.principal))


class MyOrganizationView(GenericAPIView[Any]):
    serializer_class = OrganizationChoiceSerializer
    permission_classes = (IsPerson,)

    @extend_schema(
        request=OrganizationChoiceSerializer,
        responses={HTTPStatus.OK: MeSerializer, HTTPStatus.CONFLICT: None},
    )
    def post(self, request: CallerRequest) -> Response:
        """Switch this session to another organization."""
        if request.principal.token_id is not None:
            raise DomainError(
                "token_bound",
                "A token works only in its own organization. Sign in to the other one instead.",
            )
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        principal = services.organization_choose(
            request=request._request,
            user=request.principal.person,
            schema_name=serializer.validated_data["organization"],
        )
        return Response(me_body(principal))


def me_body(principal: Principal) -> dict[str, Any]:
    user = principal.person
    memberships = user.memberships.select_related("organization")
    return MeSerializer(
        {
            "id": user.pk,
            "email": user.email,
            "name": user.name,
            "organization": principal if principal.is_usable() else None,
            "organizations": memberships,
        }
    ).data
