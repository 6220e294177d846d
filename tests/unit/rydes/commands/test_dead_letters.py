"""Messages that services have parked, as a person looks at them, corrects them and sends them back."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aws_lambda_powertools import Logger, Metrics
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from infra.naming import BUS_NAME_PARAMETER, Names
from infra.rydes.cli import app
from infra.rydes.cloud.system import System
from infra.rydes.operator.dead_letter_contents import problems
from infra.rydes.operator.dead_letter_way_back import NoWayBack, way_back
from infra.rydes.operator.dead_letters import Parked, delete, held
from tests.support import aws
from tests.support.fake_account import refused
from wild_rydes_contracts import (
    Event,
    RfqRequested,
    RfqResponse,
    RideCompleted,
    RideRejected,
    rule_pattern,
)
from wild_rydes_contracts.fakes import fake, in_a_queue, on_the_bus
from wild_rydes_messaging.consume import Consumer
from wild_rydes_messaging.errors import Unprocessable
from wild_rydes_messaging.parking import ParkingLot

QUEUE, DLQ = "feedback-rides", "feedback-rides-dlq"
PHONE = "+12065550142"
NAMES = Names("dev")


class There(System):
    """The environment `dev` in moto's account, with some clients of the test's own."""

    HOW_TO_DEPLOY = ""

    def __init__(self, names: Names = NAMES, /, **clients: Any) -> None:
        super().__init__(names)
        self._clients |= clients

    def _make_client(self, service: str) -> Any:
        return aws.client(service)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The URLs of its queues by their plain names."""
    for module in ("dead_letters", "dead_letter_moves"):
        monkeypatch.setattr(f"infra.rydes.commands.{module}.system", lambda **_: There())
    with aws.account():
        sqs = aws.client("sqs")
        names = (
            QUEUE,
            DLQ,
            "feedback-outbox-dlq",
            "wild-rydes-reply-ride-booking",
            "wild-rydes-reply-ride-booking-dlq",
        )
        aws.client("ssm").put_parameter(Name=NAMES.of(BUS_NAME_PARAMETER), Value="bus", Type="String")
        yield {name: sqs.create_queue(QueueName=NAMES.of(name))["QueueUrl"] for name in names}


def lot(url: str) -> ParkingLot:
    return ParkingLot(
        aws.client("sqs"),
        url,
        logger=Logger(service="test"),
        metrics=Metrics(namespace="test", service="test"),
    )


def parks(urls: dict[str, str], *bodies: object) -> None:
    """A consumer of version 1 gets these."""
    consumer: Consumer[Event] = Consumer(
        RideCompleted,
        sqs=aws.client("sqs"),
        parking_lot=lot(urls[DLQ]),
        logger=Logger(service="test"),
        metrics=Metrics(namespace="test", service="test"),
        max_attempts=5,
    )
    batch = consumer.receive(in_a_queue(*bodies, queue=NAMES.of(QUEUE)))  # type: ignore[arg-type]
    assert list(batch) == []
    batch.settle()


def poison(ride: str = "r-1") -> dict[str, Any]:
    event = on_the_bus(fake(RideCompleted, ride_id=ride))
    event["detail"]["data"] |= {"customer_id": PHONE, "completed_at": "yesterday"}
    return event


def rydes(*arguments: str, typed: str = "", **environment: str) -> Result:
    return CliRunner().invoke(app, ["dlq", *arguments], input=typed, env=environment or None)


def listed() -> list[dict[str, Any]]:
    result = rydes("list", "--json")
    assert result.exit_code == 0, result.output
    rows: list[dict[str, Any]] = json.loads(result.stdout)
    return rows


def bodies(url: str) -> list[str]:
    """What whoever looks right now can see."""
    found: list[str] = []
    while more := aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"] for message in more]
    return found


def test_all_that_is_parked_is_listed_and_nothing_stays_hidden(account: dict[str, str]) -> None:
    for i in range(0, 24, 8):
        parks(account, *[poison(f"r-{j}") for j in range(i, i + 8)])
    rows = listed()
    assert len({row["id"] for row in rows}) == 24
    assert {
        (row["queue"], row["type"], row["correlation_id"], row["error"], row["attempts"]) for row in rows
    } == {(DLQ, "RideCompleted", "rfq-1", "Unprocessable", 1)}
    assert all(row["reason"].startswith("no valid RideCompleted.v1: data.customer_id: ") for row in rows)
    assert all(0 <= row["age_seconds"] < 600 for row in rows)
    assert len(bodies(account[DLQ])) == 24, "whoever looks next sees all"
    # Now others look at them.
    result = rydes("list")
    assert result.exit_code == 0
    assert "24 more in feedback-rides-dlq are being looked at by others" in result.stderr
    assert "Nothing is parked" not in result.stdout


