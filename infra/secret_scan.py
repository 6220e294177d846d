"""Find keys and tokens in what git keeps: `python -m infra.secret_scan`.

The patterns are those of detect-secrets for the tokens of known services. Its own scanner looks at each line by each of them, and takes
minutes for this repository; here each looks at a whole file. A line that says `pragma: allowlist secret` is let pass.
"""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.plugins.base import RegexBasedDetector

ROOT: Final = Path(__file__).resolve().parents[1]
ALLOWED: Final = "pragma: allowlist secret"
_NOT_FOR_US: Final = {
    "IPPublicDetector",  # an address is no secret
    # Slow, and their services are none of ours.
    "ArtifactoryDetector",
    "CloudantDetector",
    "IbmCloudIamDetector",
    "IbmCosHmacDetector",
    "SoftlayerDetector",
}


def detectors() -> list[RegexBasedDetector]:
    """Make the detectors that know a service's tokens by their form."""
    classes: Iterable[type] = get_mapping_from_secret_type_to_class().values()
    return [
        found()
        for found in classes
        if issubclass(found, RegexBasedDetector) and found.__name__ not in _NOT_FOR_US
    ]


def scan(files: Iterable[Path], root: Path = ROOT) -> Iterator[str]:
    """Say where a secret stands and what it is, without showing it."""
    known = detectors()
    for file in files:
        text = file.read_text(errors="replace")
        for detector in known:
            for pattern in detector.denylist:
                for match in pattern.finditer(text):
                    number = text.count("\n", 0, match.start()) + 1
                    if ALLOWED not in text.splitlines()[number - 1]:
                        yield f"{file.relative_to(root)}:{number}: {detector.secret_type}"


def tracked(root: Path = ROOT) -> list[Path]:
    """List the files that git keeps."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True, text=True)  # noqa: S607
    return [path for name in listed.stdout.split("\0") if name and (path := root / name).is_file()]


def main() -> int:
    """Scan all; 1 if there is any."""
    if not (ROOT / ".git").exists():
        print("  no secrets looked for: this is no git repository")  # noqa: T201
        return 0
    found = list(dict.fromkeys(scan(tracked())))
    for each in found:
        print(f"✗ {each}. Take it out, and make it worthless: it stays in git's history", file=sys.stderr)  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
