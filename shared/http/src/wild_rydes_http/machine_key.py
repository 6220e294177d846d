"""The API key that belongs to a machine client, and its tier."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MachineKey:
    """What the user pool knows of a machine client's API key: enough to recognise it, and nothing to call with.

    Its text form `<tier>/<usage plan>/<key id>/<SHA-256 of the key>` is an attribute of the user that only operators
    write, and so a claim of the user's tokens.
    """

    tier: str
    usage_plan: str
    key_id: str
    digest: str

    @classmethod
    def of(cls, tier: str, usage_plan: str, key_id: str, value: str) -> "MachineKey":
        """Make it for a key."""
        return cls(tier, usage_plan, key_id, hashlib.sha256(value.encode()).hexdigest())

    @classmethod
    def parse(cls, text: str) -> "MachineKey":
        """Read the text form. Raises ValueError."""
        tier, usage_plan, key_id, digest = text.split("/")
        return cls(tier, usage_plan, key_id, digest)

    def __str__(self) -> str:
        return f"{self.tier}/{self.usage_plan}/{self.key_id}/{self.digest}"

    def is_of(self, value: str) -> bool:
        """Tell whether this is the key. How long it takes tells nothing: nobody chooses a digest."""
        return hashlib.sha256(value.encode()).hexdigest() == self.digest
