"""Synthesize the CDK app for a local cloud, and build the artifacts that it deploys."""

import functools
import importlib.util
import json
import os
import re
import shutil
import sys
from collections.abc import Mapping
from compileall import compile_file
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from infra import artifacts, cache
from infra.pages import WEB
from infra.rydes.cloud.deploy import last_line, logged
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.progress import Progress
from infra.rydes.cloud.settings import (
    ACCOUNT,
    DEFAULT_PORT,
    REGION,
    ROOT,
    SERVICES,
    Settings,
    aws_environment,
)
from infra.rydes.cloud.toolchain import find_uv
from infra.rydes.simulators.textract.process import AFTER_THE_EMULATOR

EMULATOR, PHONES = f"http://localhost:{DEFAULT_PORT}", f"http://localhost:{DEFAULT_PORT + 1}"
TEXTRACT = f"http://localhost:{DEFAULT_PORT + AFTER_THE_EMULATOR}"
"""Where the stacks are made to find the cloud, its phones and its Textract, whatever its ports will be."""

_OPTIMIZED = 1
"""As with `python -O`: the argument checks of the constructs would take a fifth of the time."""


def synthesize(settings: Settings, progress: Progress) -> None:
    """Write the stacks of the local stage, and the artifacts, to the run directory.

    They are made again only if a source has changed, and serve every cloud of this user.

    Raises:
        LocalCloudError: an artifact cannot be built, or the app fails. The log has its traceback.
    """
    key = cache.digest(
        sys.version.encode(),
        settings.names.environment.encode(),
        *cache.sources(
            ROOT, *(ROOT / name for name in ("uv.lock", "infra", "services", "shared")), without={WEB}
        ),
    )

    def make(directory: Path) -> None:
        built = progress.start("build the Lambda artifacts", _build_artifacts)
        with progress("synthesize the stacks"):
            _run_app(settings, directory)
            built.result()

    kept = cache.once(cache.DIRECTORY, "assembly", key, make)
    shutil.rmtree(settings.assembly, ignore_errors=True)
    shutil.copytree(kept, settings.assembly)
    _move(
        settings.assembly,
        {
            EMULATOR: settings.endpoint,
            PHONES: settings.phones_url or PHONES,
            TEXTRACT: settings.textract_url or TEXTRACT,
        },
    )


def _move(assembly: Path, to: Mapping[str, str]) -> None:
    """Have the stacks find on this cloud's ports what they were made to find on others."""
    ports = {urlsplit(old).netloc: urlsplit(new).netloc for old, new in to.items()}
    known = re.compile("|".join(rf"\b{re.escape(port)}\b" for port in ports))
    for template in assembly.glob("*.template.json"):
        template.write_text(known.sub(lambda found: ports[found[0]], template.read_text()))


def _build_artifacts() -> None:
    """Build the artifact of each service that has a stack, before the app asks for it."""
    os.environ["UV"] = find_uv()  # where the builder looks for uv
    try:
        with ThreadPoolExecutor() as builders:
            list(builders.map(lambda service: artifacts.build(service, artifacts.local_target()), SERVICES))
    except artifacts.BuildError as error:
        raise LocalCloudError(
            f"A Lambda artifact cannot be built: {error}", "Building needs the PyPI registry."
        ) from error


def _run_app(settings: Settings, directory: Path) -> None:
    """Run the app as the CDK command line would, without its second of Node.

    The templates are not checked here: `make test` does that.
    """
    _compile_constructs()
    env = {
        **aws_environment(settings),
        "AWS_ENDPOINT_URL": EMULATOR,
        "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2": PHONES,
        "AWS_ENDPOINT_URL_TEXTRACT": TEXTRACT,
        "CDK_OUTDIR": str(directory),
        "CDK_CONTEXT_JSON": json.dumps({"stage": "local", "env": settings.names.environment}),
        "CDK_DEFAULT_ACCOUNT": ACCOUNT,
        "CDK_DEFAULT_REGION": REGION,
        "CDK_VALIDATION": "false",
    }
    log = settings.log("synth")
    if not logged([sys.executable, "-O", "-m", "infra.app"], env, log):
        raise LocalCloudError(f"The CDK app does not synthesize: {last_line(log)}.", f"See {log}")


def _compile_constructs() -> None:
    """Compile the parts of aws_cdk that the app imports on all cores, the first time.

    Importing them would compile one after the other, which takes longer than all the rest.
    """
    found = importlib.util.find_spec("aws_cdk")
    if found is None or found.origin is None:
        return  # the app will report it
    package = Path(found.origin)
    if Path(importlib.util.cache_from_source(package, optimization=_OPTIMIZED)).exists():
        return
    sources = "".join(path.read_text() for path in (ROOT / "infra").glob("[ps]*/*.py"))
    names = {"aws_ec2", *re.findall(r"\baws_[a-z0-9]+\b", sources)}  # aws_lambda imports aws_ec2, the largest
    modules = [package, *(package.parent / name / "__init__.py" for name in sorted(names))]
    with ProcessPoolExecutor() as pool:
        compile_ = functools.partial(compile_file, quiet=2, optimize=_OPTIMIZED)
        list(pool.map(compile_, [module for module in modules if module.exists()]))
