"""feedback: SMS conversations after the ride. The service's README says what no template can create on AWS.

Some names are written twice, here and in the service. tests/infra/test_platform.py holds the indexes to the
service, and tests/contract/test_stream_filters.py the stream filters.
"""

from pathlib import Path
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_smsvoice as smsvoice
from constructs import Construct

from infra import naming
from infra.patterns.accept import accept
from infra.patterns.http_api import HttpApi
from infra.patterns.notifications import Notifications
from infra.patterns.replay import NoReplay
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack
from infra.patterns.stream_consumer import OF_A_STREAM, StreamConsumer
from infra.patterns.subscription import Subscription
from infra.stacks.feedback_figures import FeedbackFigures
from infra.stage import Stage
from wild_rydes_contracts import RideCompleted

SERVICE: Final = "feedback"
DUE_INDEX: Final = "by-due"
CALLBACK_INDEX: Final = "by-callback"
OPT_OUT_INDEX: Final = "by-opt-out"
SMS_SERVICE: Final = "sms-voice.amazonaws.com"

# A conversation changes once its customer is asked, or a score is added to its responder's. Before a customer
# is asked there is nothing to announce.
ANNOUNCED_CHANGES: Final = (
    {"eventName": ["MODIFY"], "dynamodb": {"NewImage": {"asked_at": {"N": [{"exists": True}]}}}},
    {"dynamodb": {"Keys": {"id": {"S": [{"prefix": "responder#"}]}}}},
)
# An SMS waits to be sent.
WAITING_SMS: Final = ({"dynamodb": {"NewImage": {"sms_state": {"S": ["waiting"]}}}},)


