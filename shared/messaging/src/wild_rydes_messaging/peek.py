"""Look into a message that may be anything."""

import json

from wild_rydes_contracts import Metadata


def metadata_in(body: str) -> Metadata | None:
    """Find the metadata of an event or another message of ours, if at least that is in order."""
    try:
        content = json.loads(body)
        return Metadata.model_validate(content.get("detail", content)["metadata"])
    except Exception:  # noqa: BLE001 - a body that has none
        return None
