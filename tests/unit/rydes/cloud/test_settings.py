import pytest

from infra.naming import PLAIN, Names
from infra.rydes.cloud.aws import AwsAccount
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import Settings, aws_environment


@pytest.mark.parametrize("port", ["", "http", "80", "65536", "-1", "4566.0"])
def test_what_is_no_port_is_refused(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RYDES_PORT", port)
    with pytest.raises(LocalCloudError, match="not a port"):
        Settings.from_environment()


def test_a_cloud_lives_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RYDES_PORT", "4600")
    assert Settings.from_environment().endpoint == "http://localhost:4600"


def test_an_environment_is_chosen_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RYDES_ENV", raising=False)
    plain = Settings.from_environment()
    assert plain.names == PLAIN
    monkeypatch.setenv("RYDES_ENV", "blue")
    blue = Settings.from_environment()
    assert blue.names == Names("blue")
    assert blue.assembly != plain.assembly, "its stacks would take those of the other for their own"


@pytest.mark.parametrize("name", ["Blue", "my-env", "elevenchars"])
def test_what_is_no_name_of_an_environment_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RYDES_ENV", name)
    with pytest.raises(LocalCloudError, match=f"RYDES_ENV: '{name}' is no name of an environment"):
        Settings.from_environment()


def test_on_aws_the_environment_is_dev_unless_another_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    for chosen, found in {"": "dev", "prod": "prod"}.items():
        monkeypatch.setenv("RYDES_ENV", chosen)
        assert AwsAccount().names == Names(found)


def test_no_credentials_or_profile_of_the_user_reach_the_local_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL_SQS"):
        monkeypatch.setenv(name, "mine")
    seen = aws_environment(Settings())
    assert "mine" not in seen.values()
    assert seen["AWS_ENDPOINT_URL"] == "http://localhost:4566"
