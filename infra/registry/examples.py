"""The stacks of the consumers in docs/examples, whose CDK apps are their own."""

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from infra import cache
from infra.artifacts import ROOT
from infra.assembly import Assembly, load

FOLDER: Final = ROOT / "docs/examples"


def examples() -> Assembly:
    """Synthesize the apps of all examples. Raises subprocess.CalledProcessError if one fails."""
    found: dict[str, dict[str, Any]] = {}
    for settings in sorted(FOLDER.glob("*/cdk.json")):
        found |= load(_synthesized(settings.parent)).templates
    return Assembly(FOLDER, found)


def with_examples(assembly: Assembly) -> Assembly:
    """Add the templates of the examples to those of the services. Raises subprocess.CalledProcessError if an app fails."""
    return replace(assembly, templates={**assembly.templates, **examples().templates})


def _synthesized(example: Path) -> Path:
    """Synthesize an app for AWS, unless that was done with these very sources."""
    sources = (example, ROOT / "shared/contracts/src", ROOT / "uv.lock")
    key = cache.digest(sys.version.encode(), *cache.sources(ROOT, *sources))
    return cache.once(
        cache.DIRECTORY, f"example-{example.name}", key, lambda directory: _synthesize(example, directory)
    )


def _synthesize(example: Path, directory: Path) -> None:
    """Run the app as the CDK command line would. Its artifact is empty: of a template only the hash depends on it."""
    directory.mkdir()
    artifact = directory / "empty.zip"
    zipfile.ZipFile(artifact, "w").close()
    settings = json.loads((example / "cdk.json").read_text())
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "CDK_OUTDIR": str(directory),
        "CDK_CONTEXT_JSON": json.dumps({**settings.get("context", {}), "artifact": str(artifact)}),
        "CDK_VALIDATION": "false",  # takes half of the time; `cdk deploy` does it
    }
    command = ["sh", "-c", settings["app"]]
    subprocess.run(command, cwd=example, env=environment, check=True, capture_output=True)  # noqa: S603
