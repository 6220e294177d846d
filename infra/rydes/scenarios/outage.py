"""A partner's outage from its first failure to its recovery, as circuit, bus and customers see it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import mean, median

from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.operator.modes import reached, store
from infra.rydes.operator.partner_calls import Call
from infra.rydes.scenarios.customers import Answered, Customers, asking
from infra.rydes.scenarios.incident_log import BUSY, DECLINED, Incident, IncidentLog
from infra.rydes.scenarios.wiretap import listening
from infra.rydes.simulators.partners import process
from wild_rydes_circuit_breaker import Mode, State

ENOUGH_REQUESTS = 12
SECONDS_OPEN = 8.0
"""Seconds that the outage goes on after the circuit has opened."""
LONGEST = 180.0
"""Seconds that a circuit may take to open or close, and an RFQ to be answered."""
_LOOK_EVERY = 0.25
_SECONDS_TO_LOG = 1.0


@dataclass(frozen=True)
class Phase:
    """A part of the story, and when it began in seconds since 1970."""

    name: str
    began: float


class Outage:
    """Plays an outage on a running local cloud. However it ends, the partner is well again."""

    def __init__(self, cloud: Cloud, partner_id: str, console: Console) -> None:
        self._cloud = cloud
        self._partner_id = partner_id
        self._console = console
        self._circuits = store(cloud)
        self._phases: list[Phase] = []
        self._heard: set[Incident] = set()

    def play(self, *, hangs: bool) -> None:
        """Tell the story as it happens. It takes half a minute; on a slow machine, some minutes.

        Raises:
            LocalCloudError: the cloud has no partners, or the circuit has a mode other than AUTO, or does not
                turn in time.
        """
        partners, id_ = process.running(self._cloud.settings.run_dir), self._partner_id
        if partners is None:
            raise LocalCloudError("This local cloud has no partners.", "Update it: `uv run rydes up`")
        self._require_auto()
        try:
            partners.misbehave(id_)
            with reached(), listening(self._cloud) as wiretap, asking(self._cloud) as customers:
                incidents = IncidentLog(self._cloud, id_, wiretap)

                def until(done: Callable[[], bool], problem: str) -> None:
                    self._until(done, problem, incidents, customers)

                self._phase("healthy", "all partners answer")
                until(lambda: self._well(customers), "Customers were not answered")
                self._phase("down", f"{id_} goes down and {'does not answer' if hangs else 'answers 503'}")
                # Bounded, in case this process is killed before it can make the partner well.
                partners.misbehave(id_, outage_seconds=LONGEST + SECONDS_OPEN, outage_hangs=hangs)
                until(lambda: self._said("PartnerCircuitOpened"), "The circuit did not open")
                self._phase("open", f"{id_} gets nothing but probes")
                until(lambda: time.time() - self._phases[-1].began > SECONDS_OPEN, "")
                self._phase("recovery", f"{id_} is back")
                partners.misbehave(id_)
                until(lambda: self._said("PartnerCircuitClosed"), "The circuit did not close")
                self._phase("healthy again", f"{id_} is called again")
                until(lambda: self._well(customers), "Customers were not answered")
        finally:
            partners.misbehave(id_)
        time.sleep(_SECONDS_TO_LOG)
        calls = [call for call in incidents.calls.look() if call.partner == id_ and call.operation == "quote"]
        self._console.print(self._summary(customers.answered, calls))

    def _require_auto(self) -> None:
        with reached():
            mode = self._circuits.read(self._partner_id).mode(time.time())
        if mode is not Mode.AUTO:
            raise LocalCloudError(
                f"The circuit of {self._partner_id} is in mode {mode}.",
                f'Lift it: `uv run rydes partners {self._partner_id} --mode AUTO --reason "a drill"`',
            )

    def _until(
        self, done: Callable[[], bool], problem: str, incidents: IncidentLog, customers: Customers
    ) -> None:
        give_up = time.time() + LONGEST
        while not done():
            if time.time() > give_up:
                raise LocalCloudError(
                    f"{problem} within {LONGEST:.0f} s.", "See what happened: uv run rydes logs"
                )
            customers.check()
            self._look(incidents)
            time.sleep(_LOOK_EVERY)
        self._look(incidents)  # what happened before the next phase is told before it

    def _look(self, incidents: IncidentLog) -> None:
        for incident in incidents.unseen():
            self._tell(incident)

    def _said(self, what: str) -> bool:
        """Tell whether this was shown in this phase and happened in it."""
        return any(
            incident.at >= self._phases[-1].began and what in incident.what for incident in self._heard
        )

    def _well(self, customers: Customers) -> bool:
        """Tell whether enough RFQs were submitted and answered in this phase, and the circuit is closed."""
        began = self._phases[-1].began
        made = [request for request in customers.answered if request.at - request.seconds >= began]
        return len(made) >= ENOUGH_REQUESTS and self._circuits.read(self._partner_id).state is State.CLOSED

    # The story

    def _phase(self, name: str, what: str) -> None:
        self._phases.append(Phase(name, time.time()))
        self._tell(Incident(self._phases[-1].began, what, "bold"))

    def _tell(self, incident: Incident) -> None:
        if incident.what in (DECLINED, BUSY) and self._said(incident.what):
            return  # once a phase is enough
        self._heard.add(incident)
        since = incident.at - self._phases[0].began
        self._console.print(
            Text.assemble((f"{since:6.1f} s  ", "dim"), (incident.what, incident.style)), soft_wrap=True
        )

    def _summary(self, answered: list[Answered], calls: list[Call]) -> Table:
        shown = Table(
            "phase",
            title=f"\n{self._partner_id}'s outage as the customers saw it",
            caption="quotes and seconds are per request; calls, failed and declined are the partner's",
            title_justify="left",
            caption_justify="left",
        )
        for heading in ("requests", "quotes", "median s", "max s", "calls", "failed", "declined"):
            shown.add_column(heading, justify="right")
        ends = [*(phase.began for phase in self._phases[1:]), float("inf")]
        for phase, end in zip(self._phases, ends, strict=True):
            requests = [request for request in answered if phase.began <= request.at < end]
            made = [call for call in calls if phase.began <= call.at < end]
            times = [request.seconds for request in requests]
            shown.add_row(
                phase.name,
                str(len(requests)),
                f"{mean(request.quoted for request in requests):.1f}" if requests else "-",
                *((f"{median(times):.2f}", f"{max(times):.2f}") if times else ("-", "-")),
                str(sum(call.made for call in made)),
                str(sum(call.failed for call in made)),
                str(sum(not call.made for call in made)),
            )
        return shown
