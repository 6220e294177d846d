"""Machine clients, as the end-to-end tests make them."""

import uuid

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.operator.clients import GROUP, Clients
from tests.support.clients import Customer, api


class Machine(Customer):
    """A machine client: a caller of the machine API, who asks for quotes as a customer does. One that acts for a `partner`
    begins jobs, too (`jobs`).
    """

    def __init__(self, cloud: Cloud, tier: str = "silver", partner: str = "") -> None:
        self.name = f"machine-{uuid.uuid4().hex[:8]}"
        self._clients = Clients(cloud)
        self.key = self._clients.add(self.name, tier, partner).key
        self.token = cloud.token(self.name, GROUP)
        self.http = api(cloud.urls["machine-api"], f"Bearer {self.token}")
        self.http.headers["x-api-key"] = self.key
        self.jobs = api(cloud.urls["jobs-api"], f"Bearer {self.token}")
        self.jobs.headers["x-api-key"] = self.key

    def remove(self) -> None:
        """Take its key and its user away."""
        self._clients.remove(self.name)
