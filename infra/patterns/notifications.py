"""Notifications from another AWS service: its topic, and the queue and function behind the topic."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from infra.patterns.consumed_queue import ConsumedQueue
from infra.patterns.replay import NoReplay, Replay
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack


class Notifications(ConsumedQueue):
    """Topic -> queue -> function, encrypted from end to end with `key`.

    Only the AWS service `publisher` (a service principal) may publish to the topic, and only on behalf of
    this account. Only the topic may send to the queue. What SNS cannot deliver goes to the queue's own
    dead-letter queue.
    """

    def __init__(
        self,
        scope: ServiceStack,
        name: str,
        *,
        topic_name: str,
        publisher: str,
        key: kms.Key,
        consumer: ServiceFunction,
        replay: Replay | NoReplay,
    ) -> None:
        # By its ARN: CDK would let SNS use the key for any account's topics.
        by_arn = kms.Key.from_key_arn(scope, f"{name}-key", key.key_arn)
        super().__init__(scope, name, consumer=consumer, replay=replay, key=by_arn)
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=scope.stage.names.of(topic_name),
            master_key=key,
            enforce_ssl=scope.stage.tls_only,
        )
        own_account = {"StringEquals": {"aws:SourceAccount": scope.account}}
        self.policy = self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="PublisherOfThisAccount",
                principals=[iam.ServicePrincipal(publisher)],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions=own_account,
            )
        ).policy_dependable
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(publisher), iam.ServicePrincipal("sns.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],  # in a key's own policy this means the key
                conditions=own_account,
            )
        )
        self.topic.add_subscription(
            subscriptions.SqsSubscription(self.queue, dead_letter_queue=self.dead_letters)
        )
