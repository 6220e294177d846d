"""An account: the models of all services that ours use, as the templates set them up."""

from collections.abc import Callable, Mapping
from typing import Any

from infra.rydes.simulators.phones.model import Phones
from tests.simulation.aws.cognito import Cognito
from tests.simulation.aws.connections import Connections
from tests.simulation.aws.dynamodb import DynamoDb, OnChange
from tests.simulation.aws.events import Events
from tests.simulation.aws.ids import Ids
from tests.simulation.aws.kms import Kms
from tests.simulation.aws.s3 import S3
from tests.simulation.aws.sms import SmsVoice
from tests.simulation.aws.sns import Sns, Subscription
from tests.simulation.aws.sqs import Sqs
from tests.simulation.aws.stores import SecretsManager, Ssm
from tests.simulation.stacks import Stacks

OUR_NUMBER = "+12065550100"


class Account:
    """The services of one world. `now` counts seconds, `staleness` those by which a read lags."""

    def __init__(
        self,
        stacks: Stacks,
        now: Callable[[], float],
        *,
        changed: OnChange,
        staleness: Callable[[], float],
        draw: Callable[[], float],
        secrets: Mapping[str, str],
        phones: Phones,
    ) -> None:
        self.dynamodb = DynamoDb.of(stacks.tables, now, changed, staleness)
        self.sqs = Sqs(stacks.queues, now, Ids("5000"), lambda: draw() < 0.5)
        self.events = Events(stacks.rules, now, Ids("e000"))
        self.sns = Sns(map(Subscription.of, stacks.subscriptions), now, Ids("a000"))
        self.s3 = S3(stacks.buckets, now)
        self.ssm = Ssm({**stacks.parameters, stacks.number_parameter: OUR_NUMBER})
        self.kms = Kms(stacks.keys, Ids("b000"))
        self.cognito = Cognito(stacks.user_pool)
        self.sms = SmsVoice(phones, numbers=[OUR_NUMBER], configuration_sets=stacks.configuration_sets)
        self.sockets = {url: Connections() for url in stacks.sockets}
        self._services: dict[str, Any] = {
            "dynamodb": self.dynamodb,
            "sqs": self.sqs,
            "events": self.events,
            "s3": self.s3,
            "ssm": self.ssm,
            "secretsmanager": SecretsManager(secrets),
            "kms": self.kms,
            "cognito-idp": self.cognito,
            "pinpoint-sms-voice-v2": self.sms,
            **{f"apigatewaymanagementapi {url}": each for url, each in self.sockets.items()},
        }

    def call(self, service: str, operation: str, arguments: Mapping[str, Any]) -> Any:
        """Make a call. Raises botocore's errors. A service that has an endpoint for each resource is named with it."""
        return getattr(self._services[service], operation)(arguments)
