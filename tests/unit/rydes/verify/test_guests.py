from typing import Any

import pytest

from infra.rydes.cloud.users import Users
from infra.rydes.verify.guests import Guests
from infra.rydes.verify.promise import Promise, State
from tests.support.fake_account import FakeAccount


def guests(answers: dict[str, Any] | None = None) -> Guests:
    return Guests(Users(FakeAccount(answers or {}).client("cognito-idp"), "pool", "app"))


def test_the_last_thing_is_taken_away_first() -> None:
    here, taken = guests(), list[str]()
    for name in ("unicorn", "connection"):
        here.remember(name, lambda name=name: taken.append(name), "by hand")  # type: ignore[misc]
    (promise,) = here.leave()
    assert taken == ["connection", "unicorn"]
    assert (promise.state, promise.says) == (State.KEPT, "2 things that this run has made are gone")
    assert [each.says for each in here.leave()] == ["0 things that this run has made are gone"]


def test_what_cannot_be_taken_away_is_told_and_the_rest_goes() -> None:
    here, taken = guests(), list[str]()

    def fails() -> None:
        raise RuntimeError("AccessDenied")

    here.remember("user verify-1", lambda: taken.append("user"), "by hand")
    here.remember("RFQ 1", fails, "It ends at its deadline.")
    left, rest = here.leave()
    assert (left.state, left.says, left.to_do) == (
        State.BROKEN,
        "the RFQ 1 is left: AccessDenied",
        "It ends at its deadline.",
    )
    assert rest.state is State.KEPT
    assert taken == ["user"]


def test_ctrl_c_meanwhile_tells_all_that_is_left() -> None:
    here, told = guests(), list[Promise]()

    def interrupted() -> None:
        raise KeyboardInterrupt

    here.remember("user verify-1", lambda: None, "delete it")
    here.remember("RFQ 1", interrupted, "wait")
    leaving = here.leave()
    with pytest.raises(KeyboardInterrupt):
        told.extend(leaving)
    assert [(promise.says, promise.to_do) for promise in told] == [
        ("the RFQ 1 is left: interrupted", "wait"),
        ("the user verify-1 is left: interrupted", "delete it"),
    ]


def test_a_user_is_remembered_before_it_is_made() -> None:
    removed: list[str] = []

    def interrupted(**_: Any) -> None:
        raise KeyboardInterrupt

    here = guests(
        {
            "cognito-idp.admin_create_user": interrupted,
            "cognito-idp.admin_delete_user": lambda **user: removed.append(user["Username"]),
        }
    )
    with pytest.raises(KeyboardInterrupt):
        here.user("customer", "customers")
    list(here.leave())
    assert [name.rpartition("-")[0] for name in removed] == ["verify-customer"]
