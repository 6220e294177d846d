"""Look at every resource of the deployed stacks, many at once, and find what is not as its stack promises."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from botocore.exceptions import BotoCoreError, ClientError

from infra import naming
from infra.rydes.cloud.aws import Account
from infra.rydes.verify.checks import data, doors, functions, messages, schemas
from infra.rydes.verify.promise import REDEPLOY, Flaw, Promise, State
from infra.rydes.verify.stacks import Location, Resource, Stack, StackMissing
from infra.rydes.verify.wiring import Wiring

STACKS = (
    naming.PLATFORM_STACK,
    naming.RIDE_BOOKING_STACK,
    naming.UNICORN_MGMT_STACK,
    naming.FEEDBACK_STACK,
    naming.SETTLEMENT_STACK,
)
_AT_ONCE = 8
DEPLOYED = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
_GONE = {
    *("ResourceNotFoundException", "NotFoundException", "NotFound", "NoSuchEntity", "404"),
    *("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "ParameterNotFound"),
}
"""Codes by which AWS's services say that something does not exist."""
_ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
_NOBODY_WOKEN = "nobody is woken"


@dataclass(frozen=True)
class Kind:
    """How to check resources of one type, and how to speak of them."""

    subject: str
    one: str
    many: str
    means: str
    """What happens if one is not as promised."""
    check: Callable[[Account, Resource], Iterator[Flaw]]


_FUNCTIONS, _MESSAGES, _DATA, _DOORS = "functions", "messages", "data", "doors"
_REFUSED, _LOST, _STILL = "AWS refuses what it does there", "messages are lost", "its work stands still"
_UNREAD = "consumers read of messages that are not those that are sent"
_DOOR_SHUT = "nobody answers at that door"
_KINDS = {
    f"AWS::{type_}": Kind(*row)
    for type_, row in {
        "Lambda::Function": (_FUNCTIONS, "function", "functions", _STILL, functions.function),
        "Lambda::EventSourceMapping": (_FUNCTIONS, "mapping", "mappings", _STILL, functions.mapping),
        "Lambda::Permission": (_FUNCTIONS, "permission", "permissions", _DOOR_SHUT, functions.permission),
        "IAM::Role": (_FUNCTIONS, "role", "roles", _REFUSED, functions.role),
        "IAM::Policy": (_FUNCTIONS, "policy", "policies", _REFUSED, functions.policy),
        "Events::EventBus": (_MESSAGES, "bus", "bus", "no service hears of another", messages.bus),
        "Events::Archive": (_MESSAGES, "archive", "archive", "no event can be replayed", messages.archive),
        "Events::Rule": (_MESSAGES, "rule", "rules", "its consumer hears nothing", messages.rule),
        "EventSchemas::Registry": (_MESSAGES, "registry", "registry", _UNREAD, schemas.registry),
        "EventSchemas::Schema": (_MESSAGES, "schema", "schemas", _UNREAD, schemas.schema),
        "SQS::Queue": (_MESSAGES, "queue", "queues", _LOST, messages.queue),
        "SQS::QueuePolicy": (_MESSAGES, "policy", "queue policies", _LOST, messages.queue_policy),
        "SNS::Topic": (_MESSAGES, "topic", "topics", _LOST, messages.topic),
        "SNS::TopicPolicy": (_MESSAGES, "policy", "topic policies", _LOST, messages.topic_policy),
        "SNS::Subscription": (_MESSAGES, "subscription", "subscriptions", _LOST, messages.subscription),
        "DynamoDB::Table": (_DATA, "table", "table", "nothing works", data.table),
        "S3::Bucket": (_DATA, "bucket", "bucket", "there are no status documents", data.bucket),
        "SecretsManager::Secret": (_DATA, "secret", "secrets", "whoever needs it fails", data.secret),
        "KMS::Key": (_DATA, "key", "key", "phone numbers cannot be read", data.key),
        "SSM::Parameter": (_DATA, "parameter", "parameters", "nobody finds the service", data.parameter),
        "Logs::LogGroup": (_DATA, "log group", "log groups", "nobody sees what went wrong", data.log_group),
        "Cognito::UserPool": (_DOORS, "user pool", "user pool", "nobody can sign in", doors.user_pool),
        "Cognito::UserPoolClient": (_DOORS, "client", "client", "no app can sign in", doors.user_pool_client),
        "Cognito::UserPoolGroup": (_DOORS, "group", "groups", "its members may do nothing", doors.group),
        "ApiGatewayV2::Api": (_DOORS, "API", "APIs", "nobody can call", doors.api),
        "ApiGatewayV2::Stage": (_DOORS, "stage", "stages", "nobody can call", doors.stage),
        "ApiGatewayV2::Route": (_DOORS, "route", "routes", _DOOR_SHUT, doors.route),
    }.items()
}


@dataclass(frozen=True)
class Finding:
    """A resource, what is wrong with it, and how people call it."""

    resource: Resource
    flaw: Flaw
    name: str

    @property
    def says(self) -> str:
        """The finding as a sentence without its end: `the rule unicorn-mgmt-inbox is disabled`."""
        return f"the {self.name} {self.flaw.what}"


