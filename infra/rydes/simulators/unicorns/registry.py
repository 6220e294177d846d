"""The unicorns of the local cloud, the same ones on every run.

There are forty. Over Seattle, 27 quote by their rate card at once (`drivers.py` makes their rides), and twelve price by hand (`by_hand.py`).
The hermit at Mount Rainier should price by hand, too, but never answers: an RFQ from there runs until its
deadline, or until it is cancelled.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from decimal import Decimal

import httpx

from infra.rydes.cloud.api_call import call
from infra.rydes.cloud.cloud import Cloud

SECONDS_OF_A_RIDE = 1.0

AT_ONCE = 3
"""Registrations in flight. Each starts a Lambda worker of 33 MB."""

_NAMES = [
    "Rucinante",
    "Shadowfax",
    "Bucephalus",
    "Arion",
    "Sleipnir",
    "Pegasus",
    "Xanthos",
    "Balius",
    "Grane",
    "Falada",
    "Asfaloth",
    "Binky",
    "Buraq",
    "Chollima",
    "Embarr",
    "Gringolet",
    "Hengroen",
    "Kelpie",
    "Lampon",
    "Marengo",
    "Nuckelavee",
    "Onchao",
    "Pirouette",
    "Qilin",
    "Rakhsh",
    "Skinfaxi",
    "Tulpar",
]

_NAMES_BY_HAND = [
    *("Amalthea", "Brynhild", "Calypso", "Daphne", "Elidor", "Fiorella"),
    *("Galahad", "Hyperion", "Iolanthe", "Jorvik", "Kallisto", "Lyonesse"),
]

# Neighbourhoods of Seattle, nearest to the Space Needle first.
PLACES = (
    ("Seattle Center", 47.6219, -122.3517),
    ("Lower Queen Anne", 47.6252, -122.3567),
    ("Belltown", 47.6147, -122.3447),
    ("South Lake Union", 47.6256, -122.3344),
    ("Pike Place", 47.6097, -122.3422),
    ("Queen Anne", 47.6372, -122.3571),
    ("Downtown", 47.6050, -122.3344),
    ("Capitol Hill", 47.6230, -122.3165),
    ("Interbay", 47.6434, -122.3798),
    ("Pioneer Square", 47.6015, -122.3343),
    ("Eastlake", 47.6397, -122.3258),
    ("International District", 47.5987, -122.3240),
    ("First Hill", 47.6092, -122.3240),
    ("Fremont", 47.6510, -122.3473),
    ("Magnolia", 47.6397, -122.4005),
    ("SoDo", 47.5806, -122.3344),
    ("Madison Park", 47.6357, -122.2795),
    ("Ballard", 47.6687, -122.3847),
    ("University District", 47.6613, -122.3131),
    ("Georgetown", 47.5475, -122.3209),
)


_HERMIT = "Gulltopp"
_HERMITAGE = ("Mount Rainier", 46.7860, -121.7350)


@dataclass(frozen=True)
class Unicorn:
    """A unicorn, the place where it waits, and its rate card in US dollars."""

    name: str
    place: str
    lat: float
    lon: float
    base: Decimal
    per_km: Decimal
    minimum: Decimal
    auto_quote: bool = True

    @property
    def user(self) -> str:
        """The unicorn's name in the user pool."""
        return f"unicorn-{self.name.lower()}"

    def registration(self) -> dict[str, object]:
        """Write the registration as the unicorn API wants it."""
        card = {"base": self.base, "per-km": self.per_km, "minimum": self.minimum}
        amounts = {key: {"amount": f"{amount:.2f}", "currency": "USD"} for key, amount in card.items()}
        return {"name": self.name, "rate-card": amounts, "auto-quote": self.auto_quote}


def by_rate_card() -> list[Unicorn]:
    """List the unicorns that quote by their rate card: no two on one spot, no two at one price."""
    return [_unicorn(number, name) for number, name in enumerate(_NAMES)]


def hermit() -> Unicorn:
    """Return the unicorn that never answers."""
    place, lat, lon = _HERMITAGE
    return replace(_unicorn(len(_NAMES), _HERMIT), place=place, lat=lat, lon=lon, auto_quote=False)


def by_hand() -> list[Unicorn]:
    """List the unicorns that price by hand over Seattle, near the Space Needle."""
    return [
        replace(
            _unicorn(number, name),
            lat=round(PLACES[number % 6][1] + (number % 5 - 2) * 0.0007, 6),
            lon=round(PLACES[number % 6][2] + (number % 7 - 3) * 0.0008, 6),
            place=PLACES[number % 6][0],
            auto_quote=False,
        )
        for number, name in enumerate(_NAMES_BY_HAND)
    ]


def complete(cloud: Cloud, name: str, ride: str) -> None:
    """Let a unicorn complete its ride, if it quotes by its rate card; others do so by themselves."""
    if name not in _NAMES:
        return
    auth = {"Authorization": cloud.token(f"unicorn-{name.lower()}", "unicorns")}
    with httpx.Client(base_url=cloud.url("unicorn-api"), headers=auth, timeout=30) as api:
        time.sleep(SECONDS_OF_A_RIDE)
        call(api, "POST", f"/rides/{ride}/completion", {204})


def _unicorn(number: int, name: str) -> Unicorn:
    place, lat, lon = PLACES[number % len(PLACES)]
    return Unicorn(
        name=name,
        place=place,
        lat=round(lat + (number % 7 - 3) * 0.0006, 6),
        lon=round(lon + (number % 5 - 2) * 0.0009, 6),
        base=Decimal(300 + number * 13 % 40 * 5) / 100,
        per_km=Decimal(140 + number * 17 % 40 * 3) / 100,
        minimum=Decimal(700 + number * 7 % 40 * 10) / 100,
    )


def register(cloud: Cloud, unicorns: list[Unicorn]) -> dict[str, str]:
    """Register unicorns and report their positions through the unicorn API, each with its own token.

    Return their names by their ids.

    Raises:
        LocalCloudError: the API does not answer as promised.
    """
    with (
        httpx.Client(base_url=cloud.url("unicorn-api"), timeout=30) as api,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):

        def one(unicorn: Unicorn) -> tuple[str, str]:
            auth = {"Authorization": cloud.token(unicorn.user, "unicorns")}
            known = call(
                api, "POST", "/unicorns", {200, 201}, headers=auth, json=unicorn.registration()
            ).json()
            position = {"lat": unicorn.lat, "lon": unicorn.lon, "available": True}
            call(api, "PUT", f"/unicorns/{known['id']}/position", {204}, headers=auth, json=position)
            return known["id"], unicorn.name

        return dict(pool.map(one, unicorns))
