"""Numbers as people write them, and who has them."""

from typing import Any, cast

import pytest

from infra.naming import USER_POOL_ID_PARAMETER
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.simulators.phones.directory import NAMES, NUMBERS, Directory, parsed, spaced


def test_a_number_is_read_however_it_is_spaced() -> None:
    for text in ("+14255550143", "+1 425 555 0143", "+1 (425) 555-0143"):
        assert parsed(text) == "+14255550143"
    assert spaced("+14255550143") == "+1 425-555-0143"
    for number in NUMBERS:
        assert parsed(number) == number


@pytest.mark.parametrize("text", ["4255550143", "+1 425", "bert", "+999 1234567"])
def test_what_is_no_number_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(LocalCloudError, match="not a phone number in international form") as refused:
        parsed(text)
    assert NUMBERS[0] in refused.value.way_out


class FakeCloud:
    """A user directory with these users."""

    parameters = {USER_POOL_ID_PARAMETER: "pool"}  # noqa: RUF012

    def __init__(self, **numbers: str | None) -> None:
        self._numbers = numbers

    def client(self, _: str) -> "FakeCloud":
        return self

    def get_paginator(self, _: str) -> "FakeCloud":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [
            {"Users": [{"Username": user, "Attributes": _of(number)}]}
            for user, number in self._numbers.items()
        ]


def _of(number: str | None) -> list[dict[str, str]]:
    return [{"Name": "sub", "Value": "1"}] + ([{"Name": "phone_number", "Value": number}] if number else [])


def directory(**numbers: str | None) -> Directory:
    return Directory(cast("Cloud", FakeCloud(**numbers)))


def test_owners_are_known_by_their_numbers() -> None:
    assert directory(astrid="+14255550142", bert=None).owners() == {"+14255550142": "astrid"}


def test_a_newcomer_has_neither_a_name_nor_a_number_of_another() -> None:
    first, second = NUMBERS[:2]
    assert directory(astrid="+14255550142").newcomer() == (NAMES[0], first)
    assert directory(bert=first, someone="+15005550001").newcomer() == (NAMES[1], second)
    everybody = dict(zip(NAMES, NUMBERS, strict=False))
    name, number = directory(**everybody).newcomer()
    assert name not in everybody
    assert number not in everybody.values()
