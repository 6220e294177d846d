"""The templates of the AWS stage, as the static proof reads them."""

import json
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from infra import cache
from infra.artifacts import ROOT
from infra.assembly import Assembly, load
from infra.pages import WEB
from infra.proof.finding import Finding

_REPORT: Final = "validation-report.json"
_SOURCES: Final = ("uv.lock", "infra", "services", "shared")


class Refused(Exception):
    """CDK refuses the stacks: `findings` say why. `assembly` has the templates, if CDK has come so far."""

    def __init__(self, findings: Sequence[Finding], assembly: Assembly) -> None:
        super().__init__("\n".join(finding.why for finding in findings))
        self.findings = findings
        self.assembly = assembly


def templates(context: Mapping[str, str] | None = None) -> Assembly:
    """Synthesize the stacks for AWS, unless that was done with these very sources and this context.

    The simulated partners are among them: real ones have the same. Artifacts and pages are empty: nothing in a
    template but the hash depends on them.

    Raises:
        Refused: CDK's own checks fail, or cdk-nag has a finding that is not accepted with a reason.
    """
    key = cache.digest(
        sys.version.encode(),
        json.dumps(context or {}, sort_keys=True).encode(),
        *cache.sources(ROOT, *(ROOT / name for name in _SOURCES), without={WEB}),
    )
    return load(
        cache.once(cache.DIRECTORY, "templates", key, lambda directory: _synthesize(directory, context))
    )


def _synthesize(directory: Path, context: Mapping[str, str] | None) -> None:
    from infra.app import build_app  # noqa: PLC0415 (takes seconds, and most runs find the templates)

    directory.mkdir()
    artifact, page = directory / "empty.zip", directory / "empty-page"
    zipfile.ZipFile(artifact, "w").close()
    page.mkdir()
    try:
        build_app(
            {"partners": "all", **(context or {})},
            outdir=str(directory),
            artifact_of=lambda _: artifact,
            page_of=lambda _: page,
        ).synth()
    except RuntimeError as error:  # of CDK's own language
        raise Refused([*_refusals(directory, error)], load(directory)) from None


def _refusals(directory: Path, error: RuntimeError) -> Iterator[Finding]:
    report = directory / _REPORT
    if not report.exists():
        yield Finding("a construct that CDK refuses", "the stacks", str(error).strip(), "Mend what it names.")
        return
    for plugin in json.loads(report.read_text())["pluginReports"]:
        for violation in plugin["violations"]:
            for construct in violation["violatingConstructs"]:
                yield Finding(
                    f"{plugin['pluginName']} {violation['ruleName']}",
                    construct["constructPath"],
                    violation["description"],
                    "Mend the construct; accept() a finding of cdk-nag only with a reason that holds.",
                )
