"""Settings read from the environment."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from wild_rydes_runtime.environment import read


@dataclass(frozen=True, slots=True)
class Settings:
    table_name: str
    max_attempts: int
    share: float
    partner_queues: Mapping[str, str]
    public_url: str | None = None
    limits: dict[str, int] = field(default_factory=dict)
    origins: tuple[str, ...] = ()


ENVIRONMENT = {
    "TABLE_NAME": "007",
    "MAX_ATTEMPTS": "5",
    "SHARE": "0.25",
    "PARTNER_QUEUES": '{"p-comet": "https://queues/comet"}',
}


def test_each_field_is_read_as_its_type() -> None:
    assert read(Settings, ENVIRONMENT) == Settings(
        table_name="007", max_attempts=5, share=0.25, partner_queues={"p-comet": "https://queues/comet"}
    )


def test_a_field_with_a_default_may_be_set_all_the_same() -> None:
    more = {
        "PUBLIC_URL": "https://local",
        "LIMITS": '{"messages": 9}',
        "ORIGINS": '["https://a", "https://b"]',
    }
    settings = read(Settings, ENVIRONMENT | more)
    assert (settings.public_url, settings.limits) == ("https://local", {"messages": 9})
    assert settings.origins == ("https://a", "https://b")


def test_the_rest_of_the_environment_does_not_matter() -> None:
    assert read(Settings, ENVIRONMENT | {"PATH": "/bin", "table_name": "other"}) == read(
        Settings, ENVIRONMENT
    )


def test_every_missing_variable_is_named() -> None:
    with pytest.raises(KeyError) as caught:
        read(Settings, {"SHARE": "1"})
    assert caught.value.args == ("TABLE_NAME, MAX_ATTEMPTS, PARTNER_QUEUES",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("MAX_ATTEMPTS", "five"),
        ("MAX_ATTEMPTS", ""),
        ("MAX_ATTEMPTS", "2.5"),
        ("SHARE", "half"),
        ("PARTNER_QUEUES", "p-comet"),
        ("PARTNER_QUEUES", '["p-comet"]'),
        ("LIMITS", '{"messages": "many"}'),
        ("ORIGINS", "https://a"),
    ],
)
def test_a_variable_that_cannot_be_parsed_is_named(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} is not of type "):
        read(Settings, ENVIRONMENT | {name: text})


def test_annotations_may_be_text() -> None:
    assert read(Annotated, {"NAME": "x", "COUNT": "1"}) == Annotated("x", 1)


@dataclass
class Annotated:
    name: "str"
    count: "int"


def test_settings_of_text_alone_do_not_cost_a_cold_start_pydantic() -> None:
    program = (
        "import sys\n"
        "from dataclasses import make_dataclass\n"
        "from wild_rydes_runtime.environment import read\n"
        "assert read(make_dataclass('Settings', [('name', str)]), {'NAME': 'x'}).name == 'x'\n"
        "sys.exit('pydantic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)  # noqa: S603


def test_no_dataclass_is_an_error() -> None:
    nothing: Any = int
    with pytest.raises(TypeError):
        read(nothing, {})
