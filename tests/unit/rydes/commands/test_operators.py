"""What `rydes clients`, `rydes stop` and `rydes start` say, ask and refuse. What they do is in `tests/unit/rydes/operator`."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.naming import MACHINE_API_URL_PARAMETER, USAGE_PLANS_PARAMETER, Names
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.commands import clients, stops
from infra.rydes.operator.stops import Stop
from tests.support.fake_account import FakeAccount

STOPPED = Stop(
    function="ride-booking-closer", by="ann", at="2026-11-27T08:00:00", reason="why", sources=["u-1"]
)


class Aws(FakeAccount):
    """Stands for an account on AWS."""


class Stops:
    """What the commands did with functions, of which one is stopped already."""

    done: list[tuple[str, str, str]]

    def __init__(self, _: object) -> None:
        pass

    def all(self) -> list[Stop]:
        return [STOPPED]

    def stop(self, function: str, reason: str) -> Stop:
        if function == STOPPED.function:
            raise LocalCloudError(f"{function} is stopped since {STOPPED.at}.", "Start it.")
        self.done.append(("stop", function, reason))
        return STOPPED

    def start(self, function: str, reason: str) -> Stop:
        if function != STOPPED.function:
            raise LocalCloudError(f"{function} is not stopped.", "See --list.")
        self.done.append(("start", function, reason))
        return STOPPED


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """Functions that were stopped or started."""
    Stops.done = []
    monkeypatch.setattr(stops, "AwsAccount", Aws)
    monkeypatch.setattr(stops, "system", lambda aws, **_: (Aws if aws else FakeAccount)({}, Names("prod")))
    monkeypatch.setattr(stops, "Stops", Stops)
    return Stops.done


def run(command: str, *arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(stops.app, [command, *arguments], input=typed)


@pytest.mark.parametrize(("command", "function"), [("stop", "api"), ("start", STOPPED.function)])
def test_on_aws_somebody_has_to_say_yes(
    done: list[tuple[str, str, str]], command: str, function: str
) -> None:
    for typed in ("n\n", ""):
        refused = run(command, function, "--aws", typed=typed)
        assert (refused.exit_code, done) == (1, [])
        assert f"{command.title()} {function} in prod?" in refused.output
    for arguments, said in (([], None), (["--aws", "--yes"], None), (["--aws"], "y\n")):
        assert run(command, function, "--reason", "an exercise", *arguments, typed=said).exit_code == 0
    assert done == [(command, function, "an exercise")] * 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["stop", STOPPED.function], f"is stopped since {STOPPED.at}"),
        (["start", "api"], "api is not stopped"),
        (["stop"], "The function is missing"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    done: list[tuple[str, str, str]], arguments: list[str], said: str
) -> None:
    told = run(*arguments)
    assert (told.exit_code, done) == (1, [])
    assert said in told.stderr
    assert "Traceback" not in told.stderr


def test_what_is_stopped_is_listed_for_people_and_machines(done: list[tuple[str, str, str]]) -> None:
    for text in (STOPPED.function, STOPPED.by, STOPPED.reason):
        assert text in run("stop", "--list").stdout
    [found] = json.loads(run("stop", "--list", "--json").stdout)
    assert found["function"] == STOPPED.function
    assert done == []


class Pool:
    """The user pool."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"taken": {}}

    def exists(self, name: str) -> bool:
        return name in self.names

    def create(self, name: str, group: str, attributes: dict[str, str]) -> str:
        if name == "unlucky":
            raise LocalCloudError("The pool refuses.", "Ask again.")
        self.names[name] = {"group": group, **attributes}
        return "the password"

    def remove(self, name: str) -> None:
        del self.names[name]


class Gateway(FakeAccount):
    """An account with API Gateway, which keeps keys, and gives each usage plan those that are put into it."""

    HOW_TO_DEPLOY = "deploy"

    def __init__(self) -> None:
        super().__init__(
            {
                "apigateway.create_api_key": self._create,
                "apigateway.create_usage_plan_key": self._put,
                "apigateway.delete_api_key": self._delete,
                "apigateway.get_api_keys": lambda **_: {"items": [*self.keys.values()]},
                "apigateway.get_usage_plan_keys": self._keys,
                "apigateway.get_usage": self._usage,
            }
        )
        self.users = Pool()
        self.keys: dict[str, Any] = {}
        self.plans: dict[str, list[str]] = {"p-1": [], "p-2": [], "p-3": []}
        self.parameters = {
            MACHINE_API_URL_PARAMETER: "https://machines",
            USAGE_PLANS_PARAMETER: json.dumps({"bronze": "p-1", "silver": "p-2", "gold": "p-3"}),
        }

    def _create(self, name: str, enabled: bool) -> Any:
        id_ = f"k-{len(self.keys)}"
        self.keys[id_] = {"id": id_, "name": name, "enabled": enabled}
        return {**self.keys[id_], "value": "the key"}

    def _put(self, usagePlanId: str, keyId: str, **_: str) -> None:  # noqa: N803
        self.plans[usagePlanId].append(keyId)

    def _delete(self, apiKey: str) -> None:  # noqa: N803
        del self.keys[apiKey]

    def _keys(self, usagePlanId: str) -> Any:  # noqa: N803
        return {"items": [{"id": id_} for id_ in self.plans[usagePlanId]]}

    def _usage(self, keyId: str, **_: Any) -> Any:  # noqa: N803
        return {"items": {keyId: [[1234, 766]]}}


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    account = Gateway()
    monkeypatch.setattr(clients, "system", lambda **_: account)
    return account


@pytest.fixture
def ask(gateway: Gateway) -> Callable[..., Result]:
    return lambda *arguments: CliRunner().invoke(clients.app, ["clients", *arguments])


def test_a_client_is_made_listed_and_removed(gateway: Gateway, ask: Callable[..., Result]) -> None:
    made = json.loads(ask("add", "acme", "--tier", "silver", "--json").stdout)
    assert made == {
        "name": "acme",
        "tier": "silver",
        "password": "the password",
        "api-key": "the key",
        "url": "https://machines",
    }
    assert gateway.users.names["acme"]["custom:machine_key"].startswith("silver/p-2/k-0/")
    assert "the key" not in str(gateway.users.names), "its digest alone is kept"
    [listed] = json.loads(ask("list", "--json").stdout)
    assert (listed["name"], listed["tier"]) == ("acme", "silver")
    assert "1,234" in ask("usage").stdout
    assert ask("remove", "acme").exit_code == 0
    assert "There are no machine clients yet." in ask("list").stdout
    assert "acme" not in gateway.users.names


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "taken"], "There is a user taken already"),
        (["add", "Not a name"], "is no name of a client"),
        (["add", "acme", "--tier", "platinum"], "There is no tier platinum"),
        (["remove", "acme"], "There is no client acme"),
        (["usage", "acme"], "There is no client acme"),
        (["add", "unlucky"], "The pool refuses"),
    ],
)
def test_what_cannot_be_is_said_in_a_line_and_leaves_no_key(
    gateway: Gateway, ask: Callable[..., Result], arguments: list[str], said: str
) -> None:
    told = ask(*arguments)
    assert told.exit_code == 1
    assert said in told.stderr
    assert gateway.keys == {}


def test_without_the_api_there_are_no_clients(gateway: Gateway, ask: Callable[..., Result]) -> None:
    del gateway.parameters[USAGE_PLANS_PARAMETER]
    assert "not deployed" in ask("list").stderr
