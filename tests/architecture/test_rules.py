"""The import rule of the design, and that its check would notice."""

from pathlib import Path

import pytest

from tests.architecture.rules import modules, violations

ROOT = Path(__file__).parents[2]


def test_the_repository_keeps_the_rules() -> None:
    assert violations(ROOT) == []


def test_every_package_of_the_workspace_is_looked_at() -> None:
    seen = {module.package for module in modules(ROOT)}
    members = [*(ROOT / "services").iterdir(), *(ROOT / "shared").iterdir()]
    assert seen == {"infra", *(p.name for m in members for p in (m / "src").iterdir() if p.is_dir())}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A small one that keeps the rules."""
    for file, text in {
        "shared/contracts/src/wild_rydes_contracts/__init__.py": "import pydantic\n",
        "shared/messaging/src/wild_rydes_messaging/__init__.py": "from wild_rydes_contracts import Message\n",
        "shared/http/src/wild_rydes_http/__init__.py": "import json\n",
        "services/rides/src/rides/__init__.py": "",
        "services/rides/src/rides/model.py": "from datetime import datetime\n\nfrom rides.fares import fare\n",
        "services/rides/src/rides/fares.py": "def fare() -> int: ...\n",
        "services/rides/src/rides/store.py": (
            "from botocore.session import Session\n\nfrom rides.model import Ride\n\n"
            "def client() -> object:\n    return Session().create_client('dynamodb')\n"
        ),
        "services/rides/src/rides/api.py": (
            "import os\n\nimport boto3\n\nfrom rides import store\nfrom wild_rydes_http import x\n\n"
            "TABLE = os.environ['TABLE']\nCLIENT = boto3.client('s3')\n\ndef handler() -> None: ...\n"
        ),
        "services/phones/src/phones/__init__.py": "from wild_rydes_messaging import Consumer\n",
        "infra/app.py": "import os\n\nfrom wild_rydes_contracts import rule_pattern\n\nX = os.environ\n",
        "infra/node_modules/x.py": "import rides\n",
    }.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    return tmp_path


def test_nothing_is_wrong_with_the_small_repository(repository: Path) -> None:
    assert violations(repository) == []


CONTRACTS = "shared/contracts/src/wild_rydes_contracts/bad.py"
MESSAGING = "shared/messaging/src/wild_rydes_messaging/bad.py"
HTTP = "shared/http/src/wild_rydes_http/bad.py"
PHONES = "services/phones/src/phones/bad.py"
FARES = "services/rides/src/rides/fares.py"
MODEL = "services/rides/src/rides/model.py"


@pytest.mark.parametrize(
    ("file", "text", "wrong"),
    [
        (
            CONTRACTS,
            "import wild_rydes_messaging",
            "wild_rydes_contracts may not import wild_rydes_messaging",
        ),
        (MESSAGING, "from wild_rydes_http import x", "wild_rydes_messaging may not import wild_rydes_http"),
        (MESSAGING, "from rides.model import Ride", "wild_rydes_messaging may not import rides"),
        (HTTP, "def f():\n import rides", "wild_rydes_http may not import rides"),
        (HTTP, "import tests.unit", "wild_rydes_http may not import tests"),
        (PHONES, "from rides import model", "phones may not import rides"),
        (PHONES, "if TYPE_CHECKING:\n    import rides.store", "phones may not import rides"),
        (PHONES, "import importlib\nimportlib.import_module('rides')", "phones may not import rides"),
        (PHONES, "import infra.naming", "phones may not import infra"),
        (PHONES, "from tests import x", "phones may not import tests"),
        ("infra/stacks/bad.py", "from rides import model", "infra may not import rides"),
        ("infra/rydes/bad.py", "from rides import model", "infra may not import rides"),
        ("infra/stacks/bad.py", "import wild_rydes_messaging", "infra may not import wild_rydes_messaging"),
        (PHONES, "import os\ndef f(): return os.environ['X']", "only a handler module reads the environment"),
        (PHONES, "from os import getenv", "only a handler module reads the environment"),
        (MESSAGING, "import os\nX = os.getenv('X')", "only a handler module reads the environment"),
        (PHONES, "import boto3\nX = boto3.client('s3')", "only a handler module makes a client"),
        (
            PHONES,
            "import boto3\nclass A:\n    x = boto3.resource('s3')",
            "only a handler module makes a resource",
        ),
        (PHONES, "def f(log=Logger()): ...", "only a handler module makes a Logger"),
        ("services/rides/src/rides/bad.py", "from rides import api", "rides.api is a handler module"),
        ("services/rides/src/rides/bad.py", "from .api import TABLE", "rides.api is a handler module"),
        (MODEL, "import boto3", "pure rules may not import boto3"),
        (
            MODEL,
            "from aws_lambda_powertools import Logger",
            "pure rules may not import aws_lambda_powertools",
        ),
        (MODEL, "import os", "pure rules may not import os"),
        (MODEL, "from wild_rydes_messaging import x", "pure rules may not import wild_rydes_messaging"),
        (MODEL, "def f(): return datetime.now(UTC)", "pure rules take the time as an argument (now)"),
        (FARES, "import random", "pure rules may not import random"),
    ],
)
def test_a_planted_violation_is_found(repository: Path, file: str, text: str, wrong: str) -> None:
    planted = repository / file
    planted.parent.mkdir(parents=True, exist_ok=True)
    with planted.open("a") as source:
        source.write(f"\n{text}\n")
    found = violations(repository)
    assert found
    assert all(line.startswith(f"{file}:") and wrong in line for line in found)
