"""The size of long proofs: small for `make proofs`, full for `make proofs-full`."""

import os

FULL = os.environ.get("PROOFS") == "full"
