"""Phone numbers: personal data, never shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, timezone

from feedback.domain.time_zones import known_zones


class InvalidNumber(ValueError):
    """The text is no phone number in international form. The message does not quote it."""


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number in E.164 form. Its `repr` does not show it: it must not end up in a log by accident."""

    e164: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "PhoneNumber":
        """Parse a number that begins with a country code. Raises InvalidNumber."""
        try:
            parsed = phonenumbers.parse(text, None)
        except NumberParseException:
            raise InvalidNumber("no phone number") from None
        if not phonenumbers.is_possible_number(parsed):
            raise InvalidNumber("no possible phone number")
        return cls(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))

    @property
    def region(self) -> str | None:
        """The ISO 3166-1 code of the number's country, None if the number does not tell."""
        parsed = phonenumbers.parse(self.e164, None)
        return phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(
            parsed.country_code or 0
        )

    @property
    def zones(self) -> Sequence[ZoneInfo]:
        """The time zones where the number may be: one for a town, many for a continent, none for a satellite."""
        try:
            parsed = phonenumbers.parse(self.e164, None)
        except NumberParseException:  # a short code of ours
            return []
        names = timezone.time_zones_for_number(parsed)
        if names == (timezone.UNKNOWN_TIMEZONE,):  # not in use today: take its country
            names = timezone.time_zones_for_geographical_number(parsed)
        return known_zones(names)
