"""KMS: seals that only it can open, for whoever names what they were bound to."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple

from tests.simulation.aws.client import Answer, refused

_ALGORITHM: Final = {"EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}


class _Sealed(NamedTuple):
    key: str
    plaintext: bytes
    context: Mapping[str, str]


class Kms:
    """The keys of one world, by ARN. A ciphertext says nothing by itself: the model remembers what it stands for."""

    def __init__(self, keys: Collection[str], new_id: Callable[[], str]) -> None:
        self.keys = keys
        self._new_id = new_id
        self._sealed: dict[bytes, _Sealed] = {}

    def encrypt(self, arguments: Mapping[str, Any]) -> Answer:
        """Seal a text, each time in another way."""
        key = arguments["KeyId"]
        if key not in self.keys:
            raise refused("Encrypt", "NotFoundException", f"Key '{key}' does not exist")
        sealed = self._new_id().encode()
        self._sealed[sealed] = _Sealed(
            key, bytes(arguments["Plaintext"]), dict(arguments.get("EncryptionContext", {}))
        )
        return {"CiphertextBlob": sealed, "KeyId": key, **_ALGORITHM}

    def decrypt(self, arguments: Mapping[str, Any]) -> Answer:
        """Open a seal."""
        found = self._sealed.get(bytes(arguments["CiphertextBlob"]))
        if found is None or found.context != arguments.get("EncryptionContext", {}):
            raise refused("Decrypt", "InvalidCiphertextException")
        if arguments.get("KeyId", found.key) != found.key:
            raise refused(
                "Decrypt", "IncorrectKeyException",
                "The key ID in the request does not identify a CMK that can perform this operation.",
            )  # fmt: skip
        return {"KeyId": found.key, "Plaintext": found.plaintext, **_ALGORITHM}
