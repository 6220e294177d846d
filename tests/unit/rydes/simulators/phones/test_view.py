"""A phone on the terminal: what is seen of a conversation, typed and piped."""

import io
import time
from collections.abc import Callable, Iterator, Sequence
from typing import cast

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.simulators.phones import view
from infra.rydes.simulators.phones.client import Phone
from infra.rydes.simulators.phones.keyboard import hold
from infra.rydes.simulators.phones.model import Sms
from infra.rydes.simulators.phones.transcript import Note, Transcript

QUESTION = "Wild Rydes: how was your ride? Reply with a number from 1 (awful) to 10 (magical)."


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def sms(text: str, *, ours: bool = True, at: float | None = None, parts: int = 1) -> Sms:
    return Sms("id", "+14255550143", text, ours, time.time() if at is None else at, "+12065550100", {}, parts)


class FakePhone:
    """A phone that is answered at once, with what `answer` makes of a reply; None: with nothing."""

    number = "+14255550143"

    def __init__(self, *messages: Sms, answer: Callable[[str], str | None] = lambda _: None) -> None:
        self.sms = list(messages)
        self.said: list[str] = []
        self.gone = False
        self._answer = answer

    def messages(self) -> list[Sms]:
        if self.gone:
            raise LocalCloudError("The cloud has gone.", "Start it")
        return list(self.sms)

    def say(self, text: str) -> None:
        self.said.append(text)
        self.sms.append(sms(text, ours=False))
        if answer := self._answer(text):
            self.sms.append(sms(answer))


def phone(fake: FakePhone) -> Phone:
    return cast("Phone", fake)


def screen(width: int = 80) -> tuple[Console, Callable[[], list[str]]]:
    """A terminal, and what is on it."""
    out = io.StringIO()
    return Console(file=out, width=width), lambda: [line.rstrip() for line in out.getvalue().splitlines()]


def nothing(_: Sequence[Sms]) -> Note:
    return Note("", "")


def test_a_transcript_says_when_who_and_what_and_keeps_its_margin() -> None:
    today = time.time() // 86400 * 86400  # midnight
    messages = [sms(QUESTION, at=today + 37265), sms("8 😀", ours=False, at=today + 37266, parts=2)]
    wide, narrow = screen(80), screen(40)
    for console, _ in (wide, narrow):
        Transcript(console).show(messages)
    assert wide[1]() == [
        "10:21:05 Wild Rydes ◀ Wild Rydes: how was your ride? Reply with a number from 1",
        "                      (awful) to 10 (magical).",
        "10:21:06 you        ▶ 8 😀  (2 parts)",
    ]
    assert narrow[1]() == [
        "10:21:05 Wild Rydes ◀",
        "  Wild Rydes: how was your ride? Reply",
        "  with a number from 1 (awful) to 10",
        "  (magical).",
        "10:21:06 you ▶",
        "  8 😀  (2 parts)",
    ]


def test_another_day_stands_above_its_messages() -> None:
    console, lines = screen()
    Transcript(console).show([sms("a", at=0), sms("b", at=1), sms("c", at=86400), sms("d")])
    assert [line.split()[-1] for line in lines()] == ["1970", "a", "b", "1970", "c", "d"]


def test_each_sms_is_shown_once_and_each_topic_noted_once() -> None:
    console, lines = screen()
    transcript, first, second = Transcript(console), sms("one"), sms("two")
    for shown, note in (
        ([first], Note("open", "x")),
        ([first], Note("open", "y")),
        ([first, second], Note("ended", "z")),
    ):
        transcript.show(shown)
        transcript.note(note)
    assert [line[22:] or line for line in lines() if "—" not in line] == ["one", "two"]
    assert [line for line in lines() if "—" in line] == ["— x —", "— z —"]


def test_lines_from_a_pipe_are_sent_one_after_the_other_is_answered() -> None:
    def answer(text: str) -> str:
        return {"3": "Shall we call you?", "yes": "We will call."}[text]

    fake = FakePhone(sms(QUESTION), answer=answer)
    console, lines = screen()
    view.relay(
        phone(fake), ["3\n", "\n", "yes\n"], lambda _: Note("r", "the conversation has ended"), console
    )
    assert fake.said == ["3", "yes"]
    assert ["▶" in line for line in lines()[2:6]] == [True, False, True, False]
    assert lines()[-1] == "— the conversation has ended —"


def test_a_pipe_goes_on_when_nothing_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "_SECONDS_TO_ANSWER", 0.0)
    fake = FakePhone(sms(QUESTION))
    console, _ = screen()
    view.relay(phone(fake), ["STOP", "9"], nothing, console)
    assert fake.said == ["STOP", "9"]


def test_a_phone_that_nobody_has_written_to_waits_for_nobody() -> None:
    fake = FakePhone()
    console, lines = screen()
    view.relay(phone(fake), ["hello?"], nothing, console)
    assert fake.said == ["hello?"]
    assert lines()[0].endswith("you        ▶ hello?")


def test_a_scripted_conversation_needs_its_sms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "_SECONDS_TO_COME", 0.0)
    with pytest.raises(LocalCloudError, match="No SMS came"):
        view.converse(phone(FakePhone()), ["9"], screen()[0])
    fake = FakePhone(sms(QUESTION), answer=lambda _: "Thanks!")
    view.converse(phone(fake), ["9"], screen()[0])
    assert fake.said == ["9"]


@pytest.mark.parametrize("end", ["\x04", "\x03"], ids=["ctrl-d", "ctrl-c"])
def test_what_is_typed_is_sent_and_the_phone_is_put_away_quietly(end: str) -> None:
    fake = FakePhone(sms(QUESTION))
    console, lines = screen()
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        keys.send_text(f" 8 \n\n{end}")
        hold(phone(fake), nothing, console)
    assert fake.said == ["8"]
    assert lines()[0].startswith(time.strftime("%H:", time.localtime(fake.sms[0].at)))


def test_a_cloud_that_goes_away_ends_the_typing() -> None:
    fake = FakePhone()
    fake.gone = True
    with (
        create_pipe_input() as keys,
        create_app_session(input=keys, output=DummyOutput()),
        pytest.raises(LocalCloudError, match="gone"),
    ):
        hold(phone(fake), nothing, screen()[0])
