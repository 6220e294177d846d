"""The architecture as the synthesized templates have it: nodes, and the ways that messages can take between them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from infra import roster
from infra.assembly import Assembly, Resource, as_list
from infra.naming import BUS_NAME, Names

_DEAD_LETTERS: Final = "-dlq"
_PARKING: Final = "-parking"
_SERVICE: Final = "POWERTOOLS_SERVICE_NAME"
_WRITES: Final = frozenset({"PutItem", "UpdateItem", "TransactWriteItems", "BatchWriteItem", "DeleteItem"})
_OUTSIDE: Final = {
    "rfq-api": ("customers",),
    "rfq-socket": ("customers",),
    "machine-api": ("programs",),
    "unicorn-api": ("unicorns",),
    "unicorn-socket": ("unicorns",),
    "support-api": ("support",),
}
"""Who calls an API. Templates do not say."""
_PEOPLE: Final = {
    "customers": "Customers",
    "programs": "Programs",
    "unicorns": "Unicorns",
    "support": "Support team",
    "phones": "Phones",
}
_PARTNER_API: Final = "partner-api"

BUS: Final = f"bus:{BUS_NAME}"
PHONES: Final = "outside:phones"


@dataclass(frozen=True)
class Node:
    """Something that messages pass. `id` is its kind and its plain name."""

    id: str
    kind: str
    name: str
    service: str = ""
    """Who owns it; empty for the bus and for what is outside."""
    hides_for: int | None = None
    """Of a queue: seconds for which it hides a message that somebody has in hand."""


@dataclass(frozen=True)
class Edge:
    """A way from one node to another, and what happens on it."""

    source: str
    target: str
    kind: str


@dataclass(frozen=True)
class Architecture:
    """All nodes by their ids, and all ways between them."""

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    _into: Mapping[str, list[Edge]] = field(default_factory=dict)
    _out_of: Mapping[str, list[Edge]] = field(default_factory=dict)

    @classmethod
    def of(cls, nodes: Mapping[str, Node], edges: Iterator[Edge]) -> "Architecture":
        """Leave out ways to what is not there, such as the queues of another team."""
        kept = tuple(dict.fromkeys(edge for edge in edges if edge.source in nodes and edge.target in nodes))
        into: dict[str, list[Edge]] = {}
        out_of: dict[str, list[Edge]] = {}
        for edge in kept:
            into.setdefault(edge.target, []).append(edge)
            out_of.setdefault(edge.source, []).append(edge)
        return cls(nodes, kept, into, out_of)

    def into(self, node: str, kind: str) -> list[str]:
        """List what leads to a node in this way."""
        return [edge.source for edge in self._into.get(node, ()) if edge.kind == kind]

    def out_of(self, node: str, kind: str) -> list[str]:
        """List where a node leads in this way."""
        return [edge.target for edge in self._out_of.get(node, ()) if edge.kind == kind]

    def hidden_for(self, function: str) -> int | None:
        """After how many seconds the message of a dead worker comes again, at most; None if it does not read queues."""
        queues = (self.nodes[id_] for id_ in self.into(function, "delivers to"))
        return max((queue.hides_for for queue in queues if queue.hides_for is not None), default=None)

    def to_json(self) -> dict[str, Any]:
        """Write it for the page."""
        return {
            "nodes": [vars(node) for node in self.nodes.values()],
            "edges": [vars(edge) for edge in self.edges],
        }


def architecture(assembly: Assembly, names: Names) -> Architecture:
    """Read the architecture from templates, whose names are those of an environment."""
    reader = _Reader(assembly, names)
    return Architecture.of({node.id: node for node in reader.nodes()}, reader.edges())


class _Reader:
    def __init__(self, assembly: Assembly, names: Names) -> None:
        self._assembly = assembly
        self._names = names
        self._functions = {
            self._name(each, "FunctionName"): each
            for each in assembly.all("AWS::Lambda::Function")
            if _SERVICE in _variables(each)
        }
        self._services = {each.stack: _variables(each)[_SERVICE] for each in self._functions.values()}

    def nodes(self) -> Iterator[Node]:
        yield Node(BUS, "bus", BUS_NAME)
        for id_, title in _PEOPLE.items():
            yield Node(f"outside:{id_}", "outside", title)
        for id_, row in roster.partners().items():
            yield Node(f"partner:{id_}", "partner", row["name"])
        for name, function in self._functions.items():
            yield self._node("function", name, function)
        for queue in self._ours("AWS::SQS::Queue"):
            name = self._name(queue, "QueueName")
            node = self._node(_kind_of_queue(name), name, queue)
            yield replace(node, hides_for=queue.properties.get("VisibilityTimeout"))
        for table in self._ours("AWS::DynamoDB::Table"):
            yield self._node("table", self._name(table, "TableName"), table)
        for topic in self._ours("AWS::SNS::Topic"):
            yield self._node("topic", self._name(topic, "TopicName"), topic)
        for rule in self._ours("AWS::Events::Rule"):
            kind = "rule" if "EventBusName" in rule.properties else "schedule"
            yield self._node(kind, self._name(rule, "Name"), rule)
        for api in self._apis():
            yield self._node(*self._api(api), api)

    def edges(self) -> Iterator[Edge]:
        yield from self._from_outside()
        yield from self._through_apis()
        yield from self._through_rules()
        yield from self._through_queues()
        for name, function in self._functions.items():
            yield from self._by_leave(f"function:{name}", function)
            if partner := _variables(function).get("PARTNER_ID"):
                yield Edge(f"function:{name}", f"partner:{partner}", "calls")

    def _from_outside(self) -> Iterator[Edge]:
        for api in self._apis():
            kind, name = self._api(api)
            for who in _OUTSIDE.get(name, ()):
                yield Edge(f"outside:{who}", f"{kind}:{name}", "calls")
                if kind == "socket":
                    yield Edge(f"{kind}:{name}", f"outside:{who}", "pushes")
            if name == _PARTNER_API:
                for partner in roster.partners():
                    yield Edge(f"partner:{partner}", f"{kind}:{name}", "calls")

    def _through_apis(self) -> Iterator[Edge]:
        for each in self._ours("AWS::ApiGatewayV2::Integration"):
            yield from self._invoked(each, each.properties["ApiId"], each.properties["IntegrationUri"])
        for each in self._ours("AWS::ApiGateway::Method"):
            uri = each.properties.get("Integration", {}).get("Uri")
            yield from self._invoked(each, each.properties["RestApiId"], uri)

    def _invoked(self, resource: Resource, api: Any, uri: Any) -> Iterator[Edge]:  # noqa: ANN401 - parts of a template
        for node in self._mentioned(resource.stack, api):
            for target in self._mentioned(resource.stack, uri):
                yield Edge(node, target, "invokes")

    def _through_rules(self) -> Iterator[Edge]:
        for rule in self._ours("AWS::Events::Rule"):
            on_bus = "EventBusName" in rule.properties
            id_ = f"{'rule' if on_bus else 'schedule'}:{self._name(rule, 'Name')}"
            if on_bus:
                yield Edge(BUS, id_, "matches")
            for target in rule.properties["Targets"]:
                for node in self._mentioned(rule.stack, target["Arn"]):
                    yield Edge(id_, node, "targets")

    def _through_queues(self) -> Iterator[Edge]:
        for queue in self._ours("AWS::SQS::Queue"):
            here = self._queue(self._name(queue, "QueueName"))
            behind = queue.properties.get("RedrivePolicy", {}).get("deadLetterTargetArn")
            for node in self._mentioned(queue.stack, behind):
                yield Edge(here, node, "gives up to")
        for mapping in self._assembly.all("AWS::Lambda::EventSourceMapping"):
            function = f"function:{self._plain(self._assembly.invoked(mapping))}"
            for node in self._mentioned(mapping.stack, mapping.properties["EventSourceArn"]):
                yield Edge(node, function, "streams to" if node.startswith("table:") else "delivers to")
            failed = mapping.properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
            for node in self._mentioned(mapping.stack, failed):
                yield Edge(function, node, "gives up to")
        for subscription in self._ours("AWS::SNS::Subscription"):
            [topic] = self._mentioned(subscription.stack, subscription.properties["TopicArn"]) or [""]
            for node in self._mentioned(subscription.stack, subscription.properties["Endpoint"]):
                yield Edge(topic, node, "delivers to")
            yield Edge(PHONES, topic, "texts")

    def _by_leave(self, function: str, resource: Resource) -> Iterator[Edge]:
        """Find the ways that a function's role lets it take."""
        for action, target in self._leaves(resource):
            service, _, operation = action.partition(":")
            if service == "events" and operation == "PutEvents":
                yield Edge(function, BUS, "publishes to")
            elif service == "sqs" and operation == "SendMessage":
                for node in self._queues_in(resource.stack, target):
                    given_up = node.partition(":")[0] != "queue"
                    yield Edge(function, node, "gives up to" if given_up else "sends to")
            elif service == "dynamodb" and operation in _WRITES:
                for node in self._mentioned(resource.stack, target):
                    yield Edge(function, node, "writes to")
            elif service == "execute-api" and operation == "ManageConnections":
                for node in self._mentioned(resource.stack, target):
                    yield Edge(function, node, "pushes to")
            elif operation == "SendTextMessage":
                yield Edge(function, PHONES, "texts")

    def _leaves(self, function: Resource) -> Iterator[tuple[str, Any]]:
        role = self._assembly.behind(function.stack, function.properties["Role"])
        for policy in self._assembly.all("AWS::IAM::Policy"):
            roles = policy.properties.get("Roles", ())
            if role and policy.stack == function.stack and {"Ref": role.logical_id} in roles:
                for statement in policy.properties["PolicyDocument"]["Statement"]:
                    for action in as_list(statement.get("Action", [])):
                        for target in as_list(statement["Resource"]):
                            yield action, target

    def _queues_in(self, stack: str, target: Any) -> list[str]:  # noqa: ANN401 - any part of a template
        if found := self._mentioned(stack, target):
            return [node for node in found if node.partition(":")[0] in ("queue", "dead-letter", "parking")]
        name = self._plain(_last_text(target).rpartition(":")[2])  # the ARN of another stack's queue
        return [self._queue(name)] if name else []

    def _mentioned(self, stack: str, value: Any) -> list[str]:  # noqa: ANN401 - any part of a template
        """List the nodes of its own stack that a value mentions."""
        found = []
        for logical_id in _references(value):
            if logical_id not in self._assembly.templates[stack]["Resources"]:
                continue
            resource = self._assembly.at(stack, logical_id)
            match resource.type:
                case "AWS::Lambda::Function" | "AWS::Lambda::Alias":
                    found.append(f"function:{self._name(resource, 'FunctionName')}")
                case "AWS::SQS::Queue":
                    found.append(self._queue(self._name(resource, "QueueName")))
                case "AWS::DynamoDB::Table":
                    found.append(f"table:{self._name(resource, 'TableName')}")
                case "AWS::SNS::Topic":
                    found.append(f"topic:{self._name(resource, 'TopicName')}")
                case "AWS::ApiGatewayV2::Api" | "AWS::ApiGateway::RestApi":
                    found.append(":".join(self._api(resource)))
        return found

    def _ours(self, type_: str) -> Iterator[Resource]:
        """Go through the resources of a type in the stacks of services. The platform has some for operators."""
        return (each for each in self._assembly.all(type_) if each.stack in self._services)

    def _apis(self) -> Iterator[Resource]:
        yield from self._ours("AWS::ApiGatewayV2::Api")
        yield from self._ours("AWS::ApiGateway::RestApi")

    def _api(self, api: Resource) -> tuple[str, str]:
        kind = "socket" if api.properties.get("ProtocolType") == "WEBSOCKET" else "api"
        return kind, self._name(api, "Name")

    def _node(self, kind: str, name: str, resource: Resource) -> Node:
        return Node(f"{kind}:{name}", kind, name, self._services.get(resource.stack, ""))

    def _name(self, resource: Resource, key: str) -> str:
        return self._plain(self._assembly.text(resource.stack, resource.properties[key]))

    def _plain(self, name: str) -> str:
        return self._names.plain(name)

    def _queue(self, name: str) -> str:
        return f"{_kind_of_queue(name)}:{name}"


def _kind_of_queue(name: str) -> str:
    if name.endswith(_DEAD_LETTERS):
        return "dead-letter"
    return "parking" if name.endswith(_PARKING) else "queue"


def _variables(function: Resource) -> dict[str, str]:
    return dict(function.properties.get("Environment", {}).get("Variables", {}))


def _references(value: Any) -> Iterator[str]:  # noqa: ANN401 - any part of a template
    """Go through the logical ids that a value refers to, however deep."""
    match value:
        case {"Ref": str(logical_id)} | {"Fn::GetAtt": [str(logical_id), _]}:
            yield logical_id
        case dict():
            for inner in value.values():
                yield from _references(inner)
        case list():
            for inner in value:
                yield from _references(inner)


def _last_text(value: Any) -> str:  # noqa: ANN401 - any part of a template
    match value:
        case {"Fn::Join": [_, [*_, str(last)]]}:
            return last
        case str():
            return value
    return ""
