"""What a partner's module does: translate our question into the partner's language, and its answer into ours."""

from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

from unicorn_mgmt.partners.roster import Partner
from unicorn_mgmt.partners.secrets import Credentials
from unicorn_mgmt.partners.wire import Call
from wild_rydes_contracts import Decline, Metadata, Quote, RfqRequested


@dataclass(frozen=True, slots=True)
class Question:
    """An RFQ for one partner. `callback_url` is where the partner may answer later; None where nobody listens."""

    partner: Partner
    rfq: RfqRequested
    metadata: Metadata
    callback_url: str | None = None


class Integration(Protocol):
    """One instance serves one thread, and lives as long as its worker: it may keep tokens."""

    def quote(self, question: Question, call: Call, credentials: Credentials) -> Quote | Decline | None:
        """The partner's answer; None if it will call back with it.

        A proper refusal is a Decline. Raises CallFailed or one of its kinds when there is no answer.
        """


def integration_of(partner: Partner) -> Integration:
    """A partner's integration: the class `Integration` of the module that its row names."""
    module = import_module(f"unicorn_mgmt.partners.{partner.integration}")
    made: Integration = module.Integration()
    return made
