"""`rydes token` on AWS: nobody's password is ever changed, and a new user's is told once."""

from typing import Any

import pytest
from typer.testing import CliRunner

from infra.rydes import cli
from infra.rydes.commands import cloud


class People:
    """The users of a pool, by name."""

    def __init__(self, **passwords: str) -> None:
        self.passwords = passwords

    def exists(self, name: str) -> bool:
        return name in self.passwords

    def create(self, name: str, group: str) -> str:
        assert name not in self.passwords
        self.passwords[name] = f"new-{group}"
        return self.passwords[name]

    def sign_in(self, name: str, password: str) -> str:
        assert self.passwords[name] == password
        return f"token-of-{name}"


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> People:
    here = People(ann="anns-own")

    class Aws:
        users = here

    monkeypatch.setattr(cloud, "system", lambda **_: Aws())
    monkeypatch.delenv("RYDES_PASSWORD", raising=False)
    return here


def token(user: str, group: str = "customers", **more: Any) -> Any:
    return CliRunner().invoke(cli.app, ["token", "--aws", "--user", user, "--group", group], **more)


def test_a_new_user_gets_a_password_which_is_told_on_stderr(people: People) -> None:
    answer = token("bert")
    assert (answer.exit_code, answer.stdout) == (0, "token-of-bert\n")
    assert "new-customers" in answer.stderr


@pytest.mark.parametrize("known", [True, False])
def test_a_user_who_is_there_signs_in_with_their_own(
    people: People, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return "anns-own"

    monkeypatch.setattr(cloud, "getpass", ask)
    answer = token("ann", env={"RYDES_PASSWORD": "anns-own"} if known else {})
    assert asked == ([] if known else ["Password of ann: "])
    assert (answer.exit_code, answer.stdout) == (0, "token-of-ann\n")
    assert people.passwords == {"ann": "anns-own"}
    assert "anns-own" not in answer.stderr


def test_an_unknown_group_is_one_line(people: People) -> None:
    answer = token("carl", "admins")
    assert answer.exit_code == 1
    assert "customers, unicorns, support, machines" in answer.stderr
    assert "carl" not in people.passwords


@pytest.mark.parametrize("user", ["", "a b", "x\n", 129 * "a"])
def test_a_name_that_cognito_does_not_take_is_refused(people: People, user: str) -> None:
    ended = CliRunner().invoke(cli.app, ["token", "--user", user, "--group", "customers", "--aws"])
    assert ended.exit_code == 1
    assert "cannot be a user" in ended.stderr
    assert list(people.passwords) == ["ann"]
