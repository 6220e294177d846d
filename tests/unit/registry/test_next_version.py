"""The next version of every message, written beside it by `rydes contracts bump`: a class that works as it is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra.artifacts import ROOT
from infra.registry import next_version
from wild_rydes_contracts import EVENTS, MESSAGES, RideCompleted

_CHECK = """
from infra.registry.published import publications
from infra.registry.succession import check
from wild_rydes_contracts import EVENTS, MESSAGES
from wild_rydes_contracts.schemas import json_schema

contracts = (*EVENTS, *MESSAGES)
assert list(check(contracts, publications(), frozenset())) == []
for contract in contracts:
    if contract.follows:
        before, now = json_schema(contract.follows), json_schema(contract)
        assert now["$defs"][contract.__name__]["properties"] == before["$defs"][contract.follows.__name__]["properties"]
print(*[contract.__name__ for contract in contracts])
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the contracts."""
    copy = tmp_path / "shared/contracts/src/wild_rydes_contracts"
    shutil.copytree(next_version.SOURCES, copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return copy


def told_by(sources: Path, *, code: str) -> str:
    """What a program prints that finds the copy."""
    environment = {**os.environ, "PYTHONPATH": f"{sources.parent}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout  # noqa: S603


@pytest.mark.slow
def test_the_next_version_of_every_message_reads_the_one_before(sources: Path) -> None:
    for contract in (*EVENTS, *MESSAGES):
        new, files = next_version.write(contract, sources)
        assert new == f"{contract.name}V{contract.version + 1}"
        assert [file.parent for file in files] == [sources, sources]
    for command in (("check", "--quiet"), ("format", "--check", "--quiet")):
        subprocess.run([sys.executable, "-m", "ruff", *command, sources], check=True)  # noqa: S603
    names = told_by(sources, code=_CHECK).split()
    assert names == [name for each in (*EVENTS, *MESSAGES) for name in (each.__name__, f"{each.name}V2")]


def test_it_stands_after_the_old_one_with_its_fields_and_an_upcast(sources: Path) -> None:
    next_version.write(RideCompleted, sources)
    _, _, written = (sources / "rides.py").read_text().partition("class RideCompletedV2(RideEvent):\n")
    assert "    version: ClassVar[int] = 2\n    follows: ClassVar[type[Message]] = RideCompleted\n" in written
    assert written.endswith(
        '''
    @classmethod
    def upcast(cls, old: RideCompleted) -> Self:
        """Make it of what version 1 says."""
        return cls(
            ride_id=old.ride_id,
            rfq_id=old.rfq_id,
            responder_id=old.responder_id,
            customer_id=old.customer_id,
            completed_at=old.completed_at,
            time_zone=old.time_zone,
        )
'''
    )


@pytest.mark.slow
def test_a_version_after_that_follows_the_second(sources: Path) -> None:
    next_version.write(RideCompleted, sources)
    told_by(
        sources,
        code=(
            "from pathlib import Path\n"
            "from infra.registry import next_version\n"
            f"next_version.write(next_version.newest('RideCompleted'), Path({str(sources)!r}))"
        ),
    )
    text = (sources / "rides.py").read_text()
    _, _, third = text.partition("class RideCompletedV3(RideEvent):\n")
    assert "    version: ClassVar[int] = 3\n    follows: ClassVar[type[Message]] = RideCompletedV2\n" in third
    assert third.count("follows") == third.count("def upcast") == 1
    assert "def upcast(cls, old: RideCompletedV2) -> Self:" in third
    assert "RideCompletedV3" in told_by(sources, code=_CHECK)


def test_the_newest_version_is_found_by_name() -> None:
    assert next_version.newest("RideCompleted") is RideCompleted
    assert next_version.newest("RideForgotten") is None
