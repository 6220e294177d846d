"""Functions are stopped and started again as they were, and it is known by whom."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.naming import Names
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.operator.stops import Stops

NOW = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
ARN = "arn:aws:lambda:us-east-1:1:function:"


class Missing(ClientError):
    """There is none."""


class Exists(ClientError):
    """There is one."""


def _error(kind: type[ClientError]) -> ClientError:
    return kind({"Error": {"Code": kind.__name__}}, "")


class Account:
    """An environment with an API's function, and consumers of queues; one source was disabled by somebody else."""

    def __init__(self, environment: str = "") -> None:
        self.names = Names(environment)
        own = self.names.of
        self.reserved: dict[str, int | None] = {own("api"): 7, own("free"): None, own("closer"): None}
        self.sources = {
            "u-1": {"UUID": "u-1", "FunctionArn": ARN + own("closer"), "State": "Enabled"},
            "u-2": {"UUID": "u-2", "FunctionArn": ARN + own("closer") + ":live", "State": "Enabled"},
            "u-3": {"UUID": "u-3", "FunctionArn": ARN + own("closer"), "State": "Disabled"},
            "u-4": {"UUID": "u-4", "FunctionArn": ARN + "other", "State": "Enabled"},
        }
        self.kept: dict[str, str] = {}
        self.audit: list[Any] = []

    def client(self, _: str, /) -> Any:
        return self

    exceptions = SimpleNamespace(
        ResourceNotFoundException=Missing,
        ParameterAlreadyExists=Exists,
        ResourceAlreadyExistsException=Exists,
    )

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **asked: [getattr(self, operation)(**asked)])

    def get_function_configuration(self, FunctionName: str) -> Any:  # noqa: N803
        if FunctionName not in self.reserved:
            raise _error(Missing)

    def list_functions(self) -> Any:
        return {"Functions": [{"FunctionName": name} for name in self.reserved]}

    def get_function_concurrency(self, FunctionName: str) -> Any:  # noqa: N803
        found = self.reserved[FunctionName]
        return {} if found is None else {"ReservedConcurrentExecutions": found}

    def put_function_concurrency(self, FunctionName: str, ReservedConcurrentExecutions: int) -> None:  # noqa: N803
        self.reserved[FunctionName] = ReservedConcurrentExecutions

    def delete_function_concurrency(self, FunctionName: str) -> None:  # noqa: N803
        self.reserved[FunctionName] = None

    def list_event_source_mappings(self) -> Any:
        return {"EventSourceMappings": [*self.sources.values()]}

    def update_event_source_mapping(self, UUID: str, Enabled: bool) -> None:  # noqa: N803
        self.sources[UUID]["State"] = "Enabling" if Enabled else "Disabling"

    def get_event_source_mapping(self, UUID: str) -> Any:  # noqa: N803
        now = dict(self.sources[UUID])
        self.sources[UUID]["State"] = {"Enabling": "Enabled", "Disabling": "Disabled"}.get(
            now["State"], now["State"]
        )
        return now

    def put_parameter(self, Name: str, Value: str, **_: Any) -> None:  # noqa: N803
        if Name in self.kept:
            raise _error(Exists)
        self.kept[Name] = Value

    def delete_parameter(self, Name: str) -> None:  # noqa: N803
        del self.kept[Name]

    def get_parameters_by_path(self, Path: str) -> Any:  # noqa: N803
        return {"Parameters": [{"Value": v} for k, v in self.kept.items() if k.startswith(Path)]}

    def create_log_stream(self, **_: Any) -> None:
        raise _error(Exists)

    def put_log_events(self, logGroupName: str, logEvents: list[Any], **_: Any) -> None:  # noqa: N803
        self.audit += [(logGroupName, json.loads(event["message"])) for event in logEvents]


@pytest.fixture(params=["", "dev"])
def account(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    return Account(request.param)


def stops(account: Account) -> Stops:
    return Stops(account, lambda: NOW, lambda _: None)  # type: ignore[arg-type]


def states(account: Account) -> dict[str, str]:
    return {uuid: source["State"] for uuid, source in account.sources.items()}


def test_a_consumer_has_its_sources_disabled_and_only_those_enabled_again(account: Account) -> None:
    before = states(account)
    stops(account).stop("closer", "an exercise")
    assert states(account) == {"u-1": "Disabled", "u-2": "Disabled", "u-3": "Disabled", "u-4": "Enabled"}
    assert account.reserved[account.names.of("closer")] is None
    stops(account).start("closer", "")
    assert states(account) == before
    assert not account.kept


@pytest.mark.parametrize(("function", "before"), [("api", 7), ("free", None)])
def test_another_function_gets_no_concurrency_and_what_it_had_again(
    account: Account, function: str, before: int | None
) -> None:
    own = account.names.of(function)
    stops(account).stop(function, "")
    assert account.reserved[own] == 0
    stops(account).start(function, "")
    assert account.reserved[own] == before


def test_what_is_stopped_is_listed_and_kept_in_the_log(account: Account) -> None:
    stops(account).stop("closer", "an exercise")
    [stop] = stops(account).all()
    assert (stop.function, stop.by, stop.reason) == ("closer", "ann", "an exercise")
    stops(account).start("closer", "over")
    assert stops(account).all() == []
    assert {group for group, _ in account.audit} == {account.names.of("/wild-rydes/audit")}
    assert [(e["action"], e["by"], e["reason"]) for _, e in account.audit] == [
        ("stop", "ann", "an exercise"),
        ("start", "ann", "over"),
    ]


def test_what_was_there_is_known_even_if_stopping_ends_in_the_middle(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(**_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(account, "update_event_source_mapping", dies)
        with pytest.raises(KeyboardInterrupt):
            stops(account).stop("closer", "")
    assert stops(account).start("closer", "").sources == ["u-1", "u-2"]


def test_twice_or_unknown_is_said(account: Account) -> None:
    with pytest.raises(LocalCloudError, match="closer is not stopped"):
        stops(account).start("closer", "")
    stops(account).stop("closer", "an exercise")
    with pytest.raises(LocalCloudError, match="by ann: an exercise"):
        stops(account).stop("closer", "again")
    with pytest.raises(LocalCloudError) as unknown:
        stops(account).stop("closr", "")
    assert unknown.value.way_out == "Did you mean closer?"
