"""The metrics that a service's alarms go by. CloudWatch bills each by the month, so its functions write no others."""

import json

import aws_cdk as cdk
import jsii


@jsii.implements(cdk.IStableStringProducer)
class WatchedMetrics:
    """The names, as they become known while the stack is made. Functions get all of them: `variable`."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self.variable = cdk.Lazy.string(self)

    def add(self, name: str) -> None:
        """Watch a metric."""
        self._names.add(name)

    def produce(self) -> str:
        """Write the names for `wild_rydes_runtime.counts`, when the template is made."""
        return json.dumps(sorted(self._names))
