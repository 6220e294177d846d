"""What becomes of the messages of a batch, by what its function says and by what its mapping makes of that."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.simulation.aws.ids import Ids
from tests.simulation.aws.sqs import Sqs
from tests.simulation.faults import Faults
from tests.simulation.kernel import Kernel
from tests.simulation.mappings import QueuePoller
from tests.simulation.stacks import Function, QueueMapping

if TYPE_CHECKING:
    from tests.simulation.lambdas import InvocationFailed

FUNCTION = Function("dev-a-consumer", "a.functions.consumer", "a", 10, {}, "a-consumer")


class Failing:
    """Says of all messages that they have failed."""

    def invoke(self, _: Function, event: Any, done: "Callable[[Any, InvocationFailed | None], None]") -> None:
        done(
            {"batchItemFailures": [{"itemIdentifier": each["messageId"]} for each in event["Records"]]}, None
        )


@pytest.mark.parametrize("reports", [True, False])
def test_without_reports_a_batch_that_returns_is_gone(reports: bool) -> None:
    """As in AWS: the answer is ignored where the mapping has no ReportBatchItemFailures.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    kernel, handled = Kernel("a seed"), list[str]()
    sqs = Sqs([{"QueueName": "work", "VisibilityTimeout": 10}], lambda: kernel.now, Ids("0001"))
    [queue] = sqs.queues.values()
    QueuePoller(
        QueueMapping(queue.arn, FUNCTION, batch_size=10, most_at_once=1, reports=reports),
        queue,
        kernel,
        Failing(),  # type: ignore[arg-type]
        Faults.of("none", [], 0),
        handled=lambda function, _: handled.append(function),
    )
    sqs.put(queue, "hello")
    kernel.run(kernel.now + 5)
    assert len(queue.messages) == (1 if reports else 0)
    assert handled == ([] if reports else ["a-consumer"])
