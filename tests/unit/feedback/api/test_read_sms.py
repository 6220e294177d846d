"""Replies read on a command line."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from feedback.api.read_sms import main


def said(*lines: Any, options: tuple[str, ...] = ()) -> tuple[int, list[dict[str, str]]]:
    out = io.StringIO()
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    status = main(options, [f"{text}\n" for text in texts], out)
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_line_has_its_outcome() -> None:
    status, outcomes = said(
        {"text": "8"},
        {"text": "yes", "stage": "call"},
        {"text": "y", "stage": "call", "language": "es", "right": ["ask"]},
        {"text": "STOP"},
        {"text": "¿ayuda?"},
        "",
        {"text": "Liked “8”"},
    )
    assert status == 0
    assert [o["outcome"] for o in outcomes] == ["8", "yes", "ask", "stop", "help", "ignore"]


def test_options_hold_for_lines_that_say_nothing_else() -> None:
    options = ("--stage", "call", "--language", "es")
    assert said({"text": "s"}, {"text": "8", "stage": "score"}, options=options)[1] == [
        {"outcome": "yes"},
        {"outcome": "8"},
    ]


def test_a_line_that_cannot_be_read_is_named_and_stops_no_other() -> None:
    bad = [
        "{",
        "[" * 50_000,
        "[]",
        '{"text": 8}',
        "{}",
        '{"text": "8", "stage": "x"}',
        '{"text": "8", "language": "xx"}',
    ]
    status, outcomes = said(*bad, {"text": "8"})
    assert status == 1
    assert [o["error"].partition(":")[0] for o in outcomes[:-1]] == [f"line {n + 1}" for n in range(len(bad))]
    assert "en" in outcomes[6]["error"]
    assert outcomes[-1] == {"outcome": "8"}


def test_an_unknown_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--stage", "--language"):
        with pytest.raises(SystemExit):
            said(options=(option, "unknown"))
        assert "unknown" in capsys.readouterr().err


def test_an_answer_comes_before_the_next_line() -> None:
    """So that it can be talked to."""
    out = io.StringIO()

    def typed() -> Iterator[str]:
        yield '{"text": "8"}\n'
        assert out.getvalue() == '{"outcome": "8"}\n'
        yield '{"text": "9"}\n'

    assert main((), typed(), out) == 0
