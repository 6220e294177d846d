"""The import rules of the design, and that their check would notice."""

from pathlib import Path

import pytest

from tests.architecture.rules import RULES, Repository, Sources, modules, sources, violations

ROOT = Path(__file__).parents[2]


def test_the_repository_keeps_the_rules() -> None:
    found = violations(sources(ROOT))
    assert not found, "\n" + "\n".join(found)


def test_every_package_of_the_workspace_is_looked_at() -> None:
    folders = ("services", "shared", "docs/examples")
    members = [file.parent for folder in folders for file in (ROOT / folder).glob("*/pyproject.toml")]
    packages = {p.name for m in members for p in (m / "src").iterdir() if p.is_dir()}
    assert {module.package for module in modules(sources(ROOT))} == {"infra", *packages}


RIDES, PHONES = "services/rides/src/rides", "services/phones/src/phones"
SURGE = "docs/examples/surge/src/surge"
CONTRACTS = "shared/contracts/src/wild_rydes_contracts"
MESSAGING = "shared/messaging/src/wild_rydes_messaging"
HTTP = "shared/http/src/wild_rydes_http"

SMALL_REPOSITORY: Sources = {
    f"{CONTRACTS}/__init__.py": (
        "import pydantic\nfrom importlib import import_module\n\n"
        "if TYPE_CHECKING:\n    from wild_rydes_contracts.catalogue import *\nelse:\n"
        "    def __getattr__(name):\n"
        "        return getattr(import_module('wild_rydes_contracts.catalogue'), name)\n"
    ),
    f"{MESSAGING}/__init__.py": "import botocore\n\nfrom wild_rydes_contracts import Message\n",
    f"{HTTP}/__init__.py": "import json\n",
    f"{RIDES}/__init__.py": "",
    f"{RIDES}/domain/__init__.py": "",
    f"{RIDES}/domain/ride.py": (
        "import h3\nfrom collections.abc import Sequence\nfrom datetime import datetime\n"
        "from importlib.resources import files\nfrom uuid import UUID\n\n"
        "from rides.domain.fares import fare\nfrom wild_rydes_contracts.metadata import first_of\n"
    ),
    f"{RIDES}/domain/fares.py": "def fare(now: int) -> int:\n    return now\n",
    f"{RIDES}/adapters/__init__.py": '"""What a service may say here."""\n',
    f"{RIDES}/adapters/table.py": (
        "import urllib3\nfrom botocore.session import Session\n\nfrom rides.domain.ride import Ride\n\n"
        "def client() -> object:\n    return Session().create_client('dynamodb')\n"
    ),
    f"{RIDES}/api/__init__.py": "",
    f"{RIDES}/api/routes.py": (
        "from botocore.exceptions import ClientError\n\nfrom rides.adapters import table\n"
        "from wild_rydes_http import x\n"
    ),
    f"{RIDES}/use_cases/__init__.py": "",
    f"{RIDES}/use_cases/socket.py": (
        "from botocore.exceptions import ClientError\n\nfrom ..api.routes import x\nfrom . import y\n"
    ),
    f"{RIDES}/functions/__init__.py": "from wild_rydes_runtime import cold_start\n\ncold_start.begin()\n",
    f"{RIDES}/functions/socket.py": (
        "import os\n\nimport boto3\nfrom aws_lambda_powertools import Logger\n\n"
        "from rides.adapters import table\nfrom rides.use_cases import socket\n"
        "from wild_rydes_http import x\n\n"
        "TABLE = os.environ['TABLE']\nCLIENT = boto3.client('s3')\nLOGGER = Logger()\n"
    ),
    f"{PHONES}/__init__.py": "",
    f"{PHONES}/use_cases/sms.py": "from wild_rydes_messaging import Consumer\n",
    "infra/app.py": (
        "import os\n\nfrom infra.naming import X\nfrom wild_rydes_contracts import rule_pattern\n\n"
        "X = os.environ\n"
    ),
    f"{SURGE}/consumer.py": (
        "import os\n\nimport boto3\n\nfrom surge.queue import read\nfrom wild_rydes_contracts import RfqRequested\n\n"
        "SQS = boto3.client('sqs', endpoint_url=os.environ['URL'])\n"
    ),
    f"{SURGE}/queue.py": "",
    "infra/naming.py": "",
    "infra/rydes/cli.py": (
        "import boto3\n\nfrom infra import naming\nfrom infra.rydes.trace import trace\n"
        "from wild_rydes_messaging import x\n\nS3 = boto3.client('s3')\n"
    ),
    "infra/rydes/trace.py": "from wild_rydes_contracts import Event\n",
}
"""A repository that keeps the rules."""


