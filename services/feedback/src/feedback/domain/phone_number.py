"""Phone numbers: personal data, shown to nobody."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, timezone

_UTC = ZoneInfo("UTC")


class InvalidNumber(ValueError):
    """The text is no phone number in international form."""


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number in E.164 form, which its representation does not show: it must not end up in a log by accident."""

    e164: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "PhoneNumber":
        """The number in a text that begins with a country code. Raises InvalidNumber."""
        try:
            parsed = phonenumbers.parse(text, None)
        except NumberParseException:
            raise InvalidNumber("no phone number") from None
        if not phonenumbers.is_possible_number(parsed):
            raise InvalidNumber("no possible phone number")
        return cls(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))

    @property
    def region(self) -> str | None:
        """ISO 3166-1 code of the number's country, if it tells."""
        parsed = phonenumbers.parse(self.e164, None)
        return phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(
            parsed.country_code or 0
        )

    @property
    def zones(self) -> Sequence[ZoneInfo]:
        """The time zones of the number's region: one for a town, many for a whole continent; UTC if it tells none."""
        parsed = phonenumbers.parse(self.e164, None)
        names = timezone.time_zones_for_number(parsed)
        if names == (timezone.UNKNOWN_TIMEZONE,):  # no number that is given out today: its country at least
            names = timezone.time_zones_for_geographical_number(parsed)
        zones = []
        for name in names:
            try:
                zones.append(ZoneInfo(name))
            except ZoneInfoNotFoundError:  # nothing is known, or the zone is newer than our data
                continue
        return zones or [_UTC]
