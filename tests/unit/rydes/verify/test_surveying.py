import pytest

from infra.rydes.verify.journey.surveying import simulator_of


@pytest.mark.parametrize(
    ("origination", "simulator"),
    [
        ("+12065550100", "+14254147755"),
        ("+447700900123", "+447860019066"),
        ("+4915112345678", ""),
        ("", ""),
        ("short code 12345", ""),
    ],
)
def test_sms_go_to_a_simulator_of_the_same_country(origination: str, simulator: str) -> None:
    assert simulator_of(origination) == simulator
