"""What SQS takes as a message, and the digests that it answers with.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
"""

import re
from collections.abc import Mapping
from hashlib import md5
from struct import pack
from typing import Any, Final

from tests.simulation.aws.queues import Attributes, Queue

LONGEST_DELAY: Final = 900
MOST_ATTRIBUTES: Final = 10
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME: Final = re.compile(r"(?!(?i:aws|amazon)\.)(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)")
_TYPE: Final = re.compile(r"(String|Number|Binary)(\..+)?")
_NUMBER: Final = re.compile(r"[+-]?(?=\.?\d)\d*\.?\d*([eE][+-]?\d+)?")


class Invalid(Exception):
    """SQS refuses the message. `code` is AWS's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def check(queue: Queue, body: str, attributes: Attributes, delay: int) -> None:
    """Raise Invalid unless the queue takes such a message."""
    if not body:
        raise Invalid("MissingParameter", "The request must contain the parameter MessageBody.")
    if forbidden(body):
        raise Invalid(
            "InvalidMessageContents", "Invalid binary character was found in the message body, "
            "the set of allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | "
            "#x10000 to #x10FFFF",
        )  # fmt: skip
    if not 0 <= delay <= LONGEST_DELAY:
        raise _invalid(
            f"Value {delay} for parameter DelaySeconds is invalid. "
            f"Reason: DelaySeconds must be >= 0 and <= {LONGEST_DELAY}."
        )
    if attributes:
        _check_attributes(attributes)
    if size(body, attributes) > queue.max_bytes:
        raise _invalid(
            f"One or more parameters are invalid. Reason: Message must be shorter than {queue.max_bytes} bytes."
        )


def forbidden(text: str) -> bool:
    """Tell whether a text has characters that SQS refuses."""
    return not (text.isascii() and text.isprintable()) and _FORBIDDEN.search(text) is not None


def size(body: str, attributes: Attributes) -> int:
    """Count the bytes of a message as SQS does."""
    bytes_ = len(body) if body.isascii() else len(body.encode(errors="surrogatepass"))
    for name, value in attributes.items():
        bytes_ += len(name.encode()) + len(value["DataType"].encode()) + len(_content(value))
    return bytes_


def digest(body: str) -> str:
    """Make the digest of a body."""
    return md5(body.encode(), usedforsecurity=False).hexdigest()


def digest_of_attributes(attributes: Attributes) -> str:
    """Make the digest of attributes.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
    """
    parts = []
    for name in sorted(attributes):
        value = attributes[name]
        kind = b"\x02" if "BinaryValue" in value else b"\x01"
        name_, type_, content = name.encode(), value["DataType"].encode(), _content(value)
        parts += [_counted(name_), _counted(type_), kind, _counted(content)]
    return md5(b"".join(parts), usedforsecurity=False).hexdigest()


def _counted(content: bytes) -> bytes:
    return pack("!I", len(content)) + content


def _content(attribute: Mapping[str, Any]) -> bytes:
    if "BinaryValue" in attribute:
        return bytes(attribute["BinaryValue"])
    return str(attribute.get("StringValue", "")).encode(errors="surrogatepass")


def _check_attributes(attributes: Attributes) -> None:
    if len(attributes) > MOST_ATTRIBUTES:
        raise _invalid(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{MOST_ATTRIBUTES}]."
        )
    for name, value in attributes.items():
        if not _NAME.fullmatch(name):
            raise _invalid(f"The message attribute name '{name}' is invalid.")
        type_ = _TYPE.fullmatch(value.get("DataType", ""))
        if not type_:
            raise _invalid(
                f"The type of message (user) attribute '{name}' is invalid. "
                "You must use only the following supported type prefixes: Binary, Number, String."
            )
        text = value.get("StringValue", "")
        if not value.get("BinaryValue" if type_[1] == "Binary" else "StringValue"):
            raise _invalid(f"Message (user) attribute '{name}' must contain a non-empty value of its type.")
        if forbidden(text):
            raise _invalid(f"Message (user) attribute '{name}' has an invalid character.")
        if type_[1] == "Number" and not _NUMBER.fullmatch(text):
            raise _invalid(f"Can't cast the value of message (user) attribute '{name}' to a number.")


def _invalid(message: str) -> Invalid:
    return Invalid("InvalidParameterValue", message)
