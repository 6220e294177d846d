"""An EventCatalog of all messages: its folders and frontmatter, with every revision that is published as a version.

https://www.eventcatalog.dev/docs/development/developer-tools/sdk has the layout, and @eventcatalog/linter checks it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from infra.artifacts import ROOT
from infra.assembly import Assembly
from infra.naming import BUS_NAME, EVENT_SOURCE_PREFIX
from infra.registry.audience import emitters, listeners
from infra.registry.documents.examples import example
from infra.registry.documents.markdown import json_block, page
from infra.registry.documents.pages import shown
from infra.registry.published import Publication, newest_by_version, publications, revisions, worded
from infra.registry.readers import OURS, statements, stating
from wild_rydes_contracts import EVENTS, MESSAGES, Event, Message, rule_pattern

DOMAIN: Final = "wild-rydes"
BUS: Final = "wild-rydes-bus"
RETURN_ADDRESS: Final = "return-address"

_CONFIG: Final = {
    "title": "Wild Rydes",
    "tagline": "What the services of Wild Rydes tell each other",
    "organizationName": "Wild Rydes",
    "cId": "6f0d0f3e-1f0c-4a55-9d0b-6a1d8f1f7a72",  # any UUID, the same each time
}
_PACKAGE: Final = {
    "name": "wild-rydes-event-catalog",
    "private": True,
    "type": "module",
    "scripts": {"dev": "eventcatalog dev", "build": "eventcatalog build"},
    "dependencies": {"@eventcatalog/core": "^3.48.4"},
}
_SPECIFICATIONS: Final = {"openapi": "REST API", "asyncapi": "WebSocket API"}
_LINK: Final = re.compile(r"\[([^]]+)\]\([^)]*\)")
_WHERE: Final = ("services", "docs/examples")

Files = dict[str, str]


@dataclass(frozen=True)
class _Message:
    """A message in one version, as the catalog has it."""

    contract: type[Message]
    newest: Publication

    @property
    def pointer(self) -> dict[str, str]:
        return {"id": self.contract.name, "version": _version(self.newest)}

    @property
    def channel(self) -> str:
        return BUS if issubclass(self.contract, Event) else RETURN_ADDRESS


def event_catalog(assembly: Assembly) -> Files:
    """Make the files of the catalog, by their paths. Who listens is known from the templates."""
    published = worded(publications(), (*EVENTS, *MESSAGES))
    messages = list(_messages(published))
    sends = _by_service(messages, {each.contract: emitters(each.contract) for each in messages})
    receives = _by_service(
        messages, {each.contract: _receivers(each.contract, assembly) for each in messages}
    )
    services = sorted(sends | receives)
    files = {
        "eventcatalog.config.js": f"export default {json.dumps(_CONFIG, indent=2)};\n",
        "package.json": json.dumps(_PACKAGE, indent=2) + "\n",
        f"domains/{DOMAIN}/index.mdx": _domain(services),
        f"channels/{BUS}/index.mdx": _bus(),
        f"channels/{RETURN_ADDRESS}/index.mdx": _return_address(),
        "teams/wild-rydes.mdx": _team(
            "wild-rydes", "Wild Rydes", "Owns the platform: the bus and its registry."
        ),
    }
    for service in services:
        files[f"teams/{service}.mdx"] = _team(service, service, f"Owns {service} and what it tells.")
        files |= _service(service, sends.get(service, []), receives.get(service, []))
    for name, versions in shown().items():
        files |= _event(versions, published.get(name, ()))
    return files


def _messages(published: Mapping[str, list[Publication]]) -> Iterator[_Message]:
    """Go through what somebody sends and is published, the newest version of a message first."""
    for versions in shown().values():
        for contract in versions:
            if known := revisions(contract, published):
                yield _Message(contract, known[-1])


def _receivers(contract: type[Message], assembly: Assembly) -> tuple[str, ...]:
    if issubclass(contract, Event):
        heard = [listener.service for listener in listeners(contract, assembly)]
        return tuple(dict.fromkeys([*heard, *stating(contract, statements())]))
    asking = {
        service
        for event in EVENTS
        if event.answered_with and event.answered_with.name == contract.name
        for service in emitters(event)
    }
    return tuple(sorted(asking))


def _by_service(
    messages: Sequence[_Message], services: Mapping[type[Message], Sequence[str]]
) -> dict[str, list[_Message]]:
    found: dict[str, list[_Message]] = {}
    for each in messages:
        for service in services[each.contract]:
            found.setdefault(service, []).append(each)
    return found


def _domain(services: Sequence[str]) -> str:
    return _mdx(
        {
            "id": DOMAIN,
            "name": "Wild Rydes",
            "version": "1.0.0",
            "summary": "Customers ask every unicorn nearby for a quote, book the best, and say how the ride was.",
            "owners": ["wild-rydes"],
            "services": [{"id": service, "version": "1.0.0"} for service in services],
        },
        "## Overview",
        "Services talk only over one EventBridge bus and SQS queues. A consumer owns its subscription: rule, queue and"
        " dead-letter queue stand in its own stack, and no producer knows who listens.",
        "<NodeGraph />",
    )


def _bus() -> str:
    return _mdx(
        {
            "id": BUS,
            "name": "Bus",
            "version": "1.0.0",
            "summary": "The EventBridge bus of all events.",
            "owners": ["wild-rydes"],
            "address": BUS_NAME,
            "protocols": ["eventbridge"],
            "deliveryGuarantee": "at-least-once",
        },
        "Events arrive at least once and in any order. `metadata.event_id` is the same each time that the same fact is told.",
        "<ChannelInformation />",
        "<NodeGraph />",
    )


def _return_address() -> str:
    return _mdx(
        {
            "id": RETURN_ADDRESS,
            "name": "Return address",
            "version": "1.0.0",
            "summary": "The SQS queue that `metadata.reply_to` of an event names by its ARN.",
            "owners": ["wild-rydes"],
            "protocols": ["sqs"],
            "deliveryGuarantee": "at-least-once",
        },
        "An answer has the `metadata.correlation_id` of the question, and comes before its `metadata.deadline`.",
        "<NodeGraph />",
    )


def _team(id_: str, name: str, says: str) -> str:
    return _mdx({"id": id_, "name": name, "summary": says}, says)


def _service(service: str, sends: Sequence[_Message], receives: Sequence[_Message]) -> Files:
    folder = f"domains/{DOMAIN}/services/{service}"
    sources = next((ROOT / where / service for where in _WHERE if (ROOT / where / service).is_dir()), None)
    said = _first_paragraph(sources / "README.md") if sources else service
    documents = {
        kind: sources / f"{kind}.json"
        for kind in _SPECIFICATIONS
        if sources and (sources / f"{kind}.json").exists()
    }
    head: dict[str, Any] = {
        "id": service,
        "name": service,
        "version": "1.0.0",
        "summary": said,
        "owners": [service],
        "sends": [{**each.pointer, "to": [{"id": each.channel, "version": "1.0.0"}]} for each in sends],
        "receives": [
            {**each.pointer, "from": [{"id": each.channel, "version": "1.0.0"}]} for each in receives
        ],
        "repository": {"language": "Python"},
        **({} if service in OURS else {"externalSystem": True}),
    }
    if documents:
        head["specifications"] = [
            {"type": kind, "path": file.name, "name": _SPECIFICATIONS[kind]}
            for kind, file in documents.items()
        ]
    files = {f"{folder}/{file.name}": file.read_text() for file in documents.values()}
    return {
        **files,
        f"{folder}/index.mdx": _mdx(head, "## Overview", _prose(said), "<NodeGraph />", "<MessageTable />"),
    }


def _event(versions: Sequence[type[Message]], published: Sequence[Publication]) -> Files:
    """The folder of a message: its newest revision on top, and all others below `versioned`."""
    by_version = {contract.version: contract for contract in versions}
    newest = versions[0]
    owner = _owner(newest)
    folder = f"domains/{DOMAIN}/services/{owner}/events/{newest.name}"
    last = newest_by_version(published)
    files: Files = {}
    for each in published:
        below = folder if each is published[-1] else f"{folder}/versioned/{_version(each)}"
        contract = by_version.get(each.version) if each is last[each.version] else None
        retired = each.version not in by_version
        files |= {
            f"{below}/index.mdx": _event_page(each, owner, contract, retired=retired),
            f"{below}/schema.json": json.dumps(each.document, indent=2) + "\n",
            f"{below}/changelog.mdx": f"---\ncreatedAt: {each.published}\n---\n\n{_prose(each.note)}\n",
        }
    return files


def _owner(contract: type[Message]) -> str:
    """The service that owns a message: of an event by its source, whoever else may emit it; of an answer, who gives it."""
    if issubclass(contract, Event):
        return contract.source.removeprefix(EVENT_SOURCE_PREFIX)
    return emitters(contract)[0]


def _event_page(
    publication: Publication, owner: str, contract: type[Message] | None, *, retired: bool
) -> str:
    """The page of a revision. Its class, if it is the last of a version that is in use, gives an example."""
    said, _, more = str(publication.schema["description"]).partition("\n")
    channel = BUS if publication.source else RETURN_ADDRESS
    badge = f"version {publication.version}" if publication.source else "answer"
    head: dict[str, Any] = {
        "id": publication.name,
        "name": publication.name,
        "version": _version(publication),
        "summary": said,
        "owners": [owner],
        "schemaPath": "schema.json",
        "channels": [{"id": channel, "version": "1.0.0"}],
        "badges": [{"content": badge, "backgroundColor": "blue", "textColor": "blue"}],
    }
    if retired:
        head["deprecated"] = {"message": "Nobody sends this version any more."}
    parts = ["## Overview", _prose(said), _prose(more.strip())]
    if contract and issubclass(contract, Event):
        parts += ["## Subscribe", json_block(rule_pattern(contract))]
    if contract:
        parts += ["## Example", json_block(json.loads(example(contract).to_json()))]
    viewer = '<SchemaViewer file="schema.json" title="JSON Schema" maxHeight="500" />'
    return _mdx(head, *parts, "## Schema", viewer, "<NodeGraph />")


def _version(publication: Publication) -> str:
    return f"{publication.number}.0"


def _first_paragraph(readme: Path) -> str:
    """Read the first paragraph below the title, on one line, and without links, which lead nowhere from here."""
    if not readme.exists():
        return readme.parent.name
    _, text, *_ = readme.read_text().split("\n\n", 2)
    return _LINK.sub(r"\1", " ".join(text.split()))


def _prose(text: str) -> str:
    """Text as MDX takes it: nothing in it is code or a component."""
    for sign in "{}<":
        text = text.replace(sign, f"\\{sign}")
    return text


def _mdx(head: Mapping[str, Any], *parts: str) -> str:
    front = yaml.safe_dump(dict(head), sort_keys=False, allow_unicode=True, width=110)
    return f"---\n{front}---\n\n{page(*parts)}"
