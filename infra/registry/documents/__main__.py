"""Write docs/events: `python -m infra.registry.documents`."""

import sys

from infra.npm import NpmError
from infra.proof.synthesis import Refused, templates
from infra.registry.documents.files import DECLARATIONS, texts, write
from infra.registry.documents.typescript import declarations


def main() -> int:
    """Write all files; the exit status."""
    try:
        write({**texts(templates()), DECLARATIONS: declarations()})
    except (Refused, NpmError) as error:
        sys.stderr.write(f"✗ {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
