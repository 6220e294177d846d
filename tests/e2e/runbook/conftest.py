"""A cloud that nobody else uses: bad code is deployed to it, and its functions are refused by AWS."""

from collections.abc import Iterator

import pytest

from infra.rydes.cloud.cloud import Cloud
from tests.support.own_cloud import own_cloud


@pytest.fixture(scope="package")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The deployed stacks, and nothing else."""
    with own_cloud(tmp_path_factory.mktemp("cloud")) as deployed:
        yield deployed
