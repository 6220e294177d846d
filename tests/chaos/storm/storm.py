"""A storm from its first RFQ to the calm after it."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.settings import SERVICES
from infra.rydes.operator.dead_letters import Parked
from infra.rydes.simulators.partners import process
from infra.rydes.simulators.phones.model import Sms
from tests.chaos.storm.calm import Calm
from tests.chaos.storm.heard import SOURCES, Heard
from tests.chaos.storm.herd import Herd
from tests.chaos.storm.impostor import Impostor
from tests.chaos.storm.phones import Phones
from tests.chaos.storm.plan import REPLIES, Journey, Plan
from tests.chaos.storm.story import Notes, Story
from tests.chaos.storm.travellers import Travellers
from tests.chaos.storm.weather import Weather
from tests.support.bus import Listener
from tests.support.clients import Customer, Json, Place, Queues
from tests.support.replays import quick_replays
from tests.support.riders import NUMBERS

AT_ONCE: Final = 8
"""Customers who are on a journey."""
SECONDS_ON_THE_WAY: Final = 45.0
"""After the last RFQ the faults go on for so long, as long as anybody is on the way."""
MOST_MORE: Final = 60
"""Journeys beyond those of the plan, until every function has died that is to."""
REPORTED: Final = 30.0
"""Seconds between two reports of progress."""


@dataclass(frozen=True)
class Outcome:
    """What is known of a storm when all is calm again."""

    plan: Plan
    stories: list[Story]
    notes: Notes
    heard: Heard
    herd: Herd
    weather: Weather
    calm: Calm
    left: list[str]
    """What has not come to its end in time."""
    settled: float
    """When everything had, in seconds since 1970."""
    books: dict[str, dict[str, str]]
    """The state of each ride at each partner."""
    texts: dict[str, list[Sms]]
    """What came to each phone."""
    replies: dict[str, tuple[str, ...]]
    """What whoever has the phone says to one question after the other."""
    listed: dict[str, set[str]]
    """The RFQs of each customer, as the API lists them."""
    rated: dict[str, Json]
    """The ratings that unicorns tell with their next quotes."""
    busy: list[str]
    """Unicorns that still have a ride."""
    parked: list[Parked]
    poison: str


@contextmanager
def storm(
    cloud: Cloud, plan: Plan, tell: Callable[[str], None], must_die: Iterable[str] = ()
) -> Iterator[Outcome]:
    """Have a storm, wait for the calm, and look at everything from outside. The bus is heard until the context ends."""
    partners = process.running(cloud.settings.run_dir)
    assert partners
    notes, places = Notes(), [Place.new() for _ in range(plan.sites)]
    functions = cloud.client("lambda")
    pages = functions.get_paginator("list_functions").paginate()
    ours = [f["FunctionName"] for page in pages for f in page["Functions"]]
    ours = [name for name in ours if name.startswith((*SERVICES,))]
    listener = Listener(cloud, *SOURCES)
    heard = Heard(listener.heard)
    try:
        tell(f"{plan.sites} places get their unicorns, and {len(plan.persons)} customers their phones")
        herd = Herd(cloud, plan, places, notes)
        travellers = Travellers(cloud, plan, places, lambda: next(NUMBERS), notes)
        weather = Weather(cloud, plan, partners)
        phones = Phones(cloud, travellers.riders)
        quick = quick_replays(cloud, *(name for name in ours if name.endswith("-replay")))
        with quick, weather.between(functions, ours), herd, phones:
            tell(f"{len(plan.journeys)} RFQs begin, and the storm")
            poison = f"poison-{plan.seed}-{time.time():.0f}"
            stories = _weathered(cloud, weather, travellers, plan, must_die, poison, tell, notes)
            calm = Calm(cloud, phones, heard, weather.began)
            tell(
                f"the storm is over after {weather.ended - weather.began:.0f} s; {len(weather.faults)} faults"
            )
            left = calm.settle(stories, poison)
            settled = time.time()
            tell(f"calm after {settled - weather.ended:.0f} s more")
            outcome = Outcome(
                plan, stories, notes, heard, herd, weather, calm, left, settled,
                books={id_: partners.rides(id_) for id_ in partners.secrets},
                texts={rider.phone.number: phones.got(rider.phone.number) for rider in travellers.riders},
                replies={rider.phone.number: REPLIES[rider.replies] for rider in travellers.riders},
                listed={rider.customer.name: _listed(rider.customer) for rider in travellers.riders},
                rated=_rated(cloud, plan, places),
                busy=[id_ for here in herd.sites for id_, u in here.items() if "ride" in u.show()],
                parked=calm.parked(), poison=poison,
            )  # fmt: skip
        yield outcome
    finally:
        listener.close()


def _weathered(  # noqa: PLR0917 - the whole storm
    cloud: Cloud,
    weather: Weather,
    travellers: Travellers,
    plan: Plan,
    must_die: Iterable[str],
    poison: str,
    tell: Callable[[str], None],
    notes: Notes,
) -> list[Story]:
    queues, started = Queues(cloud), 0
    lock = threading.Lock()
    last_start = time.monotonic()
    began = time.monotonic()

    def travel(journey: Journey) -> Story:
        nonlocal started, last_start
        time.sleep(max(0.0, began + journey.at - time.monotonic()))
        with lock:
            started, last_start = started + 1, time.monotonic()
        return travellers.travel(journey)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        with weather, Impostor(cloud, weather.partners, plan.seed, notes):
            under_way = [pool.submit(travel, journey) for journey in plan.journeys]
            to_poison = sorted(plan.poison)
            told = time.monotonic()
            while not all(each.done() for each in under_way):
                while to_poison and time.monotonic() - began > to_poison[0][0]:
                    queues.send(to_poison.pop(0)[1], f"[{poison}-{len(to_poison)}")
                if started == len(under_way) and time.monotonic() - last_start > SECONDS_ON_THE_WAY:
                    break
                if time.monotonic() - told > REPORTED:
                    told = time.monotonic()
                    done = sum(each.done() for each in under_way)
                    tell(f"{started} RFQs asked, {done} journeys over, {len(weather.faults)} faults")
                time.sleep(0.1)
            more = []
            for journey in (plan.journeys * MOST_MORE)[:MOST_MORE]:
                if not weather.spared(must_die):
                    break
                more.append(travellers.travel(replace(journey, at=0, watches=False, ending="looks")))
        return [each.result() for each in under_way] + more


def _listed(customer: Customer) -> set[str]:
    found, url = set(), "/instant-ride-rfqs"
    while url:
        page = customer.http.get(url).raise_for_status().json()
        found |= {rfq["links"]["self"].rpartition("/")[2] for rfq in page["rfqs"]}
        url = page["links"].get("next")
    return found


def _rated(cloud: Cloud, plan: Plan, places: list[Place]) -> dict[str, Json]:
    """Ask once more at each place where all answer; the ratings of who quotes."""
    customer = Customer(cloud)
    rfqs = [
        customer.submit(place, **{"respond-within": 60})
        for site, place in enumerate(places)
        if site not in plan.hermits
    ]
    results = [customer.result(rfq) for rfq in rfqs]
    return {
        quote["responder-id"]: quote.get("rating") or {} for result in results for quote in result["quotes"]
    }
