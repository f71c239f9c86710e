"""A passkey in software, which answers as a browser does."""

import json
import re
import secrets
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

HOST, ORIGIN = "testserver", "https://testserver"
FLAG = AuthenticatorData.FLAG
ADD, LOG_IN = "/accounts/2fa/webauthn/add/", "/accounts/2fa/webauthn/login/"


def options_of(page: Any) -> dict[str, Any]:
    """Return what a page asks of a passkey."""
    found = re.search(r'<script id="js_data"[^>]*>(.*?)</script>', page.content.decode())
    assert found
    ((options,),) = (json.loads(found[1]).values(),)
    return options["publicKey"]  # type: ignore[no-any-return]


class Passkey:
    def __init__(self) -> None:
        self.id = secrets.token_bytes(16)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.user_handle = ""

    def create(self, options: dict[str, Any], *, origin: str = ORIGIN) -> dict[str, Any]:
        """Return the credential of `navigator.credentials.create`."""
        self.user_handle = options["user"]["id"]
        public = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        attested = AttestedCredentialData.create(Aaguid(bytes(16)), self.id, public)
        data = AuthenticatorData.create(
            sha256(HOST.encode()).digest(), FLAG.UP | FLAG.UV | FLAG.AT, 0, attested
        )
        client = self._client_data("webauthn.create", options, origin)
        return self._credential(
            clientDataJSON=websafe_encode(client),
            attestationObject=websafe_encode(AttestationObject.create("none", data, {})),
        )

    def get(
        self, options: dict[str, Any], *, verified: bool = True, origin: str = ORIGIN
    ) -> dict[str, Any]:
        """Return the credential of `navigator.credentials.get`.

        Args:
            verified: False as if no fingerprint or PIN was asked for.
        """
        flags = FLAG.UP | FLAG.UV if verified else FLAG.UP
        data = AuthenticatorData.create(sha256(HOST.encode()).digest(), flags, 1)
        client = self._client_data("webauthn.get", options, origin)
        signed = self.key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._credential(
            clientDataJSON=websafe_encode(client),
            authenticatorData=websafe_encode(data),
            signature=websafe_encode(signed),
            userHandle=self.user_handle,
        )

    def _client_data(self, kind: str, options: dict[str, Any], origin: str) -> bytes:
        challenge = websafe_decode(options["challenge"])
        return CollectedClientData.create(kind, challenge, origin)

    def _credential(self, **response: str) -> dict[str, Any]:
        own = websafe_encode(self.id)
        return {
            "type": "public-key",
            "id": own,
            "rawId": own,
            "response": response,
            "clientExtensionResults": {"credProps": {"rk": True}},
        }


def add(client: Client, name: str = "Laptop") -> Passkey:
    """Add a passkey on the page of a client that has just confirmed the password."""
    passkey = Passkey()
    credential = passkey.create(options_of(client.get(ADD)))
    form = {"name": name, "passwordless": "on", "credential": json.dumps(credential)}
    response = client.post(ADD, form)
    assert response.status_code == 302, response.content
    return passkey


def challenge(client: Client) -> dict[str, Any]:
    """Return what the sign-in page's script asks of a passkey."""
    response = client.get(LOG_IN, headers={"Accept": "application/json"})
    return response.json()["request_options"]["publicKey"]  # type: ignore[no-any-return]


def log_in(client: Client, passkey: Passkey, *, next: str = "", **how: Any) -> Any:  # noqa: A002 (the form's field)
    credential = passkey.get(challenge(client), **how)
    return client.post(LOG_IN, {"credential": json.dumps(credential), "next": next})
