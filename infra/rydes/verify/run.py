"""One run: look at the resources, take the journey, and leave nothing behind."""

from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

from infra.naming import ORIGINATION_NUMBER_PARAMETER
from infra.rydes.cloud.system import System
from infra.rydes.verify.checks import surroundings
from infra.rydes.verify.diagnosis import Diagnosis
from infra.rydes.verify.guests import Guests
from infra.rydes.verify.inspection import Inspection
from infra.rydes.verify.journey.arrival import Arrival
from infra.rydes.verify.journey.asking import Asking
from infra.rydes.verify.journey.riding import Riding
from infra.rydes.verify.journey.scene import Scene
from infra.rydes.verify.journey.surveying import Surveying, simulator_of
from infra.rydes.verify.promise import Promise, Report, State
from infra.rydes.verify.steps import Walk
from infra.rydes.verify.traces import Traces


def run(system: System, report: Report) -> None:
    """Check everything, and report each promise as soon as it is known.

    Whatever ends it, Ctrl-C too: what it has made is taken away, or reported as left.

    Raises:
        LocalCloudError: there is no user pool to sign in to.
    """
    inspection = Inspection(system)
    report.extend(inspection.run())
    report.extend(_surroundings(system))
    guests = Guests(system.users)
    try:
        report.extend(_journey(system, inspection, guests))
    finally:
        report.extend(guests.leave())


def _surroundings(system: System) -> Iterator[Promise]:
    for look in (surroundings.concurrency, surroundings.subscribers):
        try:
            yield from look(system)
        except (BotoCoreError, ClientError) as error:
            says, to_do = (
                f"{look.__name__} can be looked up",
                "Look at your own permissions, and at what is named.",
            )
            yield Promise(surroundings.SUBJECT, says, State.BROKEN, str(error), to_do)


def _journey(system: System, inspection: Inspection, guests: Guests) -> Iterator[Promise]:
    origination = system.parameters.get(ORIGINATION_NUMBER_PARAMETER, "")
    documents = _variables(inspection, system.names.of("ride-booking-api")).get("DOCUMENT_BUCKET", "")
    traces = Traces(system, documents)
    guests.remember("items of this run", traces.remove, "They are forgotten after a month, unicorns are not.")
    walk = Walk(Diagnosis(inspection))
    scene = Scene(system, guests.users, guests, walk, traces, simulator_of(origination))
    asking = Asking(scene)
    yield from walk.take("users", Arrival(scene).steps())
    yield from walk.take("quotes", asking.steps())
    yield from walk.take("ride", Riding(scene).steps())
    yield from walk.take("feedback", Surveying(scene, origination).steps())
    yield from walk.take("quotes", asking.last_steps())


def _variables(inspection: Inspection, function: str) -> dict[str, str]:
    """The environment of a function, as its stack has made it."""
    for resource in inspection.resources:
        if (resource.type, resource.id) == ("AWS::Lambda::Function", function):
            found: dict[str, str] = resource.properties["Environment"]["Variables"]
            return found
    return {}
