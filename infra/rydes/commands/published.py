"""Commands for whoever reads messages: which there are, what they look like, and what was published when.

Here they read the files of this repository, and with `--aws` or `--profile` the schema registry of an environment.
"""

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from infra.naming import EVENT_SOURCE_PREFIX, REGISTRY_NAME
from infra.registry.aws_registry import NotRegistered, publications_on_aws
from infra.registry.fields import ANYTHING, fields
from infra.registry.published import Publication, newest_by_version, publications, worded
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.commands.target import Environment, OnAws, Profile, Region, system
from infra.rydes.commands.terminal import complain, console, one_line_errors
from wild_rydes_contracts import EVENTS, MESSAGES, RETIRED

UNKNOWN = 2
WIDEST_TYPE = 30
"""Columns: a pattern may be long, and `--json` has all of it."""
_Json = typer.Option("--json", help="Print JSON.")
_Name = typer.Argument(help="The message, such as RideCompleted.")


class Format(StrEnum):
    """How a message is shown: its fields as a table, or its JSON Schema."""

    FIELDS = "fields"
    JSON_SCHEMA = "json-schema"


def list_(
    *,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
    as_json: Annotated[bool, _Json] = False,
) -> None:
    """List all messages that are published: their newest revisions, and who owns them."""
    rows = [
        {
            "name": each.name,
            "revision": each.number,
            "published": each.published.isoformat(),
            "source": each.source,
            "state": _state(each),
            "summary": str(each.schema.get("description", "")).partition("\n")[0],
        }
        for all_ in _published(aws=aws, profile=profile, region=region, env=env).values()
        for each in newest_by_version(all_).values()
    ]
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    table = _table("message", "revision", "owner", "")
    owners = [str(row["source"] or "an answer").removeprefix(EVENT_SOURCE_PREFIX) for row in rows]
    taken = max(len(str(row["name"])) for row in rows) + len("revision") + max(map(len, owners)) + 6
    for row, owner in zip(rows, owners, strict=True):
        state = f"[{row['state']}] " if row["state"] != "live" else ""
        summary = Text(f"{state}{row['summary']}")
        summary.truncate(max(console.width - taken, 20), overflow="ellipsis")  # `show` has all of it
        table.add_row(Text(str(row["name"]), style="bold"), str(row["revision"]), owner, summary)
    console.print(table)


def show(
    name: Annotated[str, _Name],
    *,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
    version: Annotated[
        str | None,
        typer.Option(help="A version such as 1, or a revision such as 1.2. The newest if left out."),
    ] = None,
    format_: Annotated[
        Format, typer.Option("--format", help="Its fields, or its JSON Schema.")
    ] = Format.FIELDS,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json-schema.")] = False,
) -> None:
    """Show what is published of a message."""
    publication = _chosen(
        _all_of(name, _published(aws=aws, profile=profile, region=region, env=env)), version
    )
    if as_json or format_ is Format.JSON_SCHEMA:
        print(json.dumps(publication.document, indent=2))
        return
    whence = f"event of {publication.source}" if publication.source else "answer"
    head = Text.assemble(
        (f"{name} {publication.number}", "bold"), f"  {whence}, published {publication.published}"
    )
    console.print(head, Text(publication.schema.get("description", "")), "", sep="\n")
    table = _table("field", "", "type", "")
    table.columns[2].max_width = WIDEST_TYPE
    for field in fields(publication.schema).values():
        if field.path.startswith("data.") and field.text != ANYTHING:
            *above, name = re.findall(r"[^.[]+|\[[^]]*\]", field.path.removeprefix("data."))
            needed = "" if name.endswith("]") else "required" if field.required else "optional"
            said = next((str(each["description"]) for each in field.schemas if "description" in each), "")
            table.add_row(
                *(Text("  " * len(above) + name), Text(needed, style="" if field.required else "dim")),
                *(Text(field.text), Text(said.partition("\n")[0])),
            )
    console.print(table)


def versions(
    name: Annotated[str, _Name],
    *,
    aws: OnAws = False,
    profile: Profile = "",
    region: Region = "",
    env: Environment = "",
    as_json: Annotated[bool, _Json] = False,
) -> None:
    """List what was published of a message, the oldest first, and what was new."""
    all_ = _all_of(name, _published(aws=aws, profile=profile, region=region, env=env))
    if as_json:
        rows = [
            {
                "revision": each.number,
                "published": each.published.isoformat(),
                "note": each.note,
                "state": _state(each),
            }
            for each in all_
        ]
        print(json.dumps(rows, indent=2))
        return
    table = _table("revision", "published", "state", "what is new")
    for each in all_:
        table.add_row(Text(each.number, style="bold"), str(each.published), _state(each), Text(each.note))
    console.print(table)


def _published(*, aws: bool, profile: str, region: str, env: str) -> Mapping[str, list[Publication]]:
    """Read what is published: on AWS from the registry; here from files, as the local cloud has none."""
    if not (aws or profile or region):
        return worded(publications(), (*EVENTS, *MESSAGES))
    with one_line_errors():
        target = system(aws=aws, profile=profile, region=region, env=env)
        registry = target.names.of(REGISTRY_NAME)
        try:
            found = publications_on_aws(target.client("schemas"), registry)
        except NotRegistered as error:
            raise LocalCloudError(str(error), f"Deploy it: {target.HOW_TO_DEPLOY}") from error
        if not found:
            raise LocalCloudError(
                f"The registry {registry} is empty.", f"Deploy the services: {target.HOW_TO_DEPLOY}"
            )
        return found


def _all_of(name: str, known: Mapping[str, list[Publication]]) -> list[Publication]:
    if name not in known:
        close = get_close_matches(name.lower(), [each.lower() for each in known], n=1)
        meant = [each for each in known if each.lower() in close]
        complain(
            f"Nothing is published of {name}.",
            f"Did you mean {meant[0]}?" if meant else f"There is {', '.join(known)}.",
        )
        raise typer.Exit(UNKNOWN)
    return known[name]


def _chosen(all_: list[Publication], version: str | None) -> Publication:
    found = [each for each in all_ if version in (None, str(each.version), each.number)]
    if not found:
        complain(f"{all_[0].name} has no {version}.", f"There is {', '.join(each.number for each in all_)}.")
        raise typer.Exit(UNKNOWN)
    return found[-1]


def _state(publication: Publication) -> str:
    """Say whether a version is live, or nobody emits it any more."""
    here = publication.versioned_name
    if here in RETIRED:
        return "retired"
    return (
        "live" if any(each.versioned_name() == here for each in (*EVENTS, *MESSAGES)) else "without a class"
    )


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns[:-1]:
        table.add_column(column, no_wrap=True)
    table.add_column(columns[-1], ratio=1)
    return table
