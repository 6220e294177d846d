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


def partners(*, simulated: bool = True) -> dict[str, dict[str, Any]]:
    """The rows of partners.toml by the partner's id, without those that only a simulator plays unless `simulated`.

    The comments in that file explain the fields.
    """
    rows = tomllib.loads(_FILE.read_text())
    return {id_: row for id_, row in rows.items() if simulated or not row.get("simulated")}
