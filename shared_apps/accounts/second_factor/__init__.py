"""The second factor: an authenticator app, passkeys and recovery codes, on `allauth.mfa`."""
