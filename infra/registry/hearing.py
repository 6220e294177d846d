"""No event that nobody emits, that somebody else emits, or that nobody hears without a word about it."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from infra.naming import EVENT_SOURCE_PREFIX
from infra.proof.finding import Finding
from infra.registry.audience import Listener
from infra.registry.published import Publication
from wild_rydes_contracts import Event

UNHEARD: Final = "an event that nobody hears"
UNSAID: Final = "an event that nobody emits"
RETIRED: Final = "a retired version that somebody emits"
FOREIGN: Final = "an event that another service emits"


def check(
    events: Sequence[type[Event]],
    published: Mapping[str, Sequence[Publication]],
    listeners: Callable[[type[Event]], Sequence[Listener]],
    emitters: Callable[[type[Event]], Sequence[str]],
    services: frozenset[str],
) -> Iterator[Finding]:
    """Check who emits each version of an event, and who hears any of them.

    While consumers move from one version to the next, one of the two has no listener. A version that is not published
    yet may still have no emitter.
    """
    known: defaultdict[str, list[type[Event]]] = defaultdict(list)
    for event in events:
        if any(each.version == event.version for each in published.get(event.name, ())):
            known[event.name].append(event)
            yield from _emitted(event, emitters(event), services)
        for old in event.followed():
            if old not in events and (still := emitters(old)):
                why = f"It is in EVENTS no longer, and {' and '.join(still)} still makes it."
                yield Finding(
                    RETIRED, old.versioned_name(), why, f"Take {old.__name__} out of what it emits."
                )
    for versions in known.values():
        heard = [each.service for version in versions for each in listeners(version)]
        yield from _heard(versions[-1], heard, services)


def _emitted(event: type[Event], emitters: Sequence[str], services: frozenset[str]) -> Iterator[Finding]:
    owner = event.source.removeprefix(EVENT_SOURCE_PREFIX)
    if not emitters:
        yield Finding(
            UNSAID,
            event.versioned_name(),
            f"It is published, and no source of a service makes a {event.__name__}.",
            f'Emit it, or retire it: take it out of EVENTS, and list "{event.versioned_name()}" in RETIRED.',
        )
    for service in emitters:
        # Whoever wants an answer may ask: examples outside of our services, too, as far as IAM lets them.
        asks = event.answered_with is not None and service not in services
        if service != owner and not asks:
            why = f"Its source is {event.source}, and {service} makes it, too."
            yield Finding(
                FOREIGN,
                event.versioned_name(),
                why,
                f"Let {owner} alone tell it, or tell a fact of your own.",
            )


def _heard(event: type[Event], listening: Sequence[str], services: frozenset[str]) -> Iterator[Finding]:
    ours = sorted(services.intersection(listening))
    if not listening and not event.unheard:
        yield Finding(
            UNHEARD,
            event.versioned_name(),
            "No rule of a service or an example matches any version of it.",
            f"Subscribe to it, or let {event.__name__} say as `unheard` what it is for. "
            f'Without a reason, retire it: take it out of EVENTS, and list "{event.versioned_name()}" in RETIRED.',
        )
    elif ours and event.unheard:
        why = f"It says `unheard`, and {' and '.join(ours)} listens to it."
        yield Finding(UNHEARD, event.versioned_name(), why, f"Take `unheard` out of {event.__name__}.")
