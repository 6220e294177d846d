"""What is wrong with a message: each field, and what was expected there. Never a value, which may be personal data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

_LONGEST_TEXT = 800

# What pydantic says of these has a part of the value in it.
_QUOTED = frozenset({"error", "encoding_error", "tag"})

_JSON_TYPES = {
    "tuple_type": "an array",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
"""What pydantic names by Python's types."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A wrong field, by its path such as `data.price.amount`, and what it should be. The whole message has no path."""

    path: str
    expected: str

    def __str__(self) -> str:
        return f"{self.path}: {self.expected}" if self.path else self.expected


class InvalidMessage(ValueError):
    """No valid message. The text names each wrong field and what was expected; `problems` has them one by one."""

    def __init__(self, what: str, problems: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{what}: {listed(problems)}" if problems else what)


def problems_of(error: ValidationError, content: object = None) -> tuple[Problem, ...]:
    """List what pydantic finds wrong. With the `content` that it looked at, paths are those of its fields alone.

    Otherwise they also name alternatives of unions.
    """
    return tuple(
        Problem(
            ".".join(_steps(wrong["loc"], content)), _expected(wrong["type"], wrong["msg"], wrong.get("ctx"))
        )
        for wrong in error.errors(include_url=False, include_input=False)
    )


def listed(problems: Sequence[Problem]) -> str:
    """Write problems on one line: all of them, or as many as fit, and how many more there are."""
    text = ""
    for number, problem in enumerate(problems):
        more = f"{'; ' if text else ''}{problem}"
        if text and len(text) + len(more) > _LONGEST_TEXT:
            return f"{text}; and {len(problems) - number} more"
        text += more
    return text


def _steps(location: tuple[int | str, ...], content: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """Go down to the field. A step that leads nowhere is the name of an alternative, unless it is the last."""
    for number, step in enumerate(location, 1):
        if isinstance(content, dict) and step not in content and number < len(location):
            continue
        yield str(step)
        try:
            content = content[step]
        except (LookupError, TypeError):
            content = None


def _expected(kind: str, message: str, context: dict[str, Any] | None) -> str:
    if kind == "missing":
        return "is missing"
    context = context or {}
    if kind == "union_tag_invalid":
        return f"{context['discriminator'].strip(chr(39))} should be one of {context['expected_tags']}"
    if kind in _JSON_TYPES:
        return f"should be {_JSON_TYPES[kind]}"
    if _QUOTED & context.keys():
        message = message.partition(",")[0]
    return message.removeprefix("Input ")
