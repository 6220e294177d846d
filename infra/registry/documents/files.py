"""All generated files of docs/events."""

import json
import shutil
from pathlib import Path
from typing import Final

from infra.artifacts import ROOT
from infra.assembly import Assembly
from infra.registry.documents.asyncapi import asyncapi
from infra.registry.documents.draft4 import draft4
from infra.registry.documents.openapi import openapi
from infra.registry.documents.pages import index, message_page, shown
from infra.registry.published import publications, revisions, source_of
from wild_rydes_contracts import EVENTS, MESSAGES
from wild_rydes_contracts.schemas import json_schema

DIRECTORY: Final = ROOT / "docs" / "events"
DECLARATIONS: Final = "events.d.ts"
"""The one file that it takes Node to make: `infra.registry.documents.typescript`."""


def schemas() -> dict[str, str]:
    """Make the files that depend on the contracts alone, by their paths."""
    published = publications()
    found = {}
    for contract in (*EVENTS, *MESSAGES):
        name, schema = f"{contract.versioned_name()}.json", json_schema(contract)
        known = revisions(contract, published)
        number = known[-1].number if known else f"{contract.version}.0"
        found[name] = schema
        found[f"draft4/{name}"] = draft4(schema)
        found[f"openapi/{name}"] = openapi(schema, number, source_of(contract))
    return {name: _text(content) for name, content in found.items()}


def texts(assembly: Assembly) -> dict[str, str]:
    """Make all files but that of TypeScript, by their paths. Who listens is known from the templates."""
    published = publications()
    pages = {f"{name}.md": message_page(versions, published, assembly) for name, versions in shown().items()}
    return {
        **schemas(),
        **pages,
        "README.md": index(published, assembly),
        "asyncapi.json": _text(asyncapi(assembly)),
    }


def read(directory: Path = DIRECTORY) -> dict[str, str]:
    """Read the files that there are, by their paths."""
    files = (file for file in directory.rglob("*") if file.is_file())
    return {file.relative_to(directory).as_posix(): file.read_text() for file in files}


def write(contents: dict[str, str], directory: Path = DIRECTORY) -> None:
    """Write all files, and remove those of messages that no longer exist."""
    shutil.rmtree(directory, ignore_errors=True)
    for name, text in contents.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def _text(content: object) -> str:
    return json.dumps(content, indent=2) + "\n"
