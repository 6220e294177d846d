"""What a run brings into a deployment, and takes away again: users, unicorns, RFQs, connections."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from infra.rydes.cloud.users import Users
from infra.rydes.verify.promise import Promise, State

PREFIX = "verify-"
"""How the names of the users begin. Whoever finds one later knows where it comes from."""


@dataclass
class Guests:
    """Remembers how to take each thing away. `leave` does it, the last thing first."""

    users: Users
    _undo: list[tuple[str, Callable[[], object], str]] = field(default_factory=list)

    def remember(self, what: str, undo: Callable[[], object], by_hand: str) -> None:
        """Remember to take something away; `by_hand` says how a person does it if that fails."""
        self._undo.append((what, undo, by_hand))

    def user(self, role: str, group: str, attributes: dict[str, str] | None = None) -> tuple[str, str]:
        """Make a user, and return their name and password."""
        name = f"{PREFIX}{role}-{secrets.token_hex(4)}"
        self.remember(
            f"user {name}",
            lambda: self.users.remove(name),
            f"aws cognito-idp admin-delete-user --user-pool-id {self.users.pool} --username {name}",
        )
        return name, self.users.create(name, group, attributes)

    def leave(self) -> Iterator[Promise]:
        """Take everything away, and yield what is left all the same.

        Ctrl-C meanwhile ends it, after what is left has been told.
        """
        taken = 0
        while self._undo:
            what, undo, by_hand = self._undo.pop()
            try:
                undo()
            except Exception as error:  # noqa: BLE001 - whatever it is, the rest is taken away
                yield _left(what, str(error), by_hand)
            except BaseException:
                yield _left(what, "interrupted", by_hand)
                yield from (_left(other, "interrupted", hand) for other, _, hand in reversed(self._undo))
                raise
            else:
                taken += 1
        yield Promise("clean-up", f"{taken} things that this run has made are gone")


def _left(what: str, why: str, by_hand: str) -> Promise:
    return Promise(
        "clean-up", f"the {what} is left: {why}", State.BROKEN, "it stays until somebody acts", by_hand
    )
