"""Another body for a parked message: with some fields changed, from a file, or from an editor."""

import copy
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.operator.dead_letter_contents import content, without_personal_data
from infra.rydes.operator.dead_letters import Parked
from infra.rydes.operator.printable import printable
from wild_rydes_messaging.attributes import size as size_of
from wild_rydes_messaging.send import MAX_BYTES

_OF_AN_EVENT: Final = ("data", "metadata")
"""Paths of problems begin with these. In an event they are in its detail."""
_REFUSED: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that SQS takes in no message."""


def with_changes(body: str, changes: Iterable[str]) -> str:
    """Set fields: `data.price.amount=12.50`. A text stays a text; anything else is read as JSON, if it is JSON.

    Raises:
        LocalCloudError: a change cannot be read, or leads nowhere.
    """
    document = copy.deepcopy(content(body))
    for change in changes:
        path, equals, value = change.partition("=")
        if not equals or not path:
            raise LocalCloudError(f"{change} sets nothing.", "Write --set data.price.amount=12.50")
        first, *others = path.split(".")
        in_detail = isinstance(document, dict) and "detail" in document and first in _OF_AN_EVENT
        _set(document["detail"] if in_detail else document, [first, *others], value, path)
    return json.dumps(document)  # in ASCII, because SQS takes no lone surrogates


def _set(document: Any, steps: list[str], value: str, path: str) -> None:  # noqa: ANN401 - any JSON value
    *way, last = steps
    try:
        for step in way:
            document = document[int(step) if isinstance(document, list) else step]
        key: Any = int(last) if isinstance(document, list) else last
        before = document[key] if isinstance(document, list) else document.get(key)
        document[key] = value if isinstance(before, str) else _value(value)
    except (AttributeError, LookupError, TypeError, ValueError):
        raise LocalCloudError(f"There is no {path}.", "`uv run rydes dlq show` shows the message.") from None


def _value(text: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(text)
    except ValueError:
        return text


def from_editor(message: Parked, *, reveal: bool) -> str:
    """Have a person edit the body in $EDITOR.

    Raises:
        LocalCloudError: the body has personal data, which nobody asked to see, or the editor fails.
    """
    found = content(message.body)
    if not reveal and without_personal_data(found) != found:
        raise LocalCloudError(
            "The message has personal data.", "Say --reveal to edit it, or change fields with --set."
        )
    pretty = json.dumps(found, indent=2, ensure_ascii=False) if not isinstance(found, str) else found
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory() as directory:  # which only its owner may read
        file = Path(directory) / "message.json"
        file.write_text(printable(pretty), encoding="utf-8")
        try:
            subprocess.run([*shlex.split(editor), str(file)], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise LocalCloudError(f"{editor} has failed.", "Set EDITOR to another one.") from error
        text = _decoded(file.read_bytes(), "What the editor has written")
    edited = content(text)
    return edited if isinstance(edited, str) else json.dumps(edited)


def from_file(name: str) -> str:
    """Read a body from a file, or from stdin, whose name is `-`.

    Raises:
        LocalCloudError: the file cannot be read, or is not UTF-8.
    """
    try:
        written = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise LocalCloudError(f"{name} cannot be read: {error.strerror}.", "Name another file.") from error
    return _decoded(written, "stdin" if name == "-" else name)


def _decoded(written: bytes, name: str) -> str:
    try:
        return written.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LocalCloudError(
            f"{name} is not UTF-8: byte {error.start + 1} is wrong.", "Save it as UTF-8."
        ) from None


def as_event(message: Parked, text: str) -> str:
    """Put a detail that stands for a whole event into the event that is parked. Any other text stays the same."""
    old, new = content(message.body), content(text)
    bare = isinstance(new, dict) and new.keys() == set(_OF_AN_EVENT)
    whole = isinstance(old, dict) and "detail-type" in old and "detail" in old
    return json.dumps(old | {"detail": new}) if bare and whole else text


def check_sendable(message: Parked, text: str) -> None:
    """Make sure that SQS takes the body, together with the message's attributes.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html

    Raises:
        LocalCloudError: it is empty or too large, or has characters that no message may have.
    """
    if not text.strip():
        raise LocalCloudError("The body is empty.", "Say what the message should be.")
    if bad := _REFUSED.search(text):
        raise LocalCloudError(
            f"The body has the character U+{ord(bad[0]):04X}, which SQS refuses.",
            rf"Take it out, or write it as \u{ord(bad[0]):04x} in a text of JSON.",
        )
    if (size := len(text.encode()) + size_of(message.raw)) > MAX_BYTES:
        raise LocalCloudError(
            f"With its attributes it would have {size:,} bytes; SQS takes {MAX_BYTES:,}.", "Make it shorter."
        )
