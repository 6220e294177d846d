"""No test takes the time as it is imported: the run may come to it a quarter of an hour later."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.rules import CLOCKS, Module, Sources, calls_at_import, modules

ROOT = Path(__file__).parents[2]


def clocks_at_import(files: Sources) -> list[str]:
    """Where importing a module reads a clock: by itself, or through a function of these modules."""
    found = modules(files)
    reads = _readers(found)
    return [
        f"{module.path}:{call.lineno}: {name} is called as the module is imported"
        for module in found
        for statement in module.tree.body
        if not _is_a_program_s(statement)
        for call in calls_at_import(statement)
        if _is_clock(name := _called(module, call)) or name in reads
    ]


def _readers(found: list[Module]) -> set[str]:
    """The functions that read a clock, or call one that does."""
    calls = {
        f"{module.name}.{function.name}": {_called(module, call) for call in _calls(function)}
        for module in found
        for function in module.tree.body
        if isinstance(function, ast.FunctionDef)
    }
    reads: set[str] = set()
    while (
        more := {name for name, called in calls.items() if any(map(_is_clock, called)) or called & reads}
        - reads
    ):
        reads |= more
    return reads


def _calls(function: ast.FunctionDef) -> Iterator[ast.Call]:
    return (node for node in ast.walk(function) if isinstance(node, ast.Call))


def _is_a_program_s(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and ast.unparse(statement.test) == "__name__ == '__main__'"


def _called(module: Module, call: ast.Call) -> str:
    name = module.full_name(call.func)
    return name if "." in name else f"{module.name}.{name}"


def _is_clock(name: str) -> bool:
    return ".".join(name.split(".")[-2:]) in CLOCKS


def test_no_test_takes_the_time_as_it_is_imported() -> None:
    paths = (ROOT / "tests").rglob("*.py")
    files = {path.relative_to(ROOT).as_posix(): path.read_text() for path in paths}
    assert len(files) > 100
    assert clocks_at_import(files) == []


CLOCK = "from datetime import UTC, datetime\ndef token(): return [datetime.now(UTC)]\ndef made(): return token()\n"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("from datetime import UTC, datetime\nNOW = datetime.now(UTC)", "datetime.datetime.now"),
        ("import datetime as dt\nTODAY = dt.date.today()", "datetime.date.today"),
        ("import time\nclass A:\n    now: float = time.time()", "time.time"),
        ("from time import time_ns\ndef f(at=time_ns()): ...", "time.time_ns"),
        ("import time\n@parametrize('at', [param(time.time())])\ndef f(at): ...", "time.time"),
        ("from tests.support.clock import token\nBAD = {'old': token()}", "tests.support.clock.token"),
        ("from tests.support.clock import made\n@given(made())\ndef f(): ...", "tests.support.clock.made"),
        ("from tests.support import clock\nBAD = clock.made()", "tests.support.clock.made"),
    ],
)
def test_a_planted_clock_is_found(text: str, wrong: str) -> None:
    [found] = clocks_at_import({"tests/support/clock.py": CLOCK, "tests/unit/test_bad.py": text})
    assert found.startswith("tests/unit/test_bad.py:")
    assert f" {wrong} is called" in found


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import UTC, datetime\nNOW = datetime(2026, 5, 1, tzinfo=UTC)\ndef f(): return datetime.now(UTC)",
        "from tests.support.clock import token\nBAD = {'old': lambda: token()}",
        "import time\nif __name__ == '__main__':\n    print(time.time())",
        "import time\nclass A:\n    made: float = field(default_factory=time.time)\n    def f(self): time.time()",
    ],
)
def test_what_waits_for_the_test_is_not_found(text: str) -> None:
    assert clocks_at_import({"tests/support/clock.py": CLOCK, "tests/unit/test_good.py": text}) == []
