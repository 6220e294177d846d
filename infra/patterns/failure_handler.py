"""A function that handles the dead letters of one queue: what they ask for has failed, and somebody is to be told."""

from typing import TYPE_CHECKING

from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs

from infra.patterns.replay import take_dead_letters
from infra.patterns.service_function import ServiceFunction

if TYPE_CHECKING:
    from infra.patterns.service_stack import ServiceStack


class FailureHandler:
    """Takes the place of a replay: all that the queue's consumer gives up comes to the function, and what that does not
    handle is parked.
    """

    def __init__(self, scope: "ServiceStack", function: ServiceFunction) -> None:
        self._scope = scope
        self._function = function
        self.seconds = function.seconds

    def of(
        self,
        name: str,
        queue: sqs.Queue,  # noqa: ARG002 - as a replay has it
        dead_letters: sqs.Queue,
        parking: sqs.Queue,  # noqa: ARG002
        key: kms.IKey | None,
    ) -> None:
        """Serve the queue `name`."""
        if key:
            self._function.may("kms:Decrypt", on=key.key_arn)
        take_dead_letters(
            self._scope,
            name,
            self._function,
            dead_letters,
            "does not say what has failed, so whoever waits for it goes on waiting",
        )
