"""`rydes contracts list|show|versions --profile`: they read an environment's registry, as its API answers."""

import json
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from typer.testing import CliRunner, Result

from infra.registry.published import publications
from infra.registry.registered import registered_by
from infra.rydes import cli
from tests.support.http_server import serving

PROFILE = "[profile ours]\nregion = eu-west-1\naws_access_key_id = a\naws_secret_access_key = b\n"


class Registry(BaseHTTPRequestHandler):
    """The registry `prod-wild-rydes`, to which unicorn-mgmt was deployed twice: RideCompleted has two revisions."""

    names: dict[str, list[str]]  # what each schema has said

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        match unquote(url.path).strip("/").split("/"):
            case ["v1", "registries", "name", "prod-wild-rydes", "schemas"]:
                self._answer({"Schemas": [{"SchemaName": name} for name in self.names]})
            case ["v1", "registries", "name", "prod-wild-rydes", "schemas", "name", name, "versions"]:
                numbers = range(1, len(self.names[name]) + 1)
                self._answer({"SchemaVersions": [{"SchemaVersion": str(number)} for number in numbers]})
            case ["v1", "registries", "name", "prod-wild-rydes", "schemas", "name", name]:
                [version] = parse_qs(url.query)["schemaVersion"]
                self._answer({"Content": self.names[name][int(version) - 1], "SchemaVersion": version})
            case _:
                self._answer({"Code": "NotFoundException", "Message": "no such registry"}, 404)

    def _answer(self, body: object, status: int = 200) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        if status != 200:
            self.send_header("x-amzn-ErrorType", "NotFoundException")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def _an_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    before = publications()
    [first] = before["RideCompleted"]
    later = replace(first, revision=1, note="Where it ended.")
    after = {**before, "RideCompleted": [first, later]}
    said: dict[str, list[str]] = {}
    for published in (before, after):
        for each in registered_by("unicorn-mgmt", published):
            if each.content not in said.setdefault(each.name, []):
                said[each.name].append(each.content)
    monkeypatch.setattr(Registry, "names", said, raising=False)
    (tmp_path / "config").write_text(PROFILE)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "RYDES_ENV"):
        monkeypatch.delenv(name, raising=False)
    with serving(Registry) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SCHEMAS", url)
        yield


def contracts(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["contracts", *arguments, "--profile", "ours"])


def test_list_has_the_newest_revision_of_what_is_deployed() -> None:
    answer = contracts("list", "--env", "prod", "--json")
    assert answer.exit_code == 0, answer.stderr
    revisions = {row["name"]: row["revision"] for row in json.loads(answer.stdout)}
    assert (revisions["RideCompleted"], revisions["RideConfirmed"]) == ("1.1", "1.0")
    assert "RideBooked" not in revisions, "it is ride-booking's, which is not deployed there"


def test_versions_are_our_revisions() -> None:
    answer = contracts("versions", "RideCompleted", "--env", "prod", "--json")
    rows = [(row["revision"], row["note"]) for row in json.loads(answer.stdout)]
    assert rows == [("1.0", "The first that is published."), ("1.1", "Where it ended.")]


def test_show_has_the_fields_and_the_schema_in_draft_4() -> None:
    table = contracts("show", "RideCompleted", "--env", "prod")
    assert "completed_at" in table.stdout
    schema = json.loads(
        contracts("show", "RideCompleted", "--env", "prod", "--version", "1.0", "--json").stdout
    )
    assert schema["$id"] == "urn:wild-rydes:RideCompleted:1.0"
    assert schema["$schema"] == "http://json-schema.org/draft-04/schema#"


def test_an_environment_without_a_registry() -> None:
    answer = contracts("list")
    assert answer.exit_code == 1
    assert "There is no registry dev-wild-rydes." in answer.stderr
