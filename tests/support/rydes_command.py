"""The command, as an outside program runs it."""

import os
import subprocess
import sys
from pathlib import Path

from infra.rydes.cloud.cloud import Cloud


def rydes(cloud: Cloud, *arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the command as an outside program does."""
    settings = cloud.settings
    environment = {
        **os.environ,
        "RYDES_DIR": str(settings.run_dir),
        "RYDES_ENV": settings.names.environment,
        "COLUMNS": "200",
    }
    command = [str(Path(sys.executable).with_name("rydes")), *arguments]
    return subprocess.run(  # noqa: S603
        command, env=environment, input=typed, capture_output=True, text=True, check=False
    )
