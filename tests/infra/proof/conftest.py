"""The templates of the AWS stage as the static proof has them: without artifacts, and only made when a source changed."""

import pytest

from infra.assembly import Assembly
from infra.proof.synthesis import templates


@pytest.fixture(scope="session")
def aws() -> Assembly:
    return templates()