def test_a_person_reads_a_list_and_one_message(account: dict[str, str]) -> None:
    assert "Nothing is parked." in rydes("list").stdout
    parks(account, poison())
    [row] = listed()
    assert row["id"][:8] in rydes("list", "--each", "--queue", QUEUE).stdout
    assert "There is no dead-letter queue other-dlq" in rydes("list", "--queue", "other").stderr

    shown = rydes("show", row["id"][:8]).stdout
    assert "data.customer_id: String should match pattern" in shown
    assert "data.completed_at: should be a valid datetime or date" in shown
    assert "the queue feedback-rides" in shown
    assert '"customer_id": "…42"' in shown
    assert PHONE not in shown
    assert PHONE in rydes("show", row["id"], "--reveal").stdout

    document = json.loads(rydes("show", row["id"], "--json").stdout)
    assert [problem["path"] for problem in document["problems"]] == ["data.customer_id", "data.completed_at"]
    assert document["attributes"]["queue"] == NAMES.of(QUEUE)
    assert document["body"]["detail"]["data"]["ride_id"] == "r-1"
    assert "No message is parked under 00" in rydes("show", "00000000").stderr


def test_a_message_is_corrected_and_handled_again(account: dict[str, str]) -> None:
    parks(account, poison())
    [row] = listed()
    stays = rydes("replay", row["id"])
    assert stays.exit_code == 1
    assert "stays: it is not valid: data.customer_id" in stays.stderr

    half = rydes("fix", row["id"], "--set", "data.customer_id=c-1")
    assert half.exit_code == 1
    assert "still not be valid: data.completed_at: should be a valid datetime or date" in half.stderr
    assert [row["id"]] == [each["id"] for each in listed()]

    changes = ("--set", "data.customer_id=c-1", "--set", "data.completed_at=2026-11-26T12:00:00Z")
    fixed = rydes("fix", row["id"], *changes)
    assert fixed.exit_code == 0, fixed.output
    [new] = listed()
    assert fixed.stdout.endswith(f"uv run rydes dlq replay {new['id'][:8]}\n")
    assert (new["reason"], new["attempts"]) == (row["reason"], 1), "why it was parked is still known"

    back = rydes("replay", new["id"][:8])
    assert (back.exit_code, back.stdout) == (
        0,
        "1 → the queue feedback-rides\n1 replayed, 0 stayed.\n",
    )
    assert listed() == []
    [body] = bodies(account[QUEUE])
    expected = poison()
    expected["detail"]["data"] |= {"customer_id": "c-1", "completed_at": "2026-11-26T12:00:00Z"}
    assert json.loads(body) == expected


def test_a_body_comes_from_a_file_from_stdin_or_from_an_editor(
    account: dict[str, str], tmp_path: Path
) -> None:
    good = json.dumps(on_the_bus(fake(RideCompleted)))
    parks(account, "no JSON at all", poison())
    file = tmp_path / "good.json"
    file.write_text(good)
    garbage, ride = sorted(listed(), key=lambda row: str(row["type"]))
    assert garbage["reason"] == "not JSON"
    assert rydes("fix", garbage["id"], "--body", str(file)).exit_code == 0

    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\ngrep -q {PHONE} "$1" && cp {file} "$1"\n')
    editor.chmod(0o700)
    refused_ = rydes("fix", ride["id"], VISUAL=str(editor))
    assert "The message has personal data" in refused_.stderr
    assert rydes("fix", ride["id"], "--reveal", VISUAL=str(editor)).exit_code == 0
    assert rydes("fix", listed()[0]["id"], "--body", "-", typed=good).exit_code == 0
    assert "cannot be read" in rydes("fix", listed()[0]["id"], "--body", "none.json").stderr
    assert rydes("replay", "--queue", QUEUE).exit_code == 0
    assert [json.loads(body) for body in bodies(account[QUEUE])] == [json.loads(good)] * 2


