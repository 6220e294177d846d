"""Write docs/events: `python -m infra.registry.documents`."""

import sys
from subprocess import CalledProcessError

from infra.npm import NpmError
from infra.proof.synthesis import Refused, templates
from infra.registry.documents.files import DECLARATIONS, texts, write
from infra.registry.documents.typescript import declarations
from infra.registry.examples import with_examples


def main() -> int:
    """Write all files; the exit status."""
    try:
        write({**texts(with_examples(templates())), DECLARATIONS: declarations()})
    except (Refused, NpmError, CalledProcessError) as error:
        sys.stderr.write(f"✗ {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
