"""What somebody asks for that is not there."""

from infra.rydes.cloud.errors import LocalCloudError


class Unknown(LocalCloudError):
    """There is nothing of this name or id. The way out says what there is."""
