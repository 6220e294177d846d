"""What the contracts say of an event that was published."""

import json
from collections.abc import Mapping
from typing import Any

from wild_rydes_contracts import EVENTS
from wild_rydes_contracts.reading import read


def is_as_published(event: Mapping[str, Any]) -> None:
    """Check an event on the bus against the contract of its name."""
    read(json.dumps(event), *EVENTS)
