"""What people type, and what we make of it. `replies/` has one reply a line, as `rydes sms read` takes them.

`right` lists the outcomes that a reasonable reader accepts; `!stop` is anything but an opt-out.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from feedback.domain.reading.patterns import patterns
from feedback.domain.reading.reply import Question, read

FILES = sorted(Path(__file__).with_name("replies").glob("*.jsonl"))
QUICK = {"handed", "siblings"}
"""What `make test-fast` reads, too: each kind of reply there is."""
QUESTIONS: dict[str, Question] = {"score": "score", "call": "yes-no"}
LARGEST_SHARE = {"missed": 0.03, "asked again": 0.05}


def kind_of(right: list[str]) -> str:
    first = right[0]
    return (
        "score"
        if first.isdigit()
        else "yes/no"
        if first in ("yes", "no")
        else "stop"
        if first == "stop"
        else "other"
    )


def verdict_on(found: str, right: list[str]) -> str:
    if found in right or ("!stop" in right and found != "stop"):
        return "right"
    if found in ("ask", "ignore", "help", "start"):
        return "missed" if right[0] == "stop" else "asked again" if kind_of(right) != "other" else "other"
    return "wrong"


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(file, marks=() if file.stem in QUICK else pytest.mark.slow, id=file.stem)
        for file in FILES
    ],
)
def test_replies_are_understood(file: Path) -> None:
    table: Counter[tuple[str, str]] = Counter()
    mistakes = []
    for line in file.read_text().splitlines():
        reply = json.loads(line)
        if reply["language"] not in patterns():
            continue
        found = str(read(reply["text"], QUESTIONS[reply["stage"]], reply["language"]))
        verdict = verdict_on(found, reply["right"])
        table[kind_of(reply["right"]), verdict] += 1
        if verdict != "right":
            mistakes.append(
                f"{verdict}: {reply['text']!r} ({reply['stage']}) is {found}, not {reply['right']}"
            )
    for (kind, verdict), count in sorted(table.items()):
        print(f"{kind:8} {verdict:12} {count:4}")  # noqa: T201 - the figures of the targets
    shown = "\n".join(mistakes)
    assert not sum(count for (_, verdict), count in table.items() if verdict == "wrong"), shown
    for kind, verdict in (("stop", "missed"), ("score", "asked again"), ("yes/no", "asked again")):
        of_kind = sum(count for (counted, _), count in table.items() if counted == kind)
        assert table[kind, verdict] <= LARGEST_SHARE[verdict] * of_kind, shown
