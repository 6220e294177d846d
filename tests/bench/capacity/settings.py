"""What the synthesized templates say of the limits of functions, queues, streams, tables and APIs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from infra.assembly import Assembly, Resource

UNITS_OF_A_PARTITION: Final = {"WriteUnitsPerSecond": 1000, "ReadUnitsPerSecond": 3000}
"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"""

NEW_TABLE: Final = {"WriteUnitsPerSecond": 4000, "ReadUnitsPerSecond": 12000}
"""What a table or an index on demand can do from the first second on.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html"""

DEFAULT_CONCURRENCY: Final = 1250
"""Batches at once of a queue without a maximum of its own.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""


@dataclass(frozen=True)
class Function:
    """Memory in MiB, and the reserved concurrency if there is one."""

    memory_mib: int
    reserved: int | None = None


@dataclass(frozen=True)
class Source:
    """What hands batches to a function: a queue, or a table's stream. `at_once` is for the whole queue, or a shard."""

    batch_size: int
    at_once: int
    window_s: int = 0
    function: str = ""


@dataclass(frozen=True)
class Throughput:
    """Units a second of a table or an index that are there at once."""

    writes: int = NEW_TABLE["WriteUnitsPerSecond"]
    reads: int = NEW_TABLE["ReadUnitsPerSecond"]

    @property
    def shards(self) -> int:
        """Shards of the table's stream: one for each partition, of which each can do so much (assumed)."""
        return max(math.ceil(self.writes / 1000), math.ceil(self.reads / 3000))


@dataclass(frozen=True)
class Api:
    """Requests a second that the gateway lets through, and at once."""

    rate: float
    burst: int


@dataclass(frozen=True)
class Settings:
    """By the plain names of functions, tables (`table` or `table/index`), queues and APIs."""

    functions: Mapping[str, Function]
    queues: Mapping[str, Source]
    streams: Mapping[str, Source]
    tables: Mapping[str, Throughput]
    apis: Mapping[str, Api]


def read(assembly: Assembly) -> Settings:
    """Read a synthesized app. The names lose the environment's prefix."""
    [bus] = assembly.all("AWS::Events::EventBus")
    prefix = str(bus.properties["Name"]).removesuffix("wild-rydes")

    def plain(resource: Resource, key: str) -> str:
        return assembly.text(resource.stack, resource.properties[key]).removeprefix(prefix)

    queues, streams = {}, {}
    for mapping in assembly.all("AWS::Lambda::EventSourceMapping"):
        function = plain(mapping, "FunctionName")
        if "StartingPosition" in mapping.properties:
            streams[function] = _source(function, mapping.properties)
        else:
            queues[plain(mapping, "EventSourceArn")] = _source(function, mapping.properties)
    return Settings(
        functions={
            plain(function, "FunctionName"): Function(
                function.properties["MemorySize"], function.properties.get("ReservedConcurrentExecutions")
            )
            for function in assembly.all("AWS::Lambda::Function")
            if "FunctionName" in function.properties
        },
        queues=queues,
        streams=streams,
        tables=dict(_tables(assembly, prefix)),
        apis=dict(_apis(assembly, prefix)),
    )


def _source(function: str, properties: Mapping[str, Any]) -> Source:
    at_once = properties.get("ScalingConfig", {}).get("MaximumConcurrency", DEFAULT_CONCURRENCY)
    if "StartingPosition" in properties:
        at_once = properties.get("ParallelizationFactor", 1)
    window = properties.get("MaximumBatchingWindowInSeconds", 0)
    return Source(properties["BatchSize"], at_once, window, function)


def _tables(assembly: Assembly, prefix: str) -> Any:
    for table in assembly.all("AWS::DynamoDB::Table"):
        name = str(table.properties["TableName"]).removeprefix(prefix)
        yield name, _throughput(table.properties)
        for index in table.properties.get("GlobalSecondaryIndexes", ()):
            yield f"{name}/{index['IndexName']}", _throughput(index)


def _throughput(properties: Mapping[str, Any]) -> Throughput:
    warm = {**NEW_TABLE, **properties.get("WarmThroughput", {})}
    return Throughput(warm["WriteUnitsPerSecond"], warm["ReadUnitsPerSecond"])


def _apis(assembly: Assembly, prefix: str) -> Any:
    for stage in assembly.all("AWS::ApiGatewayV2::Stage"):
        limits = stage.properties["DefaultRouteSettings"]
        name = assembly.text(stage.stack, stage.properties["ApiId"]).removeprefix(prefix)
        yield name, Api(limits["ThrottlingRateLimit"], limits["ThrottlingBurstLimit"])
