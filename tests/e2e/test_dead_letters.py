"""A message that a service has parked is looked at, corrected, sent back and handled."""

import json

from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import REPLY_QUEUE, Customer, Fleet, Json, Place, Queues, metadata, quote
from tests.support.patience import eventually
from tests.support.rydes_command import rydes


def test_an_answer_that_was_not_valid_is_corrected_and_counts(
    cloud: Cloud, customer: Customer, fleet: Fleet, queues: Queues, place: Place
) -> None:
    unicorn = fleet.silent(place)
    rfq = customer.submit(place)
    said = metadata(rfq)
    poison = {"metadata": said, "data": {"asked": [unicorn], "answers": [quote(unicorn, "-66.60")]}}
    queues.send(REPLY_QUEUE, json.dumps(poison))

    def parked() -> list[Json]:
        rows = json.loads(rydes(cloud, "dlq", "list", "--queue", REPLY_QUEUE, "--json").stdout)
        return [row for row in rows if row["correlation_id"] == said["correlation_id"]]

    [row] = eventually(parked, "the poison among the dead letters")
    assert row["reason"].startswith(
        "no valid RfqResponse.v1: data.answers.0.price.amount: should be greater than"
    )

    shown = json.loads(rydes(cloud, "dlq", "show", row["id"], "--json").stdout)
    assert [problem["path"] for problem in shown["problems"]] == ["data.answers.0.price.amount"]
    assert shown["way_back"] == f"the queue {REPLY_QUEUE}"
    assert shown["body"] == poison

    fixed = rydes(cloud, "dlq", "fix", row["id"], "--set", "data.answers.0.price.amount=66.60")
    assert fixed.returncode == 0, fixed.stderr
    replayed = rydes(cloud, "dlq", "replay", fixed.stdout.split()[-1])
    assert replayed.returncode == 0, replayed.stderr

    result = customer.result(rfq)
    assert result["completed-by"] == "all-answered"
    assert [quoted["price"]["amount"] for quoted in result["quotes"]] == ["66.60"]
    assert parked() == []
