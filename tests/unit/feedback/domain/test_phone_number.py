import pytest

from feedback.domain.phone_number import InvalidNumber, PhoneNumber


@pytest.mark.parametrize(
    ("number", "region", "zones"),
    [
        ("+12065550142", "US", {"America/Los_Angeles"}),
        ("+34600123456", "ES", {"Europe/Madrid", "Atlantic/Canary"}),
        ("+447700900123", "GB", {"Europe/London", "Europe/Guernsey", "Europe/Isle_of_Man", "Europe/Jersey"}),
        ("+882161234567", "001", set()),  # a satellite
    ],
)
def test_where_a_number_is(number: str, region: str, zones: set[str]) -> None:
    phone = PhoneNumber.parse(number)
    assert phone.region == region
    assert {zone.key for zone in phone.zones} <= zones
    assert bool(phone.zones) == bool(zones)


def test_a_toll_free_number_may_be_anywhere_in_north_america() -> None:
    assert len(PhoneNumber.parse("+18005550100").zones) > 20


@pytest.mark.parametrize("text", ["+1 (206) 555-0142", "+1.206.555.0142", " +12065550142"])
def test_numbers_are_kept_in_e164(text: str) -> None:
    assert PhoneNumber.parse(text).e164 == "+12065550142"


@pytest.mark.parametrize("text", ["", "2065550142", "+1206", "call me", "+999999999999999999"])
def test_what_is_no_number_is_not_quoted(text: str) -> None:
    with pytest.raises(InvalidNumber) as refusal:
        PhoneNumber.parse(text)
    assert not text or text not in str(refusal.value)


def test_a_number_does_not_show_itself() -> None:
    number = PhoneNumber.parse("+12065550142")
    assert "206" not in f"{number} {number!r} {[number]}"
