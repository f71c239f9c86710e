"""/api/members/, /api/invitations/, /api/organization/accept-ownership/, and the pages."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from . import api, invitation_pages, pages

members, invitations = SimpleRouter(), SimpleRouter()
members.register("", api.MemberViewSet, basename="member")
invitations.register("", api.InvitationViewSet, basename="invitation")

urlpatterns = [
    path("api/members/", include(members.urls)),
    path(
        "api/organization/accept-ownership/",
        api.AcceptOwnershipView.as_view({"post": "create"}),
        name="accept-ownership",
    ),
    path(
        "api/invitations/accept/",
        api.AcceptInvitationView.as_view(),
        name="accept-invitation",
    ),
    path("api/invitations/", include(invitations.urls)),
    path("members/", pages.member_list, name="members"),
    path("members/invite/", pages.invite, name="members-invite"),
    path("members/accept-ownership/", pages.accept_ownership, name="members-accept-ownership"),
    path("members/<int:pk>/role/", pages.change_role, name="members-role"),
    path("members/<int:pk>/remove/", pages.remove, name="members-remove"),
    path("members/<int:pk>/offer-ownership/", pages.offer_ownership, name="members-offer"),
    path("members/invitations/<int:pk>/resend/", pages.resend, name="members-resend"),
    path("members/invitations/<int:pk>/revoke/", pages.revoke, name="members-revoke"),
    path("invitations/<str:token>/", invitation_pages.invitation, name="invitation"),
]
