"""All tests of infra run in the process that has the templates: importing the CDK takes seconds."""

import zipfile
from pathlib import Path

import pytest

from infra.assembly import Assembly, load


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("synth"))
            item.add_marker("synth")


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The protected environment, to be deployed beside `dev`, with its own names."""
    from infra.app import build_app  # noqa: PLC0415 - takes seconds

    directory = tmp_path_factory.mktemp("prod")
    artifact = directory / "empty.zip"
    zipfile.ZipFile(artifact, "w").close()
    build_app(
        {"env": "prod", "partners": "all"}, outdir=str(directory), artifact_of=lambda _: artifact
    ).synth()
    return load(directory)
