"""Bring a local cloud up, or bring a running one up to date."""

import fcntl
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

from infra import archive
from infra.naming import BUS_ARN_PARAMETER
from infra.rydes.cloud import deploy, emulator, synth, toolchain
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.progress import Progress
from infra.rydes.cloud.settings import Settings
from infra.rydes.pages import process as pages
from infra.rydes.pages.config import configs
from infra.rydes.simulators.macie import process as macie
from infra.rydes.simulators.partners import process as fleets
from infra.rydes.simulators.phones import process as process_of_phones
from infra.rydes.simulators.phones.client import connect_number
from infra.rydes.simulators.textract import process as process_of_textract


def up(
    settings: Settings, progress: Progress, *, owned: bool, with_pages: bool = True
) -> "tuple[Cloud, subprocess.Popen[bytes] | None]":
    """Start the emulator, unless it runs, and deploy all stacks.

    Args:
        settings: the cloud's port and run directory, and the environment. Those that are deployed already stay.
        progress: shows the steps.
        owned: end a newly started emulator together with the calling process.
        with_pages: serve the pages that people look at, too.

    Returns:
        The cloud, and the emulator's process if this call started it. An owned emulator ends when the process
        object is collected: keep it.

    Raises:
        LocalCloudError: a step fails. An emulator that this call started is stopped again.
    """
    with alone(settings):
        found, process = emulator.running(settings.run_dir), None
        if found and found.port != settings.port:
            settings = replace(settings, port=found.port)
        if not found:
            emulator.require_free(settings.port)  # before anything else begins
        # The stacks contain its port. Calls wait in the socket until the simulator runs.
        phones = None if found and settings.phones_url else process_of_phones.listen(settings)
        textract = None if found and settings.textract_url else process_of_textract.listen(settings)
        try:
            cdk = progress.start("CDK command line", toolchain.install_cdk)
            assembly = progress.run(lambda: synth.synthesize(settings, progress))
            built = progress.start("build the pages", pages.build) if with_pages else None
            if not found:
                with progress("start the emulator"):
                    process = emulator.start(settings, toolchain.install_emulator(), owned=owned)
                    deploy.bootstrap(settings)
                macie.start(settings)
            if phones:
                process_of_phones.start(settings, phones)
            if textract:
                process_of_textract.start(
                    settings, textract
                )  # imports what it needs while the stacks are deployed
            partners = fleets.start(settings)
            assembly.result()
            with progress("deploy the stacks"):
                deploy.platform_first(settings)
                deploy.deploy(settings, cdk.result(), settings.assembly, settings.log("deploy"))
            cloud = Cloud(settings)
            archive.make(cloud.client("events"), cloud.parameters[BUS_ARN_PARAMETER], cloud.names)
            fleets.introduce(cloud, partners)
            connect_number(cloud)
            if built:
                pages.start(settings, built.result(), configs(cloud))
        except BaseException:
            if not found:
                emulator.stop(settings.run_dir)
            raise
    return cloud, process


@contextmanager
def alone(settings: Settings) -> Generator[None, None, None]:
    """Keep every other process from deploying to this cloud meanwhile.

    Raises:
        LocalCloudError: another one is deploying.
    """
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    with (settings.run_dir / "deploy.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LocalCloudError(
                "Another process is deploying to this local cloud.", "Try again when it is done."
            ) from error
        yield
