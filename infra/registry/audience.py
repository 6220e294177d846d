"""Who emits an event, and who listens to it: what the services' sources say, and the rules of the templates."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from infra.artifacts import ROOT
from infra.assembly import Assembly, Resource
from infra.naming import AWS_ENVIRONMENT, Names
from infra.proof.filters import event_schema, may_match, on_the_bus
from infra.registry.published import Publication
from wild_rydes_contracts import Event, Message

_SOURCES: Final = ("services/*/src", "docs/examples/*/src")
_METADATA: Final = ("first_of", "caused_by")
_NAMES: Final = Names(AWS_ENVIRONMENT)


@dataclass(frozen=True, order=True)
class Listener:
    """A rule on the bus that an event can match, and the function that reads what it brings. All by plain names."""

    service: str
    rule: str
    queue: str
    function: str


def listeners(
    event: type[Event] | None, assembly: Assembly, published: Sequence[Publication] = ()
) -> list[Listener]:
    """List who hears of an event, or of some with certain values, by the rules of templates.

    That is the event as its class is, and as it was `published`: a rule may ask for a field that the class has no more.
    """
    schemas = [event_schema(event)] if event else []
    for each in published:
        if each.source:
            asks = each.answered_with is not None
            schemas.append(on_the_bus(each.schema, each.name, each.source, asks=asks))
    return sorted(
        _listener(rule, target["Arn"], assembly)
        for rule in assembly.all("AWS::Events::Rule")
        # On the default bus are AWS's events.
        if "EventPattern" in rule.properties
        and "EventBusName" in rule.properties
        and any(may_match(rule.properties["EventPattern"], schema) for schema in schemas)
        for target in rule.properties["Targets"]
    )


@cache
def emitters(contract: type[Message], root: Path = ROOT) -> tuple[str, ...]:
    """List the services whose sources make a message, by the names of their folders."""
    return tuple(
        sorted(
            source.parent.name
            for pattern in _SOURCES
            for source in root.glob(pattern)
            if any(contract.__name__ in _made_in(file) for file in source.rglob("*.py"))
        )
    )


@cache
def _made_in(file: Path) -> frozenset[str]:
    """The names of the classes and functions that a module calls, and of the contracts that it makes metadata for."""
    return frozenset(_called(ast.parse(file.read_text())))


def _called(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id
            if node.func.id in _METADATA:
                yield from (argument.id for argument in node.args if isinstance(argument, ast.Name))


def _listener(rule: Resource, target: object, assembly: Assembly) -> Listener:
    plain = _NAMES.plain
    queue = plain(assembly.text(rule.stack, target))
    for mapping in assembly.all("AWS::Lambda::EventSourceMapping"):
        source = assembly.text(mapping.stack, mapping.properties["EventSourceArn"])
        if mapping.stack == rule.stack and plain(source) == queue:
            function = plain(assembly.invoked(mapping))
            break
    else:
        raise ValueError(f"{rule.where}: nobody reads {queue}")
    service = next(
        each.properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
        for each in assembly.all("AWS::Lambda::Function")
        if plain(assembly.text(each.stack, each.properties["FunctionName"])) == function
    )
    return Listener(service, plain(assembly.text(rule.stack, rule.properties["Name"])), queue, function)
