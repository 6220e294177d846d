"""The partner fleets as unicorn-mgmt lists them, for whatever deploys or watches them.

No module of infra imports a service. This one still reads a file in a service's sources, by its path, so that
a new partner is one new row there.
"""

import tomllib
from pathlib import Path
from typing import Any, Final

_FILE: Final = (
    Path(__file__).parents[1] / "services/unicorn-mgmt/src/unicorn_mgmt/adapters/partners/partners.toml"
)


def partners() -> dict[str, dict[str, Any]]:
    """The rows of partners.toml by the partner's id. The comments in that file explain the fields."""
    return tomllib.loads(_FILE.read_text())
