"""Read replies from standard input, for authors of language files: `python -m feedback.api.read_sms --stage score`.

Each line is a JSON object `{"text": …}`; its `stage` and `language` win over the options. For each, a line
`{"outcome": …}` is printed at once. For a line that cannot be read it is `{"error": …}`, and the exit status is 1.
"""

import argparse
import io
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from pydantic import BaseModel, ConfigDict, ValidationError

from feedback.domain.flow import flow
from feedback.domain.language import DEFAULT
from feedback.domain.reading.patterns import patterns
from feedback.domain.reading.reply import read


class Line(BaseModel):
    """A reply, and the question that it answers. Other keys, as in test data, are left alone."""

    model_config = ConfigDict(strict=True)

    text: str
    stage: str
    language: str


def outcomes(lines: Iterable[str], *, stage: str, language: str) -> Iterator[dict[str, str]]:
    """Read each line. An empty one is skipped."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield {"outcome": _outcome(line, {"stage": stage, "language": language})}
            except ValueError as error:
                yield {"error": f"line {number}: {error}"}


def _outcome(line: str, options: dict[str, str]) -> str:
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(given, dict):
        raise ValueError("not a JSON object")
    try:
        reply = Line.model_validate(options | given)
    except ValidationError as error:
        raise ValueError("; ".join(f"{e['loc'][0]}: {e['msg']}" for e in error.errors())) from None
    _check(reply.stage, reply.language)
    return str(read(reply.text, flow().stages[reply.stage].accepts, reply.language))


def _check(stage: str, language: str) -> None:
    for name, value, known in (("stage", stage, flow().stages), ("language", language, patterns())):
        if value not in known:
            raise ValueError(f"{name} {value!r} is none of {', '.join(sorted(known))}")


def main(arguments: Sequence[str], lines: Iterable[str], out: TextIO) -> int:
    """Print the outcome of each line as soon as it comes. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="rydes sms read", description="Read replies as JSON lines.")
    parser.add_argument("--stage", choices=sorted(flow().stages), default=flow().first)
    parser.add_argument("--language", choices=sorted(patterns()), default=DEFAULT)
    options = parser.parse_args(arguments)
    status = 0
    for outcome in outcomes(lines, stage=options.stage, language=options.language):
        status |= "error" in outcome
        out.write(json.dumps(outcome, ensure_ascii=False) + "\n")
        out.flush()
    return status


if __name__ == "__main__":
    replies = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace")
    sys.exit(main(sys.argv[1:], replies, sys.stdout))
