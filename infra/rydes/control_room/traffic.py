"""Some customers of a local cloud who ask for rides, so that whoever looks sees something move."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.scenarios.rfq import SEA_TAC, SPACE_NEEDLE, Customer

_RESPOND_WITHIN: Final = 60


def ask_for_rides(cloud: Cloud, count: int) -> list[str]:
    """Submit so many RFQs, each of another customer, and return their ids.

    Raises:
        LocalCloudError: the API refuses one.
    """

    def ask(_: int) -> str:
        customer = Customer(cloud, cloud.token(f"watched-{secrets.token_hex(3)}", "customers"))
        return customer.submit(SPACE_NEEDLE, SEA_TAC, _RESPOND_WITHIN).id

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(ask, range(count)))
