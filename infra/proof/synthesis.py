"""The templates of the AWS stage, as the static proof reads them."""

import json
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from infra import cache
from infra.artifacts import ROOT
from infra.assembly import Assembly, load

_SOURCES: Final = ("uv.lock", "infra", "services", "shared")


def templates(context: Mapping[str, str] | None = None) -> Assembly:
    """Synthesize the stacks for AWS, unless that was done with these very sources and this context.

    The simulated partners are among them: real ones have the same. Artifacts are empty: nothing in a template but the
    hash depends on them. Synthesis fails on every finding
    of cdk-nag that is not accepted with a reason.
    """
    key = cache.digest(
        sys.version.encode(),
        json.dumps(context or {}, sort_keys=True).encode(),
        *cache.sources(ROOT, *(ROOT / name for name in _SOURCES)),
    )
    return load(
        cache.once(cache.DIRECTORY, "templates", key, lambda directory: _synthesize(directory, context))
    )


def _synthesize(directory: Path, context: Mapping[str, str] | None) -> None:
    from infra.app import build_app  # noqa: PLC0415 (takes seconds, and most runs find the templates)

    directory.mkdir()
    artifact = directory / "empty.zip"
    zipfile.ZipFile(artifact, "w").close()
    build_app(
        {"partners": "all", **(context or {})}, outdir=str(directory), artifact_of=lambda _: artifact
    ).synth()
