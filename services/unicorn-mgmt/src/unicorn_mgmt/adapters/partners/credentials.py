"""Partners' secrets, from Secrets Manager."""

import json
import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from unicorn_mgmt.adapters.partners.faults import Refused

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

TTL = 300.0
"""Seconds after which a secret is read again, or sooner if the partner refuses it."""


BELIEVED_FOR = 10.0
"""Seconds for which a secret is believed after it was doubted."""


class Credentials:
    """The content of a partner's secret, a flat JSON object of strings. None of it is ever shown."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> str:
        """Return a value. Raises Refused, which names it, if the secret does not have it."""
        try:
            return self._values[name]
        except KeyError:
            raise Refused(f"the partner's secret has no {name}") from None


class Secrets:
    """Reads secrets and keeps each for `TTL`. `clock` counts seconds."""

    def __init__(
        self, secretsmanager: "SecretsManagerClient", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._secretsmanager = secretsmanager
        self._clock = clock
        self._kept: dict[str, tuple[float, Credentials]] = {}
        self._believed_until: dict[str, float] = {}

    def get(self, secret_id: str) -> Credentials:
        """Read a secret. One that is no JSON object counts as empty. Raises botocore's errors."""
        kept = self._kept.get(secret_id)
        if kept and self._clock() < kept[0]:
            return kept[1]
        answer = self._secretsmanager.get_secret_value(SecretId=secret_id)
        try:
            found = json.loads(answer.get("SecretString", ""))  # a binary secret has none
        except (RecursionError, ValueError):
            found = {}
        credentials = Credentials(found if isinstance(found, dict) else {})
        self._kept[secret_id] = (self._clock() + TTL, credentials)
        return credentials

    def forget(self, secret_id: str) -> None:
        """Read the secret again the next time: the partner has refused it, it may have been rotated."""
        self._kept.pop(secret_id, None)

    def doubt(self, secret_id: str) -> None:
        """Forget the secret because somebody, who may be anybody, does not know it.

        Further doubts count after `BELIEVED_FOR`: a flood of forgeries costs hardly any calls.
        """
        if self._clock() >= self._believed_until.get(secret_id, -math.inf):
            self._believed_until[secret_id] = self._clock() + BELIEVED_FOR
            self.forget(secret_id)
