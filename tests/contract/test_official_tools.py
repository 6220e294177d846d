"""What the makers of TypeScript and of AsyncAPI say of the generated documents. Their programs run in Node."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.registry.documents import files
from infra.registry.documents.typescript import declarations
from infra.registry.tools import installed, node, run

ROOT = Path(__file__).parents[2]
ASYNCAPI = [files.DIRECTORY / "asyncapi.json", *sorted(ROOT.glob("services/*/asyncapi.json"))]

CONSUMER = """
import type { RfqResponse, WildRydesEvent } from "./events";

export function told(event: WildRydesEvent): string {
  switch (event["detail-type"]) {
    case "RideCompleted":
      return `${event.detail.data.ride_id} in ${event.detail.data.time_zone ?? "no zone"}`;
    case "RfqRequested":
      return `${event.detail.data.start.lat} until ${event.detail.metadata.deadline}`;
    case "FeedbackReceived":
      return `${event.detail.data.score / event.detail.data.rating.count}, version ${event.detail.metadata.event_version satisfies 1}`;
    default:
      return event.source;
  }
}

export const answer: RfqResponse["data"] = {
  answers: [{ kind: "decline", responder_id: "p-comet", reason: "too-far" }],
};
"""
WRONG = {
    "a field that there is not": 'import type { RideCompleted } from "./events"; (ride: RideCompleted) => ride.data.rideId;',
    "an optional field taken to be there": 'import type { RideCompleted } from "./events"; (ride: RideCompleted): string => ride.data.time_zone;',
    "a value that is none of those": 'import type { RfqCompleted } from "./events"; (rfq: RfqCompleted) => rfq.data.completed_by === "timeout";',
    "an event that there is not": 'import type { WildRydesEvent } from "./events"; (event: WildRydesEvent) => event["detail-type"] === "RideStarted";',
    "an answer without its reason": 'import type { RfqResponse } from "./events"; const data: RfqResponse["data"] = { answers: [{ kind: "decline", responder_id: "p-comet" }] };',
}

pytestmark = pytest.mark.slow


def test_checked_in_types_are_those_of_the_contracts() -> None:
    assert (files.DIRECTORY / files.DECLARATIONS).read_text() == declarations(), "run: make generate"


def test_types_let_through_what_is_right_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / files.DECLARATIONS).write_text((files.DIRECTORY / files.DECLARATIONS).read_text())
    (tmp_path / "consumer.ts").write_text(CONSUMER)
    for number, wrong in enumerate(WRONG.values()):
        (tmp_path / f"wrong{number}.ts").write_text(f"{wrong}\nexport {{}};\n")
    compiler = installed() / "node_modules" / "typescript" / "bin" / "tsc"
    told = node(compiler, "--noEmit", "--strict", *sorted(tmp_path.glob("*.ts")), check=False).stdout
    assert set(re.findall(r"(\w+)\.(?:d\.)?ts\(", told)) == {
        f"wrong{number}" for number in range(len(WRONG))
    }, told


def test_the_official_parser_takes_every_asyncapi_document() -> None:
    assert json.loads(run("asyncapi.mjs", *ASYNCAPI)) == {}


def test_the_official_parser_finds_what_is_wrong(tmp_path: Path) -> None:
    document: dict[str, Any] = json.loads(ASYNCAPI[0].read_text())
    document["channels"]["bus"]["messages"]["RideBooked"]["$ref"] = "#/components/messages/Nothing"
    wrong = tmp_path / "asyncapi.json"
    wrong.write_text(json.dumps(document))
    assert list(json.loads(run("asyncapi.mjs", wrong))) == [str(wrong)]
