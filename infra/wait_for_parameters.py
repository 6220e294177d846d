"""Wait until the SSM parameters that stacks read are there: `python3 -m infra.wait_for_parameters infra/cdk.out`.

CloudFormation refuses a stack whose parameters do not exist. The first push deploys the platform and all services at
once, and this makes the services wait for the platform. It needs the `aws` command line and no package, so that a
deployment job has to install none.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

_PAUSE: Final = 15.0  # seconds between two looks
_AT_ONCE: Final = 10  # https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
_TO_DO: Final = {
    "/cdk-bootstrap/": "run `cdk bootstrap` in this account and region",
    "/platform/": "deploy the platform of this environment: `-c service=platform`",
}
"""What makes a parameter, by a part of its name."""


def parameters(assembly: Path) -> list[str]:
    """List the names of the SSM parameters that the stacks of a synthesized app read."""
    declared = [
        parameter
        for template in assembly.glob("*.template.json")
        for parameter in json.loads(template.read_text()).get("Parameters", {}).values()
    ]
    kind = "AWS::SSM::Parameter::Value<"
    return sorted({str(found["Default"]) for found in declared if found["Type"].startswith(kind)})


def missing(names: Sequence[str]) -> Iterator[str]:
    """Ask AWS which of the parameters do not exist. Exits with the words of the `aws` command if it fails."""
    for begin in range(0, len(names), _AT_ONCE):
        asked = names[begin : begin + _AT_ONCE]
        done = subprocess.run(  # noqa: S603
            ["aws", "ssm", "get-parameters", "--output", "json", "--names", *asked],  # noqa: S607 (on the path)
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"✗ The parameters cannot be read: {done.stderr.strip()}")
        yield from json.loads(done.stdout)["InvalidParameters"]


def wait(
    names: Sequence[str],
    *,
    seconds: float,
    look: Callable[[Sequence[str]], Iterator[str]] = missing,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Return when all parameters are there. Exits with what is missing and what to deploy when time is up."""
    waited = 0.0
    while absent := list(look(names)):
        if waited >= seconds:
            sys.exit("\n".join(_explained(name) for name in absent))
        sys.stdout.write(f"waiting for {', '.join(absent)}\n")
        sys.stdout.flush()
        pause(_PAUSE)
        waited += _PAUSE


def _explained(name: str) -> str:
    to_do = next(
        (what for part, what in _TO_DO.items() if part in name), "the stack that makes it comes first"
    )
    return f"✗ There is no SSM parameter {name}: {to_do}."


def main() -> None:
    """Run the command."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("assembly", type=Path, help="where `cdk synth` has written the stacks")
    arguments.add_argument("--minutes", type=float, default=0, help="how long to wait, at most")
    given = arguments.parse_args()
    wait(parameters(given.assembly), seconds=given.minutes * 60)


if __name__ == "__main__":
    main()
