"""One more name in REQUESTERS lets one more requester in: its events, its return address, and nothing else."""

import json
import zipfile
from pathlib import Path

import pytest

from infra.assembly import Assembly, load
from infra.proof import filters
from infra.stacks import unicorn_mgmt


@pytest.fixture
def let_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Assembly:
    """The stack of unicorn-mgmt with a requester more."""
    from infra.app import build_app  # noqa: PLC0415 - takes seconds, and most runs need no templates

    monkeypatch.setattr(unicorn_mgmt, "REQUESTERS", (*unicorn_mgmt.REQUESTERS, "hotel"))
    artifact = tmp_path / "empty.zip"
    zipfile.ZipFile(artifact, "w").close()
    build_app({"service": "unicorn-mgmt"}, str(tmp_path / "out"), artifact_of=lambda _: artifact).synth()
    return load(tmp_path / "out")


@pytest.mark.synth
@pytest.mark.xdist_group("synth")
def test_one_name_lets_a_requester_in(let_in: Assembly) -> None:
    rule = let_in.named("AWS::Events::Rule", "Name")["dev-unicorn-mgmt-inbox"]
    assert rule.properties["EventPattern"]["source"] == ["wildrydes.hotel", "wildrydes.ride-booking"]
    assert not [*filters.check(let_in)]
    functions = let_in.named("AWS::Lambda::Function", "FunctionName")
    told = {
        name: json.loads(let_in.text(function.stack, variables["RETURN_ADDRESSES"]))
        for name, function in functions.items()
        if "RETURN_ADDRESSES" in (variables := function.properties["Environment"]["Variables"])
    }
    assert {"dev-unicorn-mgmt-responder", "dev-unicorn-mgmt-outbox"} <= told.keys()
    for addresses in told.values():
        assert {source: arn.rpartition(":")[2] for source, arn in addresses.items()} == {
            "wildrydes.ride-booking": "dev-wild-rydes-reply-ride-booking",
            "wildrydes.hotel": "dev-wild-rydes-reply-hotel",
        }
    policies = json.dumps([policy.properties for policy in let_in.all("AWS::IAM::Policy")])
    assert policies.count(":dev-wild-rydes-reply-hotel") == policies.count(
        ":dev-wild-rydes-reply-ride-booking"
    )
    assert "wild-rydes-reply-*" not in policies


def test_on_aws_nobody_is_let_in_who_is_not_named(aws: Assembly) -> None:
    rule = aws.named("AWS::Events::Rule", "Name")["unicorn-mgmt-inbox"]
    assert rule.properties["EventPattern"]["source"] == [
        f"wildrydes.{name}" for name in unicorn_mgmt.REQUESTERS
    ]