def test_force_takes_what_is_not_valid(account: dict[str, str]) -> None:
    parks(account, poison())
    [row] = listed()
    assert rydes("fix", row["id"], "--set", "data.customer_id=c-1", "--force").exit_code == 0
    assert rydes("replay", "--all").exit_code == 1
    assert rydes("replay", "--all", "--force").exit_code == 0
    assert len(bodies(account[QUEUE])) == 1


def test_redrive_wants_to_know_which(account: dict[str, str]) -> None:
    for arguments in ([], ["--all", "--queue", QUEUE], ["1234", "--all"]):
        result = rydes("replay", *arguments)
        assert result.exit_code == 1
        assert "Say which messages" in result.stderr


def test_what_a_publisher_has_parked_goes_to_the_bus(account: dict[str, str]) -> None:
    events = aws.client("events")
    events.create_event_bus(Name=NAMES.of("wild-rydes"))
    rule = {"Name": "rides", "EventBusName": NAMES.of("wild-rydes")}
    events.put_rule(**rule, EventPattern=json.dumps(rule_pattern(RideRejected)))
    target = {"Id": "1", "Arn": f"arn:aws:sqs:{aws.REGION}:123456789012:{NAMES.of(QUEUE)}"}
    events.put_targets(Rule="rides", EventBusName=rule["EventBusName"], Targets=[target])
    sent = fake(RideRejected)
    lost = sent.model_copy(update={"data": sent.data.model_copy(update={"reason": "No!"})})
    lot(account["feedback-outbox-dlq"]).park_message(
        lost, Unprocessable("no valid RideRejected.v1"), queue="bus"
    )

    [row] = listed()
    assert (row["queue"], row["type"], row["correlation_id"]) == (
        "feedback-outbox-dlq",
        "RideRejected",
        "rfq-1",
    )
    assert rydes("fix", row["id"], "--set", "data.reason=No reason at all!").exit_code == 1
    assert rydes("fix", row["id"], "--set", "data.reason=timeout").exit_code == 0
    assert "→ the bus\n" in rydes("replay", "--all").stdout
    [body] = [json.loads(body) for body in bodies(account[QUEUE])]
    assert (body["detail-type"], body["detail"]["data"]["reason"]) == ("RideRejected", "timeout")
    assert listed() == []


def test_an_answer_is_held_to_its_contract_and_goes_to_its_return_address(account: dict[str, str]) -> None:
    url = account["wild-rydes-reply-ride-booking-dlq"]
    answer = json.loads(fake(RfqResponse).to_json())
    answer["data"]["asked"] = "u-1"
    lot(url).park(json.dumps(answer), Unprocessable("why"), queue=NAMES.of("wild-rydes-reply-ride-booking"))
    [row] = listed()
    assert row["type"] == "RfqResponse"
    document = json.loads(rydes("show", row["id"], "--json").stdout)
    assert [problem["path"] for problem in document["problems"]] == ["data.asked"]
    assert rydes("fix", row["id"], "--set", 'data.asked=["u-1"]').exit_code == 1, "a text stays a text"
    answer["data"]["asked"] = ["u-1"]
    assert rydes("fix", row["id"], "--body", "-", typed=json.dumps(answer)).exit_code == 0
    assert rydes("replay", "--all").exit_code == 0
    assert [json.loads(body) for body in bodies(account["wild-rydes-reply-ride-booking"])] == [answer]


