"""What a function imports when its worker starts."""

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

_FORKING = """
import json, os, sys
import aws_lambda_powertools, botocore.session  # every function needs them; whatever they import counts
for line in sys.stdin:
    code, environment = json.loads(line)
    reader, writer = os.pipe()
    if not os.fork():
        os.environ.update(environment)
        os.dup2(2, 1)
        exec(code)
        with open(writer, "w") as modules:
            json.dump([*sys.modules], modules)
        os._exit(0)
    os.close(writer)
    with open(reader) as modules:
        print(modules.read(), flush=True)
    os.wait()
"""


def modules_after(code: str, environment: Mapping[str, str]) -> set[str]:
    """The modules that are loaded once a fresh worker has run `code`."""
    worker = _forking()
    worker.stdin.write(json.dumps([code, dict(environment)]) + "\n")
    worker.stdin.flush()
    loaded = worker.stdout.readline()
    assert loaded.strip(), "the code raised what stderr says"
    return set(json.loads(loaded))


@cache
def _forking() -> Any:
    """One for all tests: most of a cold start goes into packages that every function needs. Ends with its stdin."""
    command = [sys.executable, "-c", _FORKING]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
