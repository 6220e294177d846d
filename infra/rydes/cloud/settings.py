"""Where one local cloud lives, its port and its run directory, and which environment on it is meant."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from infra.naming import PLAIN, Names
from infra.rydes.cloud.errors import LocalCloudError

ROOT = Path(__file__).resolve().parents[3]
DEFAULT_PORT = 4566

ACCOUNT = "000000000000"
REGION = "us-east-1"

SERVICES = sorted(
    path.parent.name
    for path in (ROOT / "services").glob("*/pyproject.toml")
    if (ROOT / "infra" / "stacks" / f"{path.parent.name.replace('-', '_')}.py").exists()
)
"""Those that have a stack: a service may be written before it is deployed."""


@dataclass(frozen=True)
class Settings:
    """One environment on a local cloud.

    Clouds with different ports and run directories live side by side, and so do environments on one cloud.
    """

    port: int = DEFAULT_PORT
    run_dir: Path = ROOT / ".run"
    names: Names = PLAIN
    records_calls: bool = False
    """Whether functions write their AWS calls to the folder `calls`, for `infra.proof`."""

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read ``RYDES_PORT``, ``RYDES_DIR`` and ``RYDES_ENV`` from this process's environment.

        Raises:
            LocalCloudError: the port is not a number between 1024 and 65535, or RYDES_ENV cannot name an environment.
        """
        port = os.environ.get("RYDES_PORT", str(DEFAULT_PORT))
        if not port.isdecimal() or not 1024 <= int(port) <= 65535:  # noqa: PLR2004 (the unprivileged ports)
            raise LocalCloudError(f"RYDES_PORT={port} is not a port.", "Give a number from 1024 to 65535.")
        run_dir = Path(os.environ.get("RYDES_DIR", cls.run_dir)).resolve()
        return cls(int(port), run_dir, names_from_environment(""))

    @property
    def endpoint(self) -> str:
        """The base URL of every AWS API of this cloud."""
        return f"http://localhost:{self.port}"

    @property
    def assembly(self) -> Path:
        """The directory of the synthesized stacks."""
        return self.run_dir / self.names.of("cdk.out")

    @property
    def phones_file(self) -> Path:
        """The file that has the phone simulator's URL."""
        return self.run_dir / "phones.url"

    @property
    def phones_url(self) -> str | None:
        """The base URL of the phone simulator, if there ever was one in this run directory."""
        return self.phones_file.read_text() if self.phones_file.exists() else None

    @property
    def textract_file(self) -> Path:
        """The file that has the URL of the simulator of Textract."""
        return self.run_dir / "textract.url"

    @property
    def textract_url(self) -> str | None:
        """The base URL of the simulator of Textract, if there ever was one in this run directory."""
        return self.textract_file.read_text() if self.textract_file.exists() else None

    @property
    def macie_file(self) -> Path:
        """The file that has the URL of the Macie simulator: `emulator_macie` reads it."""
        return self.run_dir / "macie.url"

    @property
    def throttles(self) -> Path:
        """The file that says which tables throttle: `emulator_main` reads it."""
        return self.run_dir / "throttles.json"

    @property
    def calls(self) -> Path:
        """The folder of the AWS calls that functions made, in a cloud that records them."""
        return self.run_dir / "calls"

    def log(self, name: str) -> Path:
        """Return the log file of a step or process."""
        return self.run_dir / "logs" / f"{name}.log"


def names_from_environment(default: str) -> Names:
    """Return the names of the environment that ``RYDES_ENV`` chooses.

    Raises:
        LocalCloudError: no environment can have this name.
    """
    return names_of(os.environ.get("RYDES_ENV") or default, said_by="RYDES_ENV")


def names_of(environment: str, said_by: str) -> Names:
    """Return the names of the environment that an option or a variable chooses.

    Raises:
        LocalCloudError: no environment can have this name.
    """
    try:
        return Names(environment)
    except ValueError as error:
        raise LocalCloudError(f"{said_by}: {error}.", "Choose another name.") from error


def aws_environment(settings: Settings) -> dict[str, str]:
    """Return the environment of a process that talks to this cloud as root, and to no real account."""
    ours = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": settings.endpoint,
        "AWS_ENDPOINT_URL_S3": settings.endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if settings.phones_url:
        ours["AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2"] = settings.phones_url
    if settings.textract_url:
        ours["AWS_ENDPOINT_URL_TEXTRACT"] = settings.textract_url
    # Without bytecode, importing aws_cdk takes 6 seconds instead of 2.
    unwanted = ("AWS_", "PYTHONDONTWRITEBYTECODE")
    others = {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}
    # The tools of this environment (node, for one) come before those of the machine.
    path = os.pathsep.join([str(Path(sys.executable).parent), others.get("PATH", os.defpath)])
    return {**others, **ours, "PATH": path}
