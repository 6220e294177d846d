"""A Lambda function, its handler and its tests go by one name. The stacks name the handlers as strings."""

import ast
from pathlib import Path

import pytest

from infra.assembly import Assembly

ROOT = Path(__file__).parents[2]
UNIT_TESTS = ROOT / "tests" / "unit"
FUNCTIONS = sorted(file for file in ROOT.glob("services/*/src/*/functions/*.py") if file.stem != "__init__")

# Functions that compose what has another name, and the tests of that.
COMPOSED = {
    "api": "{service}/api/test_*routes*.py",
    "authorizer": "http/test_socket_authorizer.py",
    "jobs_api": "{service}/api/test_job_routes.py",
    "machine_api": "http/test_rest_api.py",
    "replay": "messaging/test_replay.py",
}


def defines_handler(statement: ast.stmt) -> bool:
    match statement:
        case ast.FunctionDef(name="handler") | ast.Assign(targets=[ast.Name(id="handler")]):
            return True
        case ast.AnnAssign(target=ast.Name(id="handler")):
            return True
    return False


def handlers_of(source: Path) -> set[str]:
    """The handlers (`module.handler`) that a service's sources define."""
    return {
        ".".join([*file.relative_to(source).with_suffix("").parts, "handler"])
        for file in source.rglob("*.py")
        if any(map(defines_handler, ast.parse(file.read_text()).body))
    }


def test_every_function_names_a_handler_that_exists_and_every_handler_has_its_function(aws: Assembly) -> None:
    named: dict[str, set[str]] = {}
    for function in aws.all("AWS::Lambda::Function"):
        variables = function.properties.get("Environment", {}).get("Variables", {})
        if "POWERTOOLS_SERVICE_NAME" not in variables:
            continue  # CDK's own, which uploads the files of a page
        service = variables["POWERTOOLS_SERVICE_NAME"]
        named.setdefault(service, set()).add(function.properties["Handler"])
    assert named
    for service, handlers in named.items():
        assert handlers == handlers_of(ROOT / "services" / service / "src"), service


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda file: f"{file.parts[-3]}.{file.stem}")
def test_every_module_of_functions_is_a_function_and_has_tests_of_its_name(function: Path) -> None:
    """Which lie in the room of the use case or the route that the function composes."""
    assert any(map(defines_handler, ast.parse(function.read_text()).body))
    service, stem = function.parts[-3], function.stem
    rooms = [room for room in ("use_cases", "api") if (function.parents[1] / room / f"{stem}.py").exists()]
    patterns = [f"{service}/{room}/test_{stem}{more}.py" for room in rooms for more in ("", "_*")]
    patterns = patterns or [COMPOSED[stem].format(service=service)]
    assert any(list(UNIT_TESTS.glob(pattern)) for pattern in patterns), patterns
