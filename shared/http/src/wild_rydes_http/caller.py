"""The caller: who the claims of a verified ID token are about."""

from dataclasses import dataclass

from wild_rydes_http.tokens import Claims


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls an API.

    `sub` is their Cognito id, `username` the name that they sign in with, and `groups` are the user pool groups they
    belong to. `machine_key` says which API key is theirs, if they are a machine client, and `partner` for which partner
    fleet they act, if for any.
    """

    sub: str
    username: str | None
    groups: frozenset[str]
    machine_key: str | None = None
    partner: str | None = None

    @classmethod
    def of(cls, claims: Claims) -> "Caller":
        """Read the claims of a verified token."""
        return cls(
            claims["sub"],
            claims.get("cognito:username"),
            frozenset(claims.get("cognito:groups") or ()),
            claims.get("custom:machine_key"),
            claims.get("custom:partner"),
        )
