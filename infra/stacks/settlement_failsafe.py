"""The part of settlement's stack that takes a document all the way when something on its usual way has failed."""

from typing import Final

from constructs import Construct

from infra.patterns.failure_handler import FailureHandler
from infra.patterns.service_stack import ServiceStack

SECONDS: Final = 900
_PATIENCE: Final = 600
"""Seconds in which it begins anything: then a step may take its time, and it can still say what has become of the document."""
_MEMORY: Final = 2048
_READER: Final = (1024, 60)
"""MiB and seconds of the process that opens PDFs."""


class Failsafe(Construct):
    """The function `failsafe`, and what has it serve a queue. What it may do is for whoever makes what it does that with."""

    def __init__(self, scope: ServiceStack) -> None:
        super().__init__(scope, "Failsafe")
        mib, seconds = _READER
        self.function = scope.function(
            "failsafe",
            seconds=SECONDS,
            memory_mib=_MEMORY,
            PATIENCE=str(_PATIENCE),
            READER_MIB=str(mib),
            READER_SECONDS=str(seconds),
        )
        self.serves = FailureHandler(scope, self.function)
        scope.alarm(
            "settlement-failsafe-gave-up",
            scope.count("FailsafeGaveUp"),
            threshold=1,
            meaning="Nothing of ours could decide on a document, nor could the failsafe: it is for people, and its audit trail"
            " says why. Runbook: settlement-failsafe-gave-up.",
        )
        scope.alarm(
            "settlement-failsafe-kept",
            scope.count("FailsafeKept"),
            threshold=1,
            meaning="A message on the way of documents was given up, and it is about none that there is. The archive has it,"
            " under messages/. Runbook: settlement-failsafe-kept.",
        )