def test_a_replay_that_is_interrupted_loses_nothing(
    account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sends before it deletes: at worst the message is there twice, and its consumer bears that."""
    lot(account[DLQ]).park(json.dumps(on_the_bus(fake(RideCompleted))), TimeoutError(), queue=NAMES.of(QUEUE))

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("infra.rydes.operator.dead_letter_moves.delete", interrupted)
        result = rydes("replay", "--all")
    assert result.exit_code == 130
    assert "Interrupted: 0 replayed." in result.stderr
    assert len(bodies(account[QUEUE])) == 1
    assert len(listed()) == 1, "it is shown again at once"
    assert rydes("replay", "--all").exit_code == 0
    assert listed() == []


EVIL = "\x1b]0;pwn\x07\x9b2J"


def test_a_terminal_gets_no_command_and_no_half_character(account: dict[str, str], tmp_path: Path) -> None:
    event = poison()
    event["detail"]["metadata"]["correlation_id"] = f"\ud800{EVIL}"
    event["detail"]["data"] |= {"\ud800": EVIL, "customer_id": "c-1", EVIL: "x\ny"}
    lot(account[DLQ]).park(json.dumps(event), Unprocessable("why"), queue=NAMES.of(QUEUE))
    lot(account[DLQ]).park(f"no JSON {EVIL[-3:]}\n of ours", Unprocessable("why"), queue=NAMES.of(QUEUE))
    garbage, ours = sorted(listed(), key=lambda row: str(row["type"]))
    assert ours["correlation_id"] == "", "that is no id"
    for arguments in (
        ["list"],
        ["list", "--each"],
        ["list", "--json"],
        *(["show", each["id"]] for each in (ours, garbage)),
    ):
        result = rydes(*arguments)
        assert result.exit_code == 0, result.output
        assert not set(result.output) & {"\x1b", "\x07", "\x9b"}
        result.output.encode()
    shown = rydes("show", ours["id"], "--reveal").stdout
    assert "conversation  unknown" in shown
    assert json.loads(shown[shown.index("{") :]) == event, "what is escaped is still JSON"
    raw = rydes("show", ours["id"], "--json", "--reveal").stdout
    assert raw.isascii()
    assert json.loads(raw)["body"] == event

    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i s/yesterday/2026-11-26T12:00:00Z/ "$1"\n')
    editor.chmod(0o700)
    assert rydes("fix", ours["id"], "--force", "--reveal", VISUAL=str(editor)).exit_code == 0
    fixed = next(row for row in listed() if row["type"])
    assert rydes("fix", fixed["id"], "--set", "data.customer_id=c-2", "--force").exit_code == 0
    stays = rydes("replay", "--all")
    assert "\x1b" not in stays.output
    assert rydes("replay", "--all", "--force").exit_code == 0
    sent = next(json.loads(body) for body in bodies(account[QUEUE]) if body.startswith("{"))
    event["detail"]["data"] |= {"customer_id": "c-2", "completed_at": "2026-11-26T12:00:00Z"}
    assert sent == event


def test_a_list_fits_eighty_columns_and_its_conversations_can_be_copied(
    account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.rydes.commands.dead_letters.console.width", 80)
    conversation = "01a217ba-1200-7698-b5d9-47f432921c68"
    event = poison()
    event["detail"]["metadata"]["correlation_id"] = conversation
    lot(account[DLQ]).park(json.dumps(event), Unprocessable("why it is wrong " * 40), queue=NAMES.of(QUEUE))
    lines = rydes("list", "--each").stdout.splitlines()
    assert len(lines) == 4
    assert max(map(len, lines)) <= 80
    assert "RideCompleted in feedback-rides-dlq, " in lines[0]
    assert conversation in lines[1].split()
    assert lines[3].endswith(" …")


@pytest.mark.parametrize("source", ["wildrydes.concierge", "wildrydes.ride-booking"])
def test_whoever_asks_is_the_consumers_to_let_in(source: str) -> None:
    asked = on_the_bus(fake(RfqRequested)) | {"source": source}
    assert problems(parked(asked)) == ()
    [problem] = problems(parked(on_the_bus(fake(RideCompleted)) | {"source": source})) or ()
    assert "from a foreign source" in problem.expected


def test_a_detail_alone_is_put_into_its_event_and_other_contents_are_refused(
    account: dict[str, str],
) -> None:
    parks(account, poison())
    [row] = listed()
    good = on_the_bus(fake(RideCompleted))
    for other in ('{"data": {}}', "a text", json.dumps(good | {"detail-type": "Other"})):
        result = rydes("fix", row["id"], "--body", "-", typed=other)
        assert result.exit_code == 1
        assert "It would no longer be a RideCompleted" in result.stderr
    bad = poison()["detail"]
    assert "not be valid" in rydes("fix", row["id"], "--body", "-", typed=json.dumps(bad)).stderr
    assert [row["id"]] == [each["id"] for each in listed()]
    assert rydes("fix", row["id"], "--body", "-", typed=json.dumps(good["detail"])).exit_code == 0
    assert rydes("replay", "--all").exit_code == 0
    [body] = bodies(account[QUEUE])
    assert json.loads(body) == poison() | {"detail": good["detail"]}


def test_one_that_is_named_twice_goes_once_and_one_that_stays_does_not_end_the_rest(
    account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for ride in ("r-1", "r-2"):
        event = json.dumps(on_the_bus(fake(RideCompleted, ride_id=ride)))
        lot(account[DLQ]).park(event, Unprocessable("why"), queue=NAMES.of(QUEUE))
    first, second = (row["id"] for row in listed())

    def cannot(sqs: Any, url: str, messages: list[Parked]) -> dict[str, str]:
        delete(sqs, url, [message for message in messages if message.id != first])
        return {first: "ReceiptHandleIsInvalid"}

    monkeypatch.setattr("infra.rydes.operator.dead_letter_moves.delete", cannot)
    result = rydes("replay", first, second, first[:10], second)
    assert result.exit_code == 1
    assert result.stdout.endswith("1 replayed, 1 stayed.\n")
    assert f"{first[:8]} stays: it was sent on, but cannot be deleted here" in result.stderr
    assert len(bodies(account[QUEUE])) == 2
    assert [row["id"] for row in listed()] == [first]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (b'{"name": "J\xfcrgen"}', "is not UTF-8: byte 12 is wrong"),
        (b" \n", "The body is empty"),
        (b"x" * (1024 * 1024 - 20), "SQS takes 1,048,576"),
        (b"a\x00b", r"has the character U+0000, which SQS refuses. Take it out, or write it as \u0000"),
        ("\uffff".encode(), "has the character U+FFFF"),
    ],
    ids=["latin 1", "empty", "large", "control character", "no character"],
)
def test_a_body_that_sqs_would_not_take_is_refused_before(
    account: dict[str, str], tmp_path: Path, written: bytes, words: str
) -> None:
    parks(account, poison())
    [row] = listed()
    file = tmp_path / "body.json"
    file.write_bytes(written)
    result = rydes("fix", row["id"], "--body", str(file), "--force")
    assert result.exit_code == 1
    assert words in result.stderr
    assert "credentials" not in result.stderr
    assert [row["id"]] == [each["id"] for each in listed()]


def good(ride: str) -> str:
    return json.dumps(on_the_bus(fake(RideCompleted, ride_id=ride)))


def throttled() -> Exception:
    return refused("ThrottlingException")


def test_the_same_trouble_is_one_group_with_its_count(account: dict[str, str]) -> None:
    parks(account, *[poison(f"r-{i}") for i in range(3)])
    lot(account[DLQ]).park(good("r-4"), throttled(), queue=NAMES.of(QUEUE), replays="7")
    lines = rydes("list").stdout.splitlines()
    assert lines[0].startswith("       3  RideCompleted in feedback-rides-dlq, invalid, the oldest ")
    assert any(line.startswith("       1  RideCompleted in feedback-rides-dlq, transient") for line in lines)
    assert sum(row["replays"] for row in listed()) == 7


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        (["--reason", "throttling"], 3),
        (["--reason", "unprocessable"], 1),
        (["--type", "RideCompleted"], 0),
        (["--type", "RideRejected"], 4),
        (["--correlation", "rfq-1"], 0),
        (["--correlation", "rfq-2"], 4),
        (["--older-than", "1h"], 4),
        (["--newer-than", "1h"], 0),
        (["--queue", QUEUE], 0),
        (["--queue", "feedback-outbox"], 4),
        (["--all", "--rate", "1000"], 0),
    ],
)
def test_a_filter_says_which_and_a_dry_run_only_shows_them(
    account: dict[str, str], arguments: list[str], left: int
) -> None:
    parks(account, *[poison(f"r-{i}") for i in range(3)])
    lot(account[DLQ]).park(good("r-4"), throttled(), queue=NAMES.of(QUEUE))
    dry = rydes("replay", *arguments, "--dry-run")
    assert f"{4 - left} would be replayed." in dry.stdout
    assert len(listed()) == 4
    result = rydes("replay", *arguments, "--force", "--json")
    assert result.exit_code == 0, result.output
    assert len(json.loads(result.stdout)["replayed"]) == 4 - left
    assert (len(listed()), len(bodies(account[QUEUE]))) == (left, 4 - left)


def test_what_a_person_sends_back_gets_all_its_attempts_and_keeps_its_history(
    account: dict[str, str],
) -> None:
    binary = {"DataType": "Binary", "BinaryValue": b"\x00\xff"}
    attributes: Any = {"trace": binary}
    lot(account[DLQ]).park(
        good("r-1"),
        throttled(),
        attributes,
        queue=NAMES.of(QUEUE),
        message_id="m-1",
        replays="30",
        first_reason="the first",
    )
    assert rydes("replay", "--all").exit_code == 0
    [message] = aws.client("sqs").receive_message(QueueUrl=account[QUEUE], MessageAttributeNames=["All"])[
        "Messages"
    ]
    told = message["MessageAttributes"]
    assert told.pop("trace") == binary
    assert {name: value["StringValue"] for name, value in told.items()} == {
        "replays": "0",
        "first_reason": "the first",
        "message_id": "m-1",
    }


def test_a_dead_letter_is_parked_by_hand_where_there_is_a_parking_queue(account: dict[str, str]) -> None:
    answers = "wild-rydes-reply-ride-booking"
    sqs = aws.client("sqs")
    parking = sqs.create_queue(QueueName=NAMES.of(f"{QUEUE}-parking"))["QueueUrl"]
    lot(account[DLQ]).park(good("r-1"), throttled(), queue=NAMES.of(QUEUE), message_id="m-1")
    lot(account[f"{answers}-dlq"]).park("{}", throttled(), queue=NAMES.of(answers))
    result = rydes("park", "--all")
    assert result.exit_code == 1
    assert "1 → the queue feedback-rides-parking\n1 parked, 1 stayed.\n" in result.stdout
    assert f"{answers} has no parking queue" in result.stderr
    [row] = json.loads(rydes("list", "--queue", f"{QUEUE}-parking", "--json").stdout)
    assert (row["error"], row["kind"]) == ("ClientError", "transient")
    assert "it is parked already" in rydes("park", row["id"]).stderr
    assert rydes("replay", row["id"]).exit_code == 0
    assert len(bodies(account[QUEUE])) == 1
    assert bodies(parking) == []


def test_what_is_purged_was_counted_by_a_person_and_is_kept_in_a_file(
    account: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    parks(account, poison("r-1"), poison("r-2"))
    for typed in ("\n", "3\n", "y\n"):
        slip = rydes("purge", "--all", typed=typed)
        assert slip.exit_code == 1
        assert "Nothing is deleted." in slip.stderr
    assert len(listed()) == 2
    assert PHONE not in slip.output
    assert rydes("purge", "--all", typed="2\n").exit_code == 0
    assert listed() == []
    [file] = tmp_path.glob("purged-*.jsonl")
    assert file.stat().st_mode & 0o777 == 0o600, "it has personal data"
    kept = [json.loads(line) for line in file.read_text().splitlines()]
    assert {json.loads(each["body"])["detail"]["data"]["ride_id"] for each in kept} == {"r-1", "r-2"}
    assert {each["attributes"]["error"][1] for each in kept} == {"Unprocessable"}
    parks(account, poison("r-3"))
    assert rydes("purge", "--all", "--yes", "--no-backup").exit_code == 0
    assert [*tmp_path.glob("purged-*.jsonl")] == [file]


def test_more_go_back_than_a_person_wants_to_look_at(
    account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.rydes.operator.dead_letters._MOST", 20)
    for _ in range(5):
        entries: Any = [{"Id": str(i), "MessageBody": good("r-1")} for i in range(10)]
        aws.client("sqs").send_message_batch(QueueUrl=account[DLQ], Entries=entries)
    assert "30 more in feedback-rides-dlq" in rydes("list").stderr
    assert "50 replayed, 0 stayed." in rydes("replay", "--all").stdout
    assert len(bodies(account[QUEUE])) == 50


def test_other_teams_dead_letters_are_seen_and_go_back(account: dict[str, str]) -> None:
    sqs = aws.client("sqs")
    inbox, dead = (
        sqs.create_queue(QueueName=NAMES.of(name))["QueueUrl"] for name in ("surge-inbox", "surge-inbox-dlq")
    )
    lot(dead).park(json.dumps(on_the_bus(fake(RideCompleted))), Unprocessable("why"))
    [row] = json.loads(rydes("list", "--queue", "surge-inbox", "--json").stdout)
    assert (row["queue"], row["type"]) == ("surge-inbox-dlq", "RideCompleted")
    assert "→ the queue surge-inbox\n" in rydes("replay", "--queue", "surge-inbox").stdout
    assert len(bodies(inbox)) == 1


def test_an_environment_sees_its_own_queues_alone(account: dict[str, str]) -> None:
    sqs = aws.client("sqs")
    for name in (DLQ, "surge-inbox-dlq", "surge-feedback", "blue-surge-inbox-dlq", f"blue-{DLQ}"):
        sqs.create_queue(QueueName=name)
    assert There(Names("blue")).all_queues().keys() == {"surge-inbox-dlq", DLQ}
    assert There(Names()).all_queues().keys() == {DLQ, "surge-inbox-dlq", "surge-feedback"}
    assert There().all_queues().keys() == account.keys()


def test_an_environment_that_is_not_there_is_told(
    account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.rydes.commands.dead_letters.system", lambda **_: There(Names("blue")))
    result = rydes("list")
    assert result.exit_code == 1
    assert "This environment is not deployed." in result.stderr
    assert "Nothing is parked" not in result.output


def parked(body: object, queue: str = "feedback-outbox-dlq", **attributes: str) -> Parked:
    text = body if isinstance(body, str) else json.dumps(body)
    return Parked(
        "id", queue, "url", "receipt", text, attributes, fake(RideCompleted).metadata.occurred_at, 1
    )


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (parked({"DDBStreamBatchInfo": {"shardId": "1"}}), "24 hours"),
        (parked({"metadata": {}}, message_type="RideOrder"), "Nobody has said which queue"),
        (parked({}, queue=DLQ, size="2000000"), "only its beginning"),
        (parked({}, queue="x-dlq", error="ForbiddenReturnAddress"), "address is forbidden"),
        (parked({}, error="ForbiddenReturnAddress", queue="feedback-rides-dlq"), "forbidden"),
    ],
)
def test_what_has_no_way_back_says_so(account: dict[str, str], message: Parked, why: str) -> None:
    with pytest.raises(NoWayBack, match=why):
        way_back(There(), message)


def test_a_change_of_a_table_goes_to_the_function_that_reads_the_stream(account: dict[str, str]) -> None:
    change = {"eventID": "1", "dynamodb": {"Keys": {"id": {"S": "r-1"}}}}
    calls: list[dict[str, Any]] = []
    answers: Iterator[dict[str, Any]] = iter([{"StatusCode": 200}, {"FunctionError": "Unhandled"}])

    def invoke(**call: Any) -> dict[str, Any]:
        calls.append(call)
        return next(answers)

    way = way_back(
        There(**{"lambda": SimpleNamespace(invoke=invoke)}), parked(change, queue="feedback-outbox-dlq")
    )
    way.send()
    assert [call["FunctionName"] for call in calls] == ["dev-feedback-outbox"]
    assert json.loads(calls[0]["Payload"]) == {"Records": [change]}
    with pytest.raises(NoWayBack, match="fails on it still"):
        way.send()


def test_a_queue_that_cannot_be_read_is_one_line(
    account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(**_: object) -> None:
        raise refused("AccessDenied")

    aws.client("sqs").meta.events.register("before-parameter-build.sqs.ReceiveMessage", forbidden)
    result = rydes("list")
    assert result.exit_code == 1
    assert "AccessDenied" in result.stderr
    assert "Traceback" not in result.output
    with pytest.raises(ClientError), held(There()):
        pass


@pytest.mark.parametrize(
    "change", ["data.answers.7.n=1", "data.nothing.there=1", "data", "=1", "data.answers.x=1"]
)
def test_a_path_that_leads_nowhere_is_told(account: dict[str, str], change: str) -> None:
    lot(account[DLQ]).park('{"data": {"answers": []}}', Unprocessable("why"), queue=NAMES.of(QUEUE))
    result = rydes("fix", listed()[0]["id"], "--set", change)
    assert result.exit_code == 1
    assert "✗" in result.stderr


def test_the_old_name_still_does_the_same(account: dict[str, str]) -> None:
    lot(account[DLQ]).park(good("r-1"), throttled(), queue=NAMES.of(QUEUE))
    old = CliRunner().invoke(app, ["quarantine", "redrive", "--all"])
    assert "1 replayed, 0 stayed." in old.stdout
    assert "quarantine" not in CliRunner().invoke(app, ["--help"]).stdout
