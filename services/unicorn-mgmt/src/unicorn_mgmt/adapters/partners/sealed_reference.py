"""The reference that a partner quotes when it calls back: the sealed metadata of our message.

So nothing needs to be stored between question and answer.
"""

import base64
import binascii
import hashlib
import hmac

from wild_rydes_contracts import Metadata


class Forged(Exception):
    """A callback that the partner has not sent, or a reference that is not ours or not for this partner."""


def seal(metadata: Metadata, partner_id: str, key: str) -> str:
    """Make a reference for a partner. `key` is ours alone: the partner cannot make a reference."""
    content = metadata.model_dump_json(exclude_none=True).encode()
    return f"{_text(content)}.{_text(_mac(content, partner_id, key))}"


def unseal(reference: str, partner_id: str, key: str) -> Metadata:
    """Return the sealed metadata. Raises Forged."""
    content, _, mac = reference.partition(".")
    try:
        found = base64.urlsafe_b64decode(content)
        genuine = hmac.compare_digest(base64.urlsafe_b64decode(mac), _mac(found, partner_id, key))
    except (binascii.Error, ValueError):
        genuine = False
    if not genuine:
        raise Forged
    return Metadata.model_validate_json(found)


def _mac(content: bytes, partner_id: str, key: str) -> bytes:
    return hmac.digest(key.encode(), partner_id.encode() + b"." + content, hashlib.sha256)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()
