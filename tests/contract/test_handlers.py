"""The stacks and the services agree on the handlers: infra names them by string."""

import ast
from pathlib import Path

from tests.support.synth import Assembly

ROOT = Path(__file__).parents[2]


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
        service = function.properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
        named.setdefault(service, set()).add(function.properties["Handler"])
    assert named
    for service, handlers in named.items():
        assert handlers == handlers_of(ROOT / "services" / service / "src"), service