def test_nothing_is_wrong_with_the_small_repository() -> None:
    assert violations(SMALL_REPOSITORY) == []


def test_what_others_wrote_is_not_looked_at(tmp_path: Path) -> None:
    for file in ("infra/app.py", "infra/node_modules/x.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    assert list(sources(tmp_path)) == ["infra/app.py"]


def plant(files: Sources, file: str, text: str) -> Sources:
    """Add `text` to a file, which may be a new one."""
    return {**files, file: f"{files.get(file, '')}\n{text}\n"}


def planted(file: str, text: str) -> list[str]:
    """What is found after `text` was added to a file of the small repository."""
    return violations(plant(SMALL_REPOSITORY, file, text))


SHARED_PACKAGES = [
    (f"{CONTRACTS}/bad.py", "import wild_rydes_messaging", "may not import wild_rydes_messaging"),
    (f"{CONTRACTS}/bad.py", "import rides", "wild_rydes_contracts may not import rides"),
    (f"{MESSAGING}/bad.py", "from wild_rydes_http import x", "may not import wild_rydes_http"),
    (f"{MESSAGING}/bad.py", "from rides.domain import ride", "wild_rydes_messaging may not import rides"),
    (f"{MESSAGING}/bad.py", "import infra.naming", "wild_rydes_messaging may not import infra"),
    (f"{HTTP}/bad.py", "def f():\n import rides", "wild_rydes_http may not import rides"),
    (f"{HTTP}/bad.py", "from infra.rydes import cli", "wild_rydes_http may not import infra.rydes"),
    (f"{HTTP}/bad.py", "import tests.unit", "wild_rydes_http may not import tests"),
]

SERVICES = [
    (f"{PHONES}/use_cases/bad.py", "from rides.domain import ride", "phones may not import rides"),
    (f"{PHONES}/use_cases/bad.py", "if TYPE_CHECKING:\n    import rides.api", "phones may not import rides"),
    (f"{PHONES}/functions/bad.py", "importlib.import_module('rides')", "phones may not import rides"),
    (f"{PHONES}/functions/bad.py", "importlib.import_module(name='rides')", "phones may not import rides"),
    (
        f"{PHONES}/functions/bad.py",
        "from importlib import import_module as im\nim('rides')",
        "phones may not import rides",
    ),
    (f"{PHONES}/functions/bad.py", "import infra.naming", "phones may not import infra"),
    (f"{PHONES}/functions/bad.py", "import infra.rydes.cli", "phones may not import infra.rydes"),
    (f"{PHONES}/adapters/bad.py", "from tests import x", "phones may not import tests"),
]

INFRA = [
    ("infra/stacks/bad.py", "from rides.domain import ride", "infra may not import rides"),
    ("infra/stacks/bad.py", "import wild_rydes_messaging", "infra may not import wild_rydes_messaging"),
    ("infra/stacks/bad.py", "from infra.rydes.cli import app", "infra may not import infra.rydes"),
    ("infra/bad.py", "from infra import rydes", "infra may not import infra.rydes"),
    ("infra/bad.py", "from .rydes import cli", "infra may not import infra.rydes"),
    ("infra/bad.py", "import tests", "infra may not import tests"),
    ("infra/rydes/bad.py", "from rides.domain import ride", "infra.rydes may not import rides"),
    ("infra/rydes/bad.py", "from tests.support import x", "infra.rydes may not import tests"),
]

ROOMS = [
    (f"{RIDES}/bad.py", "", "rides.bad lies in none of the rooms"),
    (f"{RIDES}/partners/bad.py", "", "rides.partners.bad lies in none of the rooms"),
    (f"{RIDES}/domain/fares.py", "from rides.adapters import table", "domain may not import adapters"),
    (f"{RIDES}/domain/fares.py", "from rides.api.routes import x", "domain may not import api"),
    (f"{RIDES}/domain/fares.py", "import rides.use_cases.socket", "domain may not import use_cases"),
    (f"{RIDES}/domain/deep/bad.py", "from ...adapters import table", "domain may not import adapters"),
    (f"{RIDES}/adapters/bad.py", "from ..api import routes", "adapters may not import api"),
    (f"{RIDES}/adapters/bad.py", "from rides import use_cases", "adapters may not import use_cases"),
    (f"{RIDES}/api/bad.py", "from rides.use_cases import socket", "api may not import use_cases"),
    (f"{RIDES}/api/bad.py", "if TYPE_CHECKING:\n    import rides.use_cases", "api may not import use_cases"),
    (f"{RIDES}/domain/fares.py", "from rides.functions import x", "nothing may import functions"),
    (f"{RIDES}/use_cases/bad.py", "from rides.functions import socket", "nothing may import functions"),
    (f"{RIDES}/use_cases/bad.py", "from ..functions.socket import TABLE", "nothing may import functions"),
    (f"{RIDES}/functions/bad.py", "from rides.functions.socket import TABLE", "nothing may import functions"),
    (f"{RIDES}/functions/bad.py", "from . import socket", "nothing may import functions"),
    (f"{RIDES}/adapters/bad.py", "from rides import functions", "nothing may import functions"),
]

COMPOSITION = [
    (f"{PHONES}/use_cases/bad.py", "import os\ndef f(): os.environ", "only functions read"),
    (f"{PHONES}/adapters/bad.py", "from os import getenv", "only functions read"),
    (f"{PHONES}/api/bad.py", "import os as o\nX = o.environb", "only functions read"),
    (f"{PHONES}/use_cases/bad.py", "from os import environ as e\nX = e['X']", "only functions read"),
    (f"{PHONES}/use_cases/bad.py", "from posix import environ", "only functions read"),
    (f"{MESSAGING}/bad.py", "import os\nX = os.getenv('X')", "only functions read"),
    (f"{PHONES}/adapters/bad.py", "import boto3\nX = boto3.client('s3')", "may make a client"),
    (f"{PHONES}/adapters/bad.py", "class A:\n    x = boto3.resource('s3')", "may make a resource"),
    (f"{PHONES}/adapters/bad.py", "X = lambda y=Session(): y", "may make a Session"),
    (f"{PHONES}/use_cases/bad.py", "def f(log=Logger()): ...", "may make a Logger"),
    (f"{PHONES}/api/bad.py", "metrics = Metrics()", "may make a Metrics"),
    (f"{HTTP}/bad.py", "X = client('s3')", "may make a client"),
    (f"{PHONES}/adapters/bad.py", "from wild_rydes_runtime.aws import client as c\nX = c('s3')", "a client"),
    (f"{PHONES}/use_cases/bad.py", "from aws_lambda_powertools import Logger as L\nX = L()", "a Logger"),
]

IO = [
    *[
        (f"{RIDES}/{room}/bad.py", statement, f"{room} may not import {library}")
        for room in ("use_cases", "api")
        for statement, library in [
            ("import boto3", "boto3"),
            ("import botocore", "botocore"),
            ("from botocore.config import Config", "botocore.config"),
            ("from urllib3 import PoolManager", "urllib3"),
            ("import httpx", "httpx"),
            ("import requests", "requests"),
            ("import urllib.request", "urllib.request"),
            ("from http.client import HTTPSConnection", "http.client"),
            ("import http", "http"),
            ("import urllib", "urllib"),
            ("import urllib.parse\nurllib.request.urlopen(x)", "urllib.request"),
            ("import botocore.exceptions\nbotocore.config.Config()", "botocore.config"),
            ("import socket", "socket"),
            ("from subprocess import run", "subprocess"),
            ("import aiohttp", "aiohttp"),
            ("import ssl", "ssl"),
            ("import smtplib", "smtplib"),
            ("import ftplib", "ftplib"),
            ("import sqlite3", "sqlite3"),
            ("import asyncio", "asyncio"),
            ("import multiprocessing.pool", "multiprocessing.pool"),
        ]
    ],
    (f"{RIDES}/use_cases/bad.py", "def f():\n    import boto3", "use_cases may not import boto3"),
]

PURITY = [
    *[
        (f"{RIDES}/domain/ride.py", statement, f"domain may not import {module}")
        for statement, module in [
            ("import boto3", "boto3"),
            ("from botocore.exceptions import ClientError", "botocore.exceptions"),
            ("import os", "os"),
            ("import random", "random"),
            ("import secrets", "secrets"),
            ("from time import time", "time"),
            ("import importlib", "importlib"),
            ("from importlib.metadata import version", "importlib.metadata"),
            ("from pathlib import Path", "pathlib"),
            ("import logging", "logging"),
            ("from aws_lambda_powertools import Logger", "aws_lambda_powertools"),
            ("if TYPE_CHECKING:\n    from mypy_boto3_sqs import SQSClient", "mypy_boto3_sqs"),
            ("from wild_rydes_messaging import x", "wild_rydes_messaging"),
            ("from wild_rydes_http import x", "wild_rydes_http"),
        ]
    ],
    (f"{RIDES}/domain/ride.py", "def f(): return datetime.now(UTC)", "takes the time as an argument (now)"),
    (f"{RIDES}/domain/ride.py", "X = d.date.today()", "the time as an argument (today)"),
    (f"{RIDES}/domain/ride.py", "X = field(default_factory=datetime.utcnow)", "as an argument (utcnow)"),
    (f"{RIDES}/domain/ride.py", "def f(): return uuid.uuid4()", "takes chance as an argument (uuid.uuid4)"),
    (f"{RIDES}/domain/ride.py", "from uuid import uuid1 as u", "takes chance as an argument (uuid.uuid1)"),
    (f"{RIDES}/domain/ride.py", "from datetime import datetime as DT\nX = f(DT.now)", "an argument (now)"),
    (f"{RIDES}/domain/ride.py", "from wild_rydes_contracts.x import datetime\nX = f(datetime.now)", "(now)"),
    (f"{RIDES}/domain/ride.py", "import uuid as u\nX = u.uuid4()", "chance as an argument (uuid.uuid4)"),
    (f"{RIDES}/domain/ride.py", "exec(x)", "domain makes no code of data (exec)"),
    (f"{RIDES}/domain/ride.py", "eval(x)", "domain makes no code of data (eval)"),
    (f"{RIDES}/domain/ride.py", "compile(x, '', 'exec')", "domain makes no code of data (compile)"),
    (f"{RIDES}/domain/ride.py", "X = __import__(x)", "only functions import by name"),
    (f"{RIDES}/domain/ride.py", "def f(): open('x')", "domain does no I/O (open)"),
    (f"{RIDES}/domain/ride.py", "def f(): print('x')", "domain does no I/O (print)"),
]

ARGUMENTS = [
    (f"{RIDES}/use_cases/bad.py", text, f"use_cases take clock and clients as arguments ({name})")
    for text, name in [
        ("from wild_rydes_runtime.aws import client", "wild_rydes_runtime.aws.client"),
        ("from wild_rydes_runtime import clock", "wild_rydes_runtime.clock"),
        ("import wild_rydes_runtime as r\ndef f(): r.aws.client('s3')", "wild_rydes_runtime.aws"),
        ("from datetime import datetime\ndef f(): datetime.now(UTC)", "datetime.datetime.now"),
        ("from datetime import datetime as DT\ndef f(now=DT.now): ...", "datetime.datetime.now"),
        ("import datetime as d\ndef f(): d.date.today()", "datetime.date.today"),
        ("import time as t\ndef f(): t.time()", "time.time"),
        ("from time import monotonic as m", "time.monotonic"),
    ]
]

READABLE_IMPORTS = [
    (
        f"{RIDES}/use_cases/bad.py",
        "from importlib import import_module as im",
        "only functions import by name",
    ),
    (f"{RIDES}/api/bad.py", "import importlib as i; i.import_module(name='json')", "only functions import"),
    (
        f"{RIDES}/api/bad.py",
        "import importlib.resources\nimportlib.import_module(x)",
        "only functions import",
    ),
    (f"{RIDES}/domain/ride.py", "importlib.import_module(x)", "only functions import by name"),
    (f"{RIDES}/adapters/bad.py", "X = __import__", "only functions import by name"),
    (f"{HTTP}/bad.py", "from builtins import __import__ as i", "only functions import by name"),
    (f"{MESSAGING}/bad.py", "import runpy", "only functions import by name"),
    (f"{CONTRACTS}/bad.py", "from importlib import import_module", "only functions import by name"),
    (f"{CONTRACTS}/__init__.py", "X = import_module(x)", "only functions import by name"),
    (f"{CONTRACTS}/__init__.py", "import importlib", "only functions import by name"),
    (f"{CONTRACTS}/__init__.py", "from wild_rydes_contracts.catalogue import *", "may not be of *"),
    (f"{CONTRACTS}/bad.py", "if TYPE_CHECKING:\n    from .catalogue import *", "may not be of *"),
    (f"{RIDES}/use_cases/bad.py", "from os import *", "may not be of *"),
    (f"{RIDES}/domain/ride.py", "from datetime import *", "may not be of *"),
    (f"{RIDES}/functions/bad.py", "from os import *", "may not be of *"),
]

PACKAGES = [
    (f"{RIDES}/__init__.py", "X = 1", "holds a docstring at most"),
    (f"{RIDES}/domain/__init__.py", "from rides.domain.fares import fare", "holds a docstring at most"),
    (f"{RIDES}/adapters/__init__.py", "X = 1", "holds a docstring at most"),
    (f"{RIDES}/functions/__init__.py", "X = 1", "holds a docstring at most"),
    (f"{RIDES}/use_cases/__init__.py", "cold_start.begin()", "holds a docstring at most"),
]

SHADOWS = [
    (f"{MESSAGING}/queue.py", "", "wild_rydes_messaging.queue shadows the standard library's queue"),
    (f"{RIDES}/adapters/secrets.py", "", "rides.adapters.secrets shadows"),
    (f"{RIDES}/adapters/http/__init__.py", "", "rides.adapters.http shadows"),
    (f"{RIDES}/api/socket.py", "", "rides.api.socket shadows"),
    (f"{RIDES}/use_cases/queue.py", "", "rides.use_cases.queue shadows"),
    (f"{PHONES}/use_cases/socket.py", "", "phones.use_cases.socket shadows"),
]


EXAMPLES = [
    (f"{SURGE}/bad.py", "from wild_rydes_messaging import x", "surge may not import wild_rydes_messaging"),
    (f"{SURGE}/bad.py", "import rides.domain.ride", "surge may not import rides"),
    (f"{SURGE}/bad.py", "from infra import naming", "surge may not import infra"),
    (f"{RIDES}/use_cases/bad.py", "import surge", "rides may not import surge"),
]


PLANTED = [
    *EXAMPLES,
    *(*SHARED_PACKAGES, *SERVICES, *INFRA, *ROOMS, *COMPOSITION, *IO, *PURITY),
    *(*ARGUMENTS, *READABLE_IMPORTS, *PACKAGES, *SHADOWS),
]


@pytest.mark.parametrize(
    ("file", "text", "wrong"),
    PLANTED,
)
def test_a_planted_violation_is_found(file: str, text: str, wrong: str) -> None:
    found = planted(file, text)
    assert len(found) == 1, found
    assert found[0].startswith(f"{file}:")
    assert wrong in found[0]


def test_several_violations_are_all_found() -> None:
    found = planted(f"{RIDES}/domain/ride.py", "import boto3\nimport rides.api")
    assert [line.partition(": ")[2] for line in found] == [
        "domain may not import api, which lies above",
        "domain may not import boto3: it is not on the list of what is pure",
    ]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (
            f"{RIDES}/functions/queue.py",
            "import boto3\nfrom rides.domain import ride\nX = boto3.client('s3')",
        ),
        (f"{RIDES}/domain/ride.py", "def f(report: Report): return report.now < report.today"),
        (
            f"{RIDES}/adapters/bad.py",
            "from rides.adapters.table import client\nfrom rides.domain import ride",
        ),
        (f"{RIDES}/use_cases/bad.py", "from http import HTTPStatus\nfrom urllib.parse import quote"),
        (f"{RIDES}/use_cases/bad.py", "import urllib.parse\nX = urllib.parse.quote(HTTPStatus.OK)"),
        (f"{RIDES}/use_cases/bad.py", "import time\ndef f(self): return self.now(), time.sleep"),
        (f"{RIDES}/adapters/bad.py", "import importlib.resources\nX = importlib.resources.files('x')"),
        (f"{RIDES}/adapters/bad.py", "import importlib.metadata as m\nX = m.version('x')"),
        (f"{RIDES}/domain/ride.py", "import re\nX = re.compile('x')"),
        (f"{RIDES}/functions/bad.py", "from importlib import import_module\nX = import_module('json')"),
        ("infra/rydes/operator.py", "import infra.app\nimport wild_rydes_http"),
    ],
)
def test_what_is_allowed_is_not_found(file: str, text: str) -> None:
    assert planted(file, text) == []


def test_every_rule_is_seen_to_fail() -> None:
    files = SMALL_REPOSITORY
    for file, text, _ in PLANTED:
        files = plant(files, file, text)
    everything = Repository(files)
    for rule in RULES:
        assert any(list(rule(module, everything)) for module in everything.modules.values()), rule.__name__
