"""A cloud that is new when these tests begin, and that nobody needs when they have taken parts of it away."""

from collections.abc import Iterator

import pytest

from infra.rydes.cloud.cloud import Cloud
from tests.support.own_cloud import own_cloud


@pytest.fixture(scope="package")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The deployed stacks, and nothing else."""
    with own_cloud(tmp_path_factory.mktemp("cloud")) as deployed:
        yield deployed
