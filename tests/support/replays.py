"""Replays of dead letters that do not let a test wait."""

from collections.abc import Iterator
from contextlib import contextmanager

from infra.rydes.cloud.cloud import Cloud


@contextmanager
def quick_replays(cloud: Cloud, *names: str) -> Iterator[None]:
    """Let these functions send dead letters back after two seconds at most, while the context lasts."""
    functions = cloud.client("lambda")
    before = {}
    try:
        for name in names:
            found = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
            before[name] = found
            quick = {**found, "REPLAY_BASE": "1", "REPLAY_CAP": "2"}
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": quick})
        yield
    finally:
        for name, found in before.items():
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": found})
