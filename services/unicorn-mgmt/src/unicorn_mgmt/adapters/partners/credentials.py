"""Partners' secrets, from Secrets Manager."""

import json
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from unicorn_mgmt.adapters.partners.faults import OurFault

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

TTL = 300.0
"""Seconds after which a secret is read anew: so long an old one may be used after a rotation that its partner did not refuse."""


class Credentials:
    """What a partner's secret holds: a flat JSON object of strings. Nothing of it is ever shown."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> str:
        """A value. Raises OurFault, naming it, when the secret has none."""
        try:
            return self._values[name]
        except KeyError:
            raise OurFault(f"the partner's secret has no {name}") from None


class Secrets:
    """Reads secrets and keeps them for a while. `clock` counts seconds."""

    def __init__(
        self, secretsmanager: "SecretsManagerClient", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._secretsmanager = secretsmanager
        self._clock = clock
        self._kept: dict[str, tuple[float, Credentials]] = {}

    def get(self, secret_id: str) -> Credentials:
        """A secret. Raises botocore's errors; a secret that is no JSON object counts as empty."""
        kept = self._kept.get(secret_id)
        if kept and self._clock() < kept[0]:
            return kept[1]
        text = self._secretsmanager.get_secret_value(SecretId=secret_id)["SecretString"]
        try:
            found = json.loads(text)
        except ValueError:
            found = {}
        credentials = Credentials(found if isinstance(found, dict) else {})
        self._kept[secret_id] = (self._clock() + TTL, credentials)
        return credentials

    def forget(self, secret_id: str) -> None:
        """Read it anew the next time: the partner refused it, it may have been rotated."""
        self._kept.pop(secret_id, None)
