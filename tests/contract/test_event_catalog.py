"""The EventCatalog: what is in it, and what its own linter says."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from infra.assembly import Assembly
from infra.proof import synthesis
from infra.registry.documents import event_catalog as module
from infra.registry.documents import pages
from infra.registry.documents.event_catalog import event_catalog
from infra.registry.documents.export import export_to
from infra.registry.examples import with_examples
from infra.registry.published import publications
from infra.registry.readers import Statement
from infra.registry.tools import installed, node
from infra.rydes import cli
from wild_rydes_contracts import EVENTS

RIDES = "domains/wild-rydes/services/unicorn-mgmt/events/RideCompleted"


def head(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return found


def lint(directory: Path) -> tuple[int, str]:
    linter = installed() / "node_modules" / "@eventcatalog" / "linter" / "dist" / "cli" / "index.js"
    done = node(linter, directory, "--fail-on-warning", check=False)
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def assembly() -> Assembly:
    return with_examples(synthesis.templates())


@pytest.fixture(scope="module")
def two_revisions(assembly: Assembly) -> dict[str, str]:
    """The catalog as if RideCompleted were published twice."""
    published = dict(publications())
    [first] = published["RideCompleted"]
    published["RideCompleted"] = [first, replace(first, revision=1, note="Now {with} <more>.")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "publications", lambda: published)
        return event_catalog(assembly)


def test_a_message_is_its_owners_whoever_else_emits_it(assembly: Assembly) -> None:
    files = event_catalog(assembly)
    for event in EVENTS:
        owner = event.source.removeprefix("wildrydes.")
        assert f"domains/wild-rydes/services/{owner}/events/{event.name}/index.mdx" in files
    assert len([path for path in files if path.endswith("/RfqRequested/index.mdx")]) == 1


def test_services_say_what_they_send_and_receive_and_by_which_channel(assembly: Assembly) -> None:
    service = head(event_catalog(assembly)["domains/wild-rydes/services/feedback/index.mdx"])
    assert service["receives"] == [
        {"id": "RideCompleted", "version": "1.0.0", "from": [{"id": "wild-rydes-bus", "version": "1.0.0"}]}
    ]
    assert {"CallbackDone", "FeedbackReceived"} < {sent["id"] for sent in service["sends"]}
    answering = head(event_catalog(assembly)["domains/wild-rydes/services/unicorn-mgmt/index.mdx"])
    assert {each["id"]: each["to"][0]["id"] for each in answering["sends"]}["RfqResponse"] == "return-address"


def test_who_states_what_it_needs_is_a_consumer_from_outside(
    assembly: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "statements", lambda: (Statement("greeter", {"RideCompleted.v1": {}}),))
    greeter = head(event_catalog(assembly)["domains/wild-rydes/services/greeter/index.mdx"])
    assert greeter["externalSystem"]
    assert [received["id"] for received in greeter["receives"]] == ["RideCompleted"]


def test_every_revision_is_a_version(two_revisions: dict[str, str]) -> None:
    newest, older = two_revisions[f"{RIDES}/index.mdx"], two_revisions[f"{RIDES}/versioned/1.0.0/index.mdx"]
    assert (head(newest)["version"], head(older)["version"]) == ("1.1.0", "1.0.0")
    assert (
        json.loads(two_revisions[f"{RIDES}/versioned/1.0.0/schema.json"])["$id"]
        == "urn:wild-rydes:RideCompleted:1.0"
    )
    assert r"Now \{with\} \<more>." in two_revisions[f"{RIDES}/changelog.mdx"]
    receiver = head(two_revisions["domains/wild-rydes/services/feedback/index.mdx"])
    assert receiver["receives"][0]["version"] == "1.1.0"


def test_a_version_that_nobody_sends_any_more_stays_as_deprecated(
    assembly: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    [first] = publications()["RideCompleted"]
    [newest] = pages.shown()["RideCompleted"]
    second = type("Second", (newest,), {"version": 2, "__module__": __name__})
    published = {"RideCompleted": [first, replace(first, version=2)]}
    monkeypatch.setattr(module, "publications", lambda: published)
    monkeypatch.setattr(module, "shown", lambda: {"RideCompleted": [second]})
    monkeypatch.setattr(module, "emitters", lambda _: ("unicorn-mgmt",))
    catalog = event_catalog(assembly)
    assert head(catalog[f"{RIDES}/versioned/1.0.0/index.mdx"])["deprecated"]
    assert head(catalog[f"{RIDES}/index.mdx"])["version"] == "2.0.0"
    assert "deprecated" not in head(catalog[f"{RIDES}/index.mdx"])


@pytest.mark.slow
def test_the_linter_finds_nothing(two_revisions: dict[str, str], tmp_path: Path) -> None:
    export_to(tmp_path, two_revisions)
    status, told = lint(tmp_path)
    assert status == 0, told
    assert "files checked" in told


@pytest.mark.slow
def test_the_linter_finds_an_event_that_is_not_there(two_revisions: dict[str, str], tmp_path: Path) -> None:
    wrong = {path: text for path, text in two_revisions.items() if not path.startswith(RIDES)}
    export_to(tmp_path, wrong)
    status, told = lint(tmp_path)
    assert status == 1
    assert "RideCompleted" in told


def test_the_command_writes_a_catalog_and_nothing_over_other_files(
    assembly: Assembly, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(synthesis, "templates", lambda: assembly)

    def export() -> Any:
        return CliRunner().invoke(cli.app, ["contracts", "export", str(tmp_path / "catalog")])

    assert export().exit_code == 0
    assert (tmp_path / "catalog" / RIDES / "schema.json").exists()
    assert export().exit_code == 0
    (tmp_path / "catalog" / "notes.txt").write_text("mine")
    refused = export()
    assert refused.exit_code == 1
    assert "notes.txt" in refused.stderr
