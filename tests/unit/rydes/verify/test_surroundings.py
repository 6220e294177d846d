from typing import Any

import pytest

from infra.naming import ALARM_TOPIC_ARN_PARAMETER, PLAIN
from infra.rydes.cloud.system import System
from infra.rydes.verify.checks.surroundings import concurrency, subscribers
from infra.rydes.verify.promise import State
from tests.support.fake_account import FakeAccount


class FakeSystem(System):
    HOW_TO_DEPLOY = "deploy it"

    def __init__(self, answers: dict[str, Any]) -> None:
        super().__init__(PLAIN)
        parameter = {"Name": ALARM_TOPIC_ARN_PARAMETER, "Value": "arn:topic"}
        published = {"ssm.get_parameters_by_path": {"Parameters": [parameter]}}
        self._account = FakeAccount(published | answers)

    def _make_client(self, service: str) -> Any:
        return self._account.client(service)


@pytest.mark.parametrize(("limit", "state"), [(10, State.RISKY), (100, State.KEPT), (1000, State.KEPT)])
def test_the_concurrency_of_a_new_account(limit: int, state: State) -> None:
    settings = {"AccountLimit": {"ConcurrentExecutions": limit}}
    (promise,) = concurrency(FakeSystem({"lambda.get_account_settings": settings}))
    assert (promise.state, promise.says) == (state, f"{limit} functions may run at once")


@pytest.mark.parametrize(
    ("arns", "state", "says"),
    [
        (["arn:aws:sns:1", "PendingConfirmation"], State.KEPT, "1 subscribed to the alarms"),
        (["PendingConfirmation"], State.RISKY, "nobody has confirmed a subscription yet"),
        ([], State.RISKY, "nobody is subscribed to the alarms"),
    ],
)
def test_somebody_should_hear_the_alarms(arns: list[str], state: State, says: str) -> None:
    answer = {"Subscriptions": [{"SubscriptionArn": arn} for arn in arns]}
    (promise,) = subscribers(FakeSystem({"sns.list_subscriptions_by_topic": answer}))
    assert (promise.state, promise.says) == (state, says)
