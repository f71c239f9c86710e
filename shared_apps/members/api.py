"""/api/members/, /api/invitations/, and the acceptance of an ownership."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import F, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from shared_apps.access.actors import membership_of
from shared_apps.access.api import me_body
from shared_apps.access.permissions import IsPerson
from shared_apps.access.requests import CallerRequest, TenantRequest
from shared_apps.access.serializers import MeSerializer
from shared_apps.access.services import organization_choose
from shared_apps.api.filters import BoundedSearchFilter, TotalOrderingFilter
from shared_apps.organizations import services
from shared_apps.organizations.acceptance import invitation_accept
from shared_apps.organizations.invitations import (
    invitation_create,
    invitation_resend,
    invitation_revoke,
)
from shared_apps.organizations.models import Invitation, Membership
from shared_apps.organizations.ownership import ownership_accept, ownership_offer
from shared_apps.organizations.roles import Role, may
from tenantry.context import tenant_context

from . import roles
from .actors import actor_of, count_invitation
from .serializers import (
    InvitationSerializer,
    MemberSerializer,
    OfferSerializer,
    TokenOfInvitationSerializer,
)


class MemberSearchFilter(BoundedSearchFilter):
    """Searches names; emails too, for those who may see them."""

    def get_search_fields(self, view: Any, request: TenantRequest) -> tuple[str, ...]:  # type: ignore[override]
        return ("user__name", "user__email") if view.shows_emails() else ("user__name",)


class MemberViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """Members of the caller's organization."""

    request: TenantRequest
    required_actions: ClassVar = {
        "list": roles.READ,
        "partial_update": roles.MANAGE,
        "destroy": roles.LEAVE,
        "offer_ownership": roles.HAND_OVER,
    }
    queryset = Membership.objects.select_related("user", "organization")
    serializer_class = MemberSerializer
    filter_backends = (MemberSearchFilter, TotalOrderingFilter)
    ordering_fields = ("name", "joined_at")
    ordering = ("name",)
    lookup_value_regex = "[0-9]+"

    @tenant_context(None)  # The people of all organizations are in `public`.
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Membership]:
        members: QuerySet[Membership] = super().get_queryset()
        own = members.filter(organization=self.request.organization)
        return own.annotate(name=F("user__name"), joined_at=F("created_at"))

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "show_emails": self.shows_emails()}

    def shows_emails(self) -> bool:
        role: Role | None = getattr(self.request, "role", None)
        return role is not None and may(role, roles.MANAGE)

    @extend_schema(request={"application/json": MemberSerializer}, responses=MemberSerializer)
    def partial_update(self, request: TenantRequest, pk: str) -> Response:
        """Change a member's role. Only an owner makes an owner, or changes one."""
        member = self.get_object()
        serializer = self.get_serializer(member, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        role = Role(serializer.validated_data.get("role", member.role))
        member = services.membership_change(
            membership=member, role=role, actor=actor_of(request, member.role, role)
        )
        return Response(self.get_serializer(member).data)

    @extend_schema(responses={HTTPStatus.NO_CONTENT: None, HTTPStatus.CONFLICT: None})
    def destroy(self, request: TenantRequest, pk: str) -> Response:
        """Remove a member, or leave the organization: your own membership."""
        member = self.get_object()
        services.membership_remove(membership=member, actor=actor_of(request, member.role))
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=None, responses={HTTPStatus.ACCEPTED: OfferSerializer})
    @action(detail=True, methods=["post"], url_path="offer-ownership")
    def offer_ownership(self, request: TenantRequest, pk: str) -> Response:
        """Offer the ownership to a member, who has 7 days to accept. It replaces another offer."""
        offer = ownership_offer(membership=self.get_object(), actor=membership_of(request))
        return Response(OfferSerializer(offer).data, status=HTTPStatus.ACCEPTED)


class AcceptOwnershipView(viewsets.GenericViewSet[Any]):
    request: TenantRequest
    required_actions: ClassVar = {"create": roles.TAKE_OVER}
    serializer_class = MemberSerializer

    @extend_schema(
        request=None,
        responses={
            HTTPStatus.OK: MemberSerializer,
            HTTPStatus.NOT_FOUND: None,
            HTTPStatus.GONE: None,
        },
    )
    @tenant_context(None)
    def create(self, request: TenantRequest) -> Response:
        """Become an owner. The owner who offered it to you becomes an admin."""
        member = ownership_accept(actor=membership_of(request))
        return Response(MemberSerializer(member, context={"show_emails": True}).data)


class InvitationViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """Invitations to the caller's organization that can be accepted, for admins and owners."""

    request: TenantRequest
    required_actions: ClassVar = {
        "list": roles.READ_INVITATIONS,
        "create": roles.MANAGE,
        "destroy": roles.MANAGE,
        "resend": roles.MANAGE,
    }
    queryset = Invitation.objects.select_related("inviter__user")
    serializer_class = InvitationSerializer
    filter_backends = ()
    lookup_value_regex = "[0-9]+"

    @tenant_context(None)
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Invitation]:
        invitations = super().get_queryset().filter(organization=self.request.organization)
        # An expired one can still be sent again.
        return invitations.live() if self.action == "list" else invitations  # type: ignore[attr-defined]

    @extend_schema(
        request={"application/json": InvitationSerializer},
        responses={HTTPStatus.CREATED: InvitationSerializer},
    )
    def create(self, request: TenantRequest) -> Response:
        """Invite an address by a mail with a link. Only an owner invites an owner."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        role = Role(serializer.validated_data["role"])
        email, actor = serializer.validated_data["email"], actor_of(request, role)
        count_invitation(request.organization, to=email)
        invitation = invitation_create(
            organization=request.organization, email=email, role=role, actor=actor
        )
        return Response(self.get_serializer(invitation).data, status=HTTPStatus.CREATED)

    def destroy(self, request: TenantRequest, pk: str) -> Response:
        """Revoke an invitation. Its link stops immediately."""
        invitation = self.get_object()
        invitation_revoke(invitation=invitation, actor=actor_of(request, invitation.role))
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=None, responses=InvitationSerializer)
    @action(detail=True, methods=["post"])
    def resend(self, request: TenantRequest, pk: str) -> Response:
        """Send a new link, which works for 7 days. The old one stops."""
        invitation = self.get_object()
        actor = actor_of(request, invitation.role)
        count_invitation(request.organization, to=invitation.email)
        sent = invitation_resend(invitation=invitation, actor=actor)
        return Response(self.get_serializer(sent).data)


class AcceptInvitationView(GenericAPIView[Any]):
    serializer_class = TokenOfInvitationSerializer
    permission_classes = (IsPerson,)

    @extend_schema(
        request=TokenOfInvitationSerializer,
        responses={
            HTTPStatus.OK: MeSerializer,
            HTTPStatus.NOT_FOUND: None,
            HTTPStatus.CONFLICT: None,
            HTTPStatus.GONE: None,
        },
    )
    def post(self, request: CallerRequest) -> Response:
        """Become a member of the organization that invited you. This session then works in it."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        principal = request.principal
        with transaction.atomic():  # Without access to the organization, nothing is changed.
            membership = invitation_accept(
                token=serializer.validated_data["token"], user=principal.person
            )
            if principal.token_id is None:  # A token works in its own organization only.
                principal = organization_choose(
                    request=request._request,
                    user=principal.person,
                    schema_name=membership.organization.schema_name,
                )
        return Response(me_body(principal))
