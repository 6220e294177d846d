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
from infra.proof.finding import Finding
from infra.proof.synthesis import Refused, templates

FOLDER: Final = ROOT / "docs/examples"
FAILING: Final = "stacks that cannot be synthesized"


def examples(folder: Path = FOLDER) -> Assembly:
    """Synthesize the apps of all examples. Raises Refused, with the templates of the others, if one fails."""
    found: dict[str, dict[str, Any]] = {}
    findings: list[Finding] = []
    for settings in sorted(folder.glob("*/cdk.json")):
        try:
            found |= load(_synthesized(settings.parent)).templates
        except subprocess.CalledProcessError as failed:
            said = failed.stderr.decode(errors="replace").strip() or str(failed)
            to_do = "Let its app.py and its sources read what the contracts say now."
            findings.append(Finding(FAILING, settings.parent.name, said.splitlines()[-1].strip(), to_do))
    assembly = Assembly(folder, found)
    if findings:
        raise Refused(findings, assembly)
    return assembly


def with_examples(assembly: Assembly) -> Assembly:
    """Add the templates of the examples to those of the services. Raises Refused if an app fails."""
    return replace(assembly, templates={**assembly.templates, **examples().templates})


def everything() -> tuple[Assembly | None, list[Finding]]:
    """Synthesize services and examples, as far as that goes; the templates, and the examples that fail.

    What CDK refuses of the services is not told: `make proof` does that. Without any template of theirs it is None.
    """
    try:
        services = templates()
    except Refused as refused:
        services = refused.assembly
    except Exception as error:  # noqa: BLE001 - whatever a change does to the stacks, contracts are looked at
        why = f"{type(error).__name__}: {error}"
        return None, [Finding(FAILING, "the stacks", why, "Mend what it names: `make proof` tells more.")]
    findings: list[Finding] = []
    try:
        others = examples()
    except Refused as refused:
        others, findings = refused.assembly, list(refused.findings)
    if not services.templates:
        return None, findings
    return replace(services, templates={**services.templates, **others.templates}), findings


def _synthesized(example: Path) -> Path:
    """Synthesize an app for AWS, unless that was done with these very sources."""
    ours = cache.sources(ROOT, ROOT / "shared/contracts/src", ROOT / "uv.lock")
    key = cache.digest(sys.version.encode(), *cache.sources(example, example), *ours)
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
