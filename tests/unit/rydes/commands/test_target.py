from pathlib import Path

import pytest

from infra.rydes.cloud.aws import AwsAccount
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.commands.target import system


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with one profile of the AWS command line, and no local cloud."""
    config = tmp_path / "config"
    config.write_text("[profile ours]\nregion = eu-west-1\n[profile nowhere]\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("RYDES_DIR", str(tmp_path))
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "RYDES_ENV"):
        monkeypatch.delenv(name, raising=False)


def found(*, aws: bool = False, profile: str = "", region: str = "", env: str = "") -> AwsAccount:
    there = system(aws=aws, profile=profile, region=region, env=env)
    assert isinstance(there, AwsAccount)
    return there


def region_of(account: AwsAccount) -> str:
    return str(account.client("ssm").meta.region_name)


def test_a_profile_or_a_region_means_aws() -> None:
    assert region_of(found(profile="ours")) == "eu-west-1"
    assert region_of(found(profile="ours", region="us-west-2")) == "us-west-2"
    assert region_of(found(region="us-west-2")) == "us-west-2"


def test_the_environment_is_dev_unless_another_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(profile="ours").names.environment == "dev"
    monkeypatch.setenv("RYDES_ENV", "prod")
    assert found(profile="ours").names.environment == "prod"
    assert found(profile="ours", env="blue").names.environment == "blue"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"profile": "theirs"}, "theirs"),
        ({"profile": "nowhere"}, "--region"),
        ({"region": "eu-west-1", "env": "Dev!"}, "--env"),
        ({}, "rydes up"),
        ({"env": "Dev!"}, "--env"),
    ],
)
def test_what_is_not_there_is_one_line(options: dict[str, str], word: str) -> None:
    with pytest.raises(LocalCloudError, match=word):
        region_of(found(**options))  # type: ignore[arg-type]
