"""The payees that we have agreed to pay by invoice, read from payees.toml."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def payees() -> Mapping[str, frozenset[str]]:
    """Read the payees: by id, the names that they go by. They are the same in every call."""
    rows = tomllib.loads(files(__package__).joinpath("payees.toml").read_text(encoding="utf-8"))
    return {payee: frozenset(row["names"]) for payee, row in rows.items()}