@dataclass
class Inspection:
    """The resources of all stacks, and what is wrong with them."""

    account: Account
    resources: list[Resource] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def run(self) -> Iterator[Promise]:
        """Look at all stacks, and yield one promise for each kind of resource in each, and one for each flaw."""
        for promise, resources in self._stacks():
            yield promise
            self.resources += resources
        wanted = [each for each in self.resources if each.type in _KINDS]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            flaws = list(zip(wanted, pool.map(self._flaws, wanted), strict=True))
            alarms = [each for each in self.resources if each.type in _ALARMS]
            flawed = list(doors.alarms(self.account, alarms))
        for (service, subject), group in groupby(sorted(flaws, key=_turn), key=lambda each: _turn(each)[:2]):
            yield from self._promises(service, subject, list(group))
        yield from self._alarms(alarms, flawed)

    def _stacks(self) -> Iterator[tuple[Promise, list[Resource]]]:
        location = Location.of(self.account)
        for plain in STACKS:
            stack = Stack(self.account, location, self.account.names.of(plain))
            try:
                status, resources = stack.status, list(stack.resources())
            except StackMissing:
                yield (
                    Promise(
                        "stacks",
                        f"{stack.name} is not deployed",
                        State.BROKEN,
                        "nothing of it is there",
                        "Deploy it: docs/first-day-on-aws.md",
                    ),
                    [],
                )
                continue
            says = f"{stack.name} is deployed: {status}, {len(resources)} resources"
            if status in DEPLOYED:
                yield Promise("stacks", says), resources
            else:
                means = "its last deployment failed, or goes on"
                to_do = f"aws cloudformation describe-stack-events --stack-name {stack.name}"
                yield Promise("stacks", says, State.BROKEN, means, to_do), resources

    def _flaws(self, resource: Resource) -> list[Flaw]:
        try:
            return list(_KINDS[resource.type].check(self.account, resource))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _GONE:
                return [Flaw("is missing", REDEPLOY)]
            return [Flaw(f"cannot be looked at: {error}", "Look at your own permissions.", State.UNTRIED)]
        except BotoCoreError as error:
            return [Flaw(f"cannot be looked at: {error}", "Try again.", State.UNTRIED)]

    def _promises(
        self, service: str, subject: str, looked: Sequence[tuple[Resource, list[Flaw]]]
    ) -> Iterator[Promise]:
        sound = Counter(_KINDS[resource.type] for resource, flaws in looked if not flaws)
        if sound:
            counts = [f"{count} {kind.one if count == 1 else kind.many}" for kind, count in sound.items()]
            yield Promise(f"{service} {subject}", f"{', '.join(counts)} as promised")
        for resource, flaws in looked:
            kind = _KINDS[resource.type]
            for flaw in flaws:
                finding = Finding(resource, flaw, f"{kind.one} {self._name(resource)}".rstrip())
                self.findings.append(finding)
                yield Promise(f"{service} {subject}", finding.says, flaw.state, kind.means, flaw.to_do)

    def _alarms(
        self, alarms: Sequence[Resource], flawed: Sequence[tuple[Resource, Flaw]]
    ) -> Iterator[Promise]:
        if sound := len(alarms) - len(flawed):
            yield Promise("alarms", f"{sound} alarms watch")
        for resource, flaw in flawed:
            says = f"the alarm {resource.name} {flaw.what}"
            yield Promise("alarms", says, flaw.state, _NOBODY_WOKEN, flaw.to_do)

    def _name(self, resource: Resource) -> str:
        """Return the name under which people know a resource; some have none of their own."""
        wanted, functions = resource.properties, ", ".join(sorted(self._wiring.that_need(resource)))
        names: dict[str, Callable[[], str]] = {
            "AWS::Lambda::EventSourceMapping": lambda: (
                f"from {_last(wanted['EventSourceArn'])} to {functions}"
            ),
            "AWS::Lambda::Permission": lambda: "",  # what is wrong with it says whose it is
            "AWS::IAM::Policy": lambda: f"of {functions or resource.name}",
            "AWS::IAM::Role": lambda: f"of {functions or resource.name}",
            "AWS::Events::Rule": lambda: str(wanted["Name"]),
            "AWS::EventSchemas::Schema": lambda: str(wanted["SchemaName"]),
            "AWS::SQS::QueuePolicy": lambda: f"of {', '.join(map(_last, wanted['Queues']))}",
            "AWS::ApiGatewayV2::Route": lambda: f"{wanted['RouteKey']} of {wanted['ApiId']}",
        }
        return names.get(resource.type, lambda: resource.name)()

    @cached_property
    def _wiring(self) -> Wiring:
        return Wiring(self.resources)


def _turn(looked: tuple[Resource, list[Flaw]]) -> tuple[str, str, int, str]:
    resource, _ = looked
    kinds = list(_KINDS)
    return resource.service, _KINDS[resource.type].subject, kinds.index(resource.type), resource.name


def _last(place: str) -> str:
    """Return the name at the end of a URL or an ARN: of a queue, or of the table of a stream."""
    name = place.rpartition(":")[2]
    return name.split("/")[1] if ":table/" in place else name.rpartition("/")[2]
