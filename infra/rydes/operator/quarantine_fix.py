"""Another body for a parked message: with some fields changed, from a file, or from an editor."""

import copy
import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.operator.quarantine import Parked
from infra.rydes.operator.quarantine_contents import content, without_phone_numbers

_OF_AN_EVENT: Final = ("data", "metadata")
"""Paths of problems begin with these. In an event they are in its detail."""


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
    return json.dumps(document, ensure_ascii=False)


def _set(document: Any, steps: list[str], value: str, path: str) -> None:  # noqa: ANN401 - any JSON value
    *way, last = steps
    try:
        for step in way:
            document = document[int(step) if isinstance(document, list) else step]
        key: Any = int(last) if isinstance(document, list) else last
        before = document[key] if isinstance(document, list) else document.get(key)
        document[key] = value if isinstance(before, str) else _value(value)
    except (AttributeError, LookupError, TypeError, ValueError):
        raise LocalCloudError(
            f"There is no {path}.", "`uv run rydes quarantine show` shows the message."
        ) from None


def _value(text: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(text)
    except ValueError:
        return text


def from_editor(message: Parked, *, reveal: bool) -> str:
    """Have a person edit the body in $EDITOR.

    Raises:
        LocalCloudError: the body has phone numbers, which nobody asked to see, or the editor fails.
    """
    found = content(message.body)
    if not reveal and without_phone_numbers(found) != found:
        raise LocalCloudError(
            "The message has phone numbers.", "Say --reveal to edit it, or change fields with --set."
        )
    pretty = json.dumps(found, indent=2, ensure_ascii=False) if not isinstance(found, str) else found
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory() as directory:  # which only its owner may read
        file = Path(directory) / "message.json"
        file.write_text(pretty)
        try:
            subprocess.run([*shlex.split(editor), str(file)], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise LocalCloudError(f"{editor} has failed.", "Set EDITOR to another one.") from error
        edited = content(file.read_text())
    return edited if isinstance(edited, str) else json.dumps(edited, ensure_ascii=False)
