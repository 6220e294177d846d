"""How long AWS takes, as documented or else assumed: what the models of latency, capacity and cost go by.

Nothing here was measured: there is no account. `assumed` latencies have no figure in AWS's documents; the source then
says what they lean on. All are of one region, from inside AWS, over a connection that is open.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Final

_Z90 = 1.2816
_Z99 = 2.3263
"""How many standard deviations these quantiles of a normal distribution lie above its median."""

MIB_OF_A_VCPU: Final = 1769
"""MiB of memory for which a Lambda function gets one vCPU; it gets more or less in proportion.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""

STREAM_POLLS_PER_SECOND: Final = 4
"""How often Lambda looks into a shard. https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html"""


@dataclass(frozen=True)
class Latency:
    """Milliseconds of one step, log-normal between the median and the 99th percentile."""

    p50: float
    p99: float
    source: str
    assumed: bool = False

    @cached_property
    def _sigma(self) -> float:
        return math.log(self.p99 / self.p50) / _Z99

    @cached_property
    def mean(self) -> float:
        """The expected value: above the median, since the slow ones are far above it."""
        return self.p50 * math.exp(self._sigma**2 / 2)

    def sample(self, random: Random) -> float:
        """Draw one."""
        return self.p50 * math.exp(random.gauss(0, self._sigma))


def _through(p90: float, p99: float, source: str) -> Latency:
    """Make a latency of which other quantiles are documented."""
    sigma = math.log(p99 / p90) / (_Z99 - _Z90)
    return Latency(p90 / math.exp(_Z90 * sigma), p99, source)


_DYNAMODB = "single-digit milliseconds at any scale: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Introduction.html"
_SQS = "tens or low hundreds of milliseconds, here the lower end: https://aws.amazon.com/sqs/faqs/"
_NONE = "no figure is documented; as a call of SQS"

_READ = Latency(4, 10, _DYNAMODB)
_WRITE = Latency(6, 15, _DYNAMODB)
_SEND = Latency(10, 60, _SQS, assumed=True)
_OTHER = Latency(20, 100, _NONE, assumed=True)

CALLS: Final[Mapping[str, Latency]] = {
    "GetItem": _READ,
    "Query": _READ,
    "BatchGetItem": _READ,
    "PutItem": _WRITE,
    "UpdateItem": _WRITE,
    "DeleteItem": _WRITE,
    "BatchWriteItem": _WRITE,
    "TransactWriteItems": Latency(12, 30, "two rounds of a write: " + _DYNAMODB, assumed=True),
    "SendMessage": _SEND,
    "SendMessageBatch": _SEND,
    "ChangeMessageVisibility": _SEND,
    "ChangeMessageVisibilityBatch": _SEND,
    "DeleteMessageBatch": _SEND,
    "GetQueueUrl": _SEND,
    "PutEvents": _OTHER,
    "PostToConnection": _OTHER,
    "PutObject": Latency(
        30,
        200,
        "100 to 200 ms to the first byte: https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html",
        assumed=True,
    ),
    "GetObject": Latency(
        30,
        200,
        "100 to 200 ms to the first byte: https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html",
        assumed=True,
    ),
    "GetSecretValue": _OTHER,
    "Encrypt": _OTHER,
    "Decrypt": _OTHER,
    "AdminGetUser": Latency(50, 200, _NONE, assumed=True),
    "SendTextMessage": Latency(100, 500, _NONE, assumed=True),
}
"""Of each call that a function makes, until its answer is there."""

HTTP_API: Final = Latency(
    5,
    10,
    "p99 below 10 ms, both ways: https://aws.amazon.com/blogs/compute/building-better-apis-http-apis-now-generally-available/",
)
"""What the gateway adds to a request."""

INVOKE: Final = Latency(5, 30, "no figure is documented", assumed=True)
"""From whoever invokes a warm function to its handler."""

INIT: Final = Latency(
    500, 1200, "no figure is documented; twice what tests.bench.coldstart takes on a core", assumed=True
)
"""The start of a worker, until its first invocation begins."""

EVENT_BUS: Final = _through(
    p90=80,
    p99=129.33,
    source="p99 129.33 ms (August 2024, us-east-1): https://aws.amazon.com/about-aws/whats-new/2024/11/"
    "amazon-eventbridge-improvement-latency-event-buses/; p90 80 ms: https://aws.amazon.com/blogs/architecture/"
    "mastering-millisecond-latency-and-millions-of-events-the-event-driven-architecture-behind-the-amazon-key-suite/",
)
"""From PutEvents to the target, a queue."""

QUEUE: Final = Latency(15, 100, "a long poll gets a message at once; " + _SQS, assumed=True)
"""From a message in a queue to the poller that waits for it."""

STREAM: Final = Latency(
    30,
    150,
    "near real time: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html",
    assumed=True,
)
"""From a write to its record in the table's stream; the wait for Lambda's next look comes on top."""


def cpu_milliseconds(measured: float, memory_mib: int) -> float:
    """Scale CPU time of a full core to a function with so much memory. One thread uses one vCPU at most."""
    return measured / min(1.0, memory_mib / MIB_OF_A_VCPU)
