"""Which client speaks with which partner.

Each client is imported when it is made: a function of one partner does not wait for the others' modules.
"""
# ruff: noqa: PLC0415

from collections.abc import Callable

from unicorn_mgmt.adapters.partners.client import PartnerClient
from unicorn_mgmt.adapters.partners.roster import Partner


def client_of(partner: Partner) -> PartnerClient:
    """Make the client that the partner's row names. Raises KeyError if there is none of that name."""
    return _CLIENTS[partner.client]()


def _comet() -> PartnerClient:
    from unicorn_mgmt.adapters.partners.comet import CometClient

    return CometClient()


def _pegasus() -> PartnerClient:
    from unicorn_mgmt.adapters.partners.pegasus import PegasusClient

    return PegasusClient()


def _nimbus() -> PartnerClient:
    from unicorn_mgmt.adapters.partners.nimbus import NimbusClient

    return NimbusClient()


_CLIENTS: dict[str, Callable[[], PartnerClient]] = {
    "comet": _comet,
    "pegasus": _pegasus,
    "nimbus": _nimbus,
}