class FeedbackStack(ServiceStack):
    """A table and these functions.

    `rides` opens conversations; `replies`, `receipts` and `timers` move them on. `outreach` sends SMS,
    `outbox` announces what was written, and `api` serves the support team.
    """

    def __init__(self, scope: Construct, stage: Stage, artifact: Path) -> None:
        super().__init__(
            scope,
            naming.FEEDBACK_STACK,
            service=SERVICE,
            stage=stage,
            artifact=artifact,
            description="Wild Rydes: SMS conversations after the ride",
        )
        self._indexes()
        self._key = kms.Key(
            self,
            "Key",
            description="Encrypts phone numbers: replies, delivery receipts, strangers who are owed an answer",
            enable_key_rotation=True,
            pending_window=cdk.Duration.days(7),
            removal_policy=stage.data_removal,
        )
        kms.Alias(  # the name by which it is found again
            self,
            "KeyAlias",
            alias_name=f"alias/{stage.names.of(naming.NUMBER_KEY_ALIAS)}",
            target_key=self._key,
            removal_policy=stage.data_removal,
        )
        self._number_secret = self._make_number_secret()
        self._sms_name = stage.names.of(
            "wild-rydes-feedback"
        )  # of the configuration set and of the opt-out list
        self._rides()
        self._outreach()
        self._outbox()
        self._replies()
        self._receipts()
        self._timers()
        self._api()
        FeedbackFigures(self)

    def _indexes(self) -> None:
        # All are sparse: items have the attributes while timers or the support team must act, or while a number
        # wants no messages.
        self.table.add_global_secondary_index(
            index_name=DUE_INDEX,
            partition_key=dynamodb.Attribute(name="due", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="due_at", type=dynamodb.AttributeType.NUMBER),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )
        self.table.add_global_secondary_index(
            index_name=CALLBACK_INDEX,
            partition_key=dynamodb.Attribute(name="callback", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="callback_at", type=dynamodb.AttributeType.NUMBER),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        self.table.add_global_secondary_index(
            index_name=OPT_OUT_INDEX,
            partition_key=dynamodb.Attribute(name="opt_outs", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="opt_outs_at", type=dynamodb.AttributeType.NUMBER),
            projection_type=dynamodb.ProjectionType.ALL,
        )

    def _make_number_secret(self) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            "NumberSecret",
            # With a fixed name a second one cannot be made by mistake while the first is still there.
            secret_name=self.stage.names.of(naming.NUMBER_SECRET),
            description="Makes the pseudonyms of phone numbers. If it changes, every STOP is forgotten",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=64, exclude_punctuation=True
            ),
            removal_policy=self.stage.data_removal,  # as the table, which is useless without it
        )
        accept(
            secret, {"AwsSolutions-SMG4": "Rotation would make every number new and forget who has said STOP"}
        )
        return secret

    def _rides(self) -> None:
        function = self.function("rides", seconds=3)
        function.may("dynamodb:GetItem", "dynamodb:PutItem", on=self.table.table_arn)
        Subscription(
            self,
            "feedback-rides",
            RideCompleted,
            consumer=function,
            replay=self.replay,
            from_archive="nobody is asked about a ride of more than three days ago, about one a second time, or about one"
            " before or after which they were asked too often",
        )

    def _outreach(self) -> None:
        number_parameter = self.stage.names.of(naming.ORIGINATION_NUMBER_PARAMETER)
        function = self.function(
            "outreach",
            seconds=60,  # for ten conversations, each with calls that may take seconds
            USER_POOL_ID=self.parameter(naming.USER_POOL_ID_PARAMETER),
            NUMBER_PARAMETER=number_parameter,
            CONFIGURATION_SET=self._sms_name,
            WAKING_HOURS=self.stage.waking_hours,
            SUPPORT_CONTACT=self.stage.support_contact,
        )
        function.may("dynamodb:GetItem", "dynamodb:PutItem", on=self.table.table_arn)
        function.may("cognito-idp:AdminGetUser", on=self.users.user_pool_arn)
        if self.stage.origination_number:
            self.publish_parameter(
                "origination-number", naming.ORIGINATION_NUMBER_PARAMETER, self.stage.origination_number
            )
        function.may(
            "ssm:GetParameter", on=self.format_arn(service="ssm", resource=f"parameter{number_parameter}")
        )
        numbers = self.format_arn(service="sms-voice", resource="phone-number", resource_name="*")
        # AWS asks for each resource that a request names.
        configuration = self.format_arn(
            service="sms-voice", resource="configuration-set", resource_name=self._sms_name
        )
        for resource in (numbers, configuration):
            function.may("sms-voice:SendTextMessage", on=resource)
        accept(
            function.own_role,
            {
                "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:sms-voice:<AWS::Region>:<AWS::AccountId>"
                ":phone-number/*]": "The number is registered by hand, so its id is unknown here"
            },
        )
        self._may_use_pseudonyms(function)
        function.may("kms:Decrypt", on=self._key.key_arn)
        if self.stage.phones:
            function.add_environment("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2", self.stage.phones)
        # A record given up loses nothing: the timers find every SMS that still waits. But somebody is woken.
        StreamConsumer(
            self,
            "feedback-outreach-dlq",
            consumer=function,
            changes=WAITING_SMS,
            delays="SMS to customers",
            replay=NoReplay(
                "the timers bring every SMS that still waits, and a dead letter only says where it was."
            ),
            batch_size=10,
            give_up_after=2 * 3600,
        )
        self._sms_alarms()
        smsvoice.CfnOptOutList(self, "OptOutList", opt_out_list_name=self._sms_name)

    def _sms_alarms(self) -> None:
        """Sending catches its errors, so that one SMS in trouble holds up no other: no error of a function shows."""
        self.alarm(
            "feedback-sms-refused",
            self.count("SmsRefused"),
            threshold=5,
            meaning="AWS refuses SMS for good, or customers have no number: they are not asked about their rides."
            " The log of feedback-outreach has ride and code. Runbook: feedback-sms-refused.",
        )
        self.alarm(
            "feedback-sms-failing",
            self.count("OutreachFailed"),
            threshold=3,
            meaning="Sending SMS ends in an exception: customers are asked late, by the timers."
            " The log of feedback-outreach has the stack (`cannot send`). Runbook: feedback-sms-failing.",
        )
        self.alarm(
            "feedback-sms-unclear",
            self.count("SmsUnknown"),
            threshold=3,
            meaning="AWS gives no clear answer to SMS that we send: customers may be asked late, and hardly ever"
            " twice. The log of feedback-outreach has AWS's code. Runbook: feedback-sms-unclear.",
        )
        self.alarm(
            "feedback-number-missing",
            self.count("OriginationNumberMissing"),
            threshold=1,
            meaning="There is no number that SMS could come from, so customers are not asked about their rides. What"
            " waits is sent once it is written, if that is soon. Runbook: feedback-number-missing.",
        )
        self.alarm(
            "feedback-sms-not-taken",
            self.count("SmsNotTaken"),
            threshold=1,
            periods=6,
            meaning="For half an hour AWS has not taken SMS: throttled, the month's budget spent, or our"
            " configuration wrong. They wait and are sent later. Runbook: feedback-sms-not-taken.",
        )

    def _outbox(self) -> None:
        function = self.function("outbox", seconds=10)
        function.may("dynamodb:UpdateItem", on=self.table.table_arn)
        function.may_publish()
        StreamConsumer(
            self,
            "feedback-outbox-dlq",
            consumer=function,
            changes=ANNOUNCED_CHANGES,
            delays="ratings and requests for a call",
            replay=OF_A_STREAM,
        )

    def _replies(self) -> None:
        # It reads: work for a processor, of which a function has as much as it has memory.
        function = self.function("replies", seconds=3, memory_mib=512)
        function.may("dynamodb:GetItem", "dynamodb:PutItem", on=self.table.table_arn)
        self._may_use_pseudonyms(function)
        function.add_environment("NUMBER_KEY_ARN", self._key.key_arn)
        function.may("kms:Encrypt", on=self._key.key_arn)  # a stranger's number, until they are answered
        self._notifications("feedback-sms-replies", naming.SMS_REPLIES, function)

    def _receipts(self) -> None:
        function = self.function("receipts", seconds=3)
        function.may("dynamodb:GetItem", "dynamodb:PutItem", on=self.table.table_arn)
        receipts = self._notifications("feedback-sms-receipts", naming.SMS_RECEIPTS, function)
        configuration = smsvoice.CfnConfigurationSet(
            self,
            "ConfigurationSet",
            configuration_set_name=self._sms_name,
            event_destinations=[
                smsvoice.CfnConfigurationSet.EventDestinationProperty(
                    event_destination_name="receipts",
                    enabled=True,
                    matching_event_types=["TEXT_ALL"],
                    sns_destination=smsvoice.CfnConfigurationSet.SnsDestinationProperty(
                        topic_arn=receipts.topic.topic_arn
                    ),
                )
            ],
        )
        if receipts.policy:
            configuration.node.add_dependency(receipts.policy)  # AWS refuses it until it may publish

    def _timers(self) -> None:
        function = self.function("timers", seconds=60)
        function.may("dynamodb:GetItem", "dynamodb:PutItem", on=self.table.table_arn)
        for index in (DUE_INDEX, CALLBACK_INDEX):
            function.may("dynamodb:Query", on=f"{self.table.table_arn}/index/{index}")
        events.Rule(
            self,
            "EveryMinute",
            rule_name=self.stage.names.of("feedback-timers"),
            description="Moves on the conversations that are due",
            schedule=events.Schedule.rate(cdk.Duration.minutes(1)),
            targets=[
                targets.LambdaFunction(function.entry, retry_attempts=0)
            ],  # the next minute comes soon enough
        )
        self.alarm(
            "feedback-not-woken",
            self.count("ConversationsNotWoken"),
            threshold=1,
            meaning="Some conversations are stuck: their reminders, expiries and waiting SMS are late."
            " feedback-timers tries again every minute, and its log names ride and error."
            " Runbook: feedback-not-woken.",
        )
        self.alarm(
            "feedback-callbacks-waiting",
            self.count("CallbacksOverdue"),
            threshold=1,
            meaning="A customer who was unhappy has waited for a call for two days. `GET /callbacks` of the support API has"
            " them all, the longest waiting first. Runbook: feedback-callbacks-waiting.",
        )

    def _api(self) -> None:
        function = self.function(
            "api",
            seconds=10,
            snap_start=True,
            USER_POOL_ID=self.parameter(naming.USER_POOL_ID_PARAMETER),
        )
        function.may("dynamodb:GetItem", "dynamodb:PutItem", on=self.table.table_arn)
        for index in (CALLBACK_INDEX, OPT_OUT_INDEX):
            function.may("dynamodb:Query", on=f"{self.table.table_arn}/index/{index}")
        function.may("cognito-idp:AdminGetUser", on=self.users.user_pool_arn)
        self._may_use_pseudonyms(function)
        api = HttpApi(self, "support-api", function=function, auth="users")
        self.publish_parameter("support-api-url", naming.SUPPORT_API_URL_PARAMETER, api.public_url)

    def _notifications(self, queue: str, topic: str, consumer: ServiceFunction) -> Notifications:
        return Notifications(
            self,
            queue,
            topic_name=topic,
            publisher=SMS_SERVICE,
            key=self._key,
            consumer=consumer,
            replay=self.replay,
        )

    def _may_use_pseudonyms(self, function: ServiceFunction) -> None:
        """Let the function make the pseudonyms of numbers."""
        # The attribute is the ARN on both stages. CDK makes a reference, which is the ARN on AWS alone.
        arn = cdk.Fn.get_att(self.get_logical_id(self._number_secret.node.default_child), "Id")
        function.add_environment("NUMBER_SECRET_ARN", arn.to_string())
        function.may("secretsmanager:GetSecretValue", on=arn.to_string())
