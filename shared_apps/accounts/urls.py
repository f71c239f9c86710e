"""URLs of accounts. Those that allauth redirects to have its names."""

from allauth.account.views import reauthenticate
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from . import email_pages, organization_pages, pages, password_pages, sign_up_pages
from .second_factor import pages as second_factor
from .second_factor.undo_page import SecondFactorUndoPage

sign_in = pages.SignInView.as_view()
sign_in_with_passkey = second_factor.PasskeySignInView.as_view()

urlpatterns = [
    path("accounts/login/", sign_in, name="login"),
    path("accounts/login/", sign_in, name="account_login"),  # The name that allauth redirects to.
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("accounts/unverified/", pages.address_unverified, name="address-unverified"),
    path("accounts/signup/", sign_up_pages.SignUpPage.as_view(), name="account_signup"),
    path("accounts/signup/sent/", sign_up_pages.SignUpSentPage.as_view(), name="sign-up-sent"),
    path(
        "accounts/signup/invitation/<str:token>/",
        sign_up_pages.InvitedSignUpPage.as_view(),
        name="sign-up-invited",
    ),
    path(
        "accounts/signup/<str:token>/",
        sign_up_pages.SignUpConfirmPage.as_view(),
        name="sign-up-confirm",
    ),
    path(
        "accounts/password/change/",
        password_pages.PasswordChangePage.as_view(),
        name="account_change_password",
    ),
    path(
        "accounts/password/reset/",
        password_pages.PasswordResetPage.as_view(),
        name="account_reset_password",
    ),
    path(
        "accounts/password/reset/sent/",
        password_pages.PasswordResetSentPage.as_view(),
        name="password-reset-sent",
    ),
    path(
        "accounts/password/reset/<int:user_id>/<str:token>/",
        password_pages.PasswordResetConfirmPage.as_view(),
        name="password-reset-confirm",
    ),
    path(
        "accounts/verify/<int:user_id>/<str:token>/",
        pages.AddressVerifyPage.as_view(),
        name="address-verify",
    ),
    path("accounts/email/", email_pages.EmailPage.as_view(), name="email-change"),
    path("accounts/email/sent/", email_pages.EmailSentPage.as_view(), name="email-change-sent"),
    path(
        "accounts/email/undo/<str:token>/",
        email_pages.EmailUndoPage.as_view(),
        name="email-change-undo",
    ),
    path(
        "accounts/email/<str:token>/",
        email_pages.EmailConfirmPage.as_view(),
        name="email-change-confirm",
    ),
    path(
        "organizations/new/",
        organization_pages.OrganizationNewPage.as_view(),
        name="organization-new",
    ),
    path("accounts/reauthenticate/", reauthenticate, name="account_reauthenticate"),
    path(
        "accounts/second-factor/undo/<str:token>/",
        SecondFactorUndoPage.as_view(),
        name="second-factor-undo",
    ),
    # Before those of allauth.
    path("accounts/2fa/", second_factor.SecondFactorIndexView.as_view()),
    path("accounts/2fa/authenticate/", second_factor.SecondFactorView.as_view()),
    path("accounts/2fa/trust/", second_factor.TrustBrowserView.as_view()),
    path("accounts/2fa/totp/activate/", second_factor.ActivateAppView.as_view()),
    path("accounts/2fa/webauthn/add/", second_factor.AddPasskeyView.as_view()),
    path("accounts/2fa/webauthn/login/", sign_in_with_passkey),
    path("accounts/2fa/", include("allauth.mfa.urls")),
]
