"""Stand-ins for phone numbers, by which they are found again."""

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class Pseudonyms:
    """Stand-ins for numbers and what was said on them, made with a secret.

    Numbers are so few that a plain hash of one is undone by trying all; without the secret this one is not.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def with_secret(cls, secrets: "SecretsManagerClient", arn: str) -> "Pseudonyms":
        """With a secret of Secrets Manager. It must stay the same: with another, no number is known again.

        Raises botocore's errors.
        """
        return cls(secrets.get_secret_value(SecretId=arn)["SecretString"].encode())

    def pseudonym_of(self, e164: str) -> str:
        """The pseudonym of a number, always the same."""
        return self._digest("number", e164)

    def digest_of(self, e164: str, text: str) -> str:
        """The digest of a text that came from a number."""
        return self._digest("text", e164, text)

    def _digest(self, *parts: str) -> str:
        mac = hmac.new(self._secret, "\0".join(parts).encode("utf-8", "surrogatepass"), hashlib.sha256)
        return base64.b32encode(mac.digest()[:20]).decode().lower()
