"""Stand-ins for phone numbers, under which their standings are found again."""

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class Pseudonyms:
    """Makes stand-ins for phone numbers, and for texts that came from them, with a secret.

    There are so few numbers that a plain hash can be reversed by trying them all. Without the secret these
    cannot.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def with_secret(cls, secrets: "SecretsManagerClient", arn: str) -> "Pseudonyms":
        """Read the secret from Secrets Manager. It must never change, or no number is known again.

        Raises botocore's errors.
        """
        return cls(secrets.get_secret_value(SecretId=arn)["SecretString"].encode())

    def pseudonym_of(self, e164: str) -> str:
        """Return the pseudonym of a number, always the same."""
        return self._digest("number", e164)

    def digest_of(self, e164: str, text: str) -> str:
        """Return the digest of a text that came from a number."""
        return self._digest("text", e164, text)

    def _digest(self, *parts: str) -> str:
        mac = hmac.new(self._secret, "\0".join(parts).encode("utf-8", "surrogatepass"), hashlib.sha256)
        return base64.b32encode(mac.digest()[:20]).decode().lower()
