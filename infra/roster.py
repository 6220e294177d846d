"""The partner fleets as unicorn-mgmt lists them, for whatever deploys or watches them."""

import tomllib
from pathlib import Path
from typing import Any, Final

_FILE: Final = (
    Path(__file__).parents[1] / "services/unicorn-mgmt/src/unicorn_mgmt/adapters/partners/partners.toml"
)


def partners() -> dict[str, dict[str, Any]]:
    """The rows of partners.toml by the partner's id; its comments say what each field means."""
    return tomllib.loads(_FILE.read_text())
