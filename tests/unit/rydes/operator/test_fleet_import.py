"""The import of a fleet from the command line: whatever the network does, a file arrives whole or somebody is told."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.operator.fleet_import import FleetFile, FleetImport, first_faults

CONTENT = bytes(range(256)) * 3_000
PART = 300_000
HERE = "https://jobs/v1/jobs/1"


class Service:
    """The jobs API and S3. `trouble` is what S3 answers before it does what it should; an error is raised."""

    def __init__(self) -> None:
        self.trouble: list[int | Exception] = []
        self.parts: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.looks: list[dict[str, Any]] = []
        self.conflict: dict[str, str] | None = None
        self.completed = b""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        content, url = request.read(), str(request.url)
        self.requests.append((request.method, url))
        if "s3" in url:
            return self._s3(request, url, content)
        match request.method:
            case "POST" if self.conflict is not None:
                return httpx.Response(
                    409, json={"detail": "You have an import that is open."}, headers=self.conflict
                )
            case "POST":
                starts = range(0, len(CONTENT), PART)
                parts = [
                    {"number": n, "bytes": min(PART, len(CONTENT) - start), "url": f"https://s3/{n}"}
                    for n, start in enumerate(starts, 1)
                ]
                upload = {"parts": parts, "complete": "https://s3/complete"}
                return httpx.Response(202, json={"id": "1", "links": {"self": HERE}, "upload": upload})
            case "GET":
                return httpx.Response(200, json=self.looks.pop(0))
            case _:
                return httpx.Response(204)

    def _s3(self, request: httpx.Request, url: str, content: bytes) -> httpx.Response:
        assert "authorization" not in request.headers
        if self.trouble:
            trouble = self.trouble.pop(0)
            if isinstance(trouble, Exception):
                raise trouble
            return httpx.Response(trouble)
        if request.method == "POST":
            self.completed = content
            return httpx.Response(200, text="<CompleteMultipartUploadResult/>")
        assert request.headers["content-length"] == str(len(content))
        assert "transfer-encoding" not in request.headers
        self.parts[url] = content
        return httpx.Response(200, headers={"ETag": f'"{hashlib.md5(content).hexdigest()}"'})  # noqa: S324


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    service = Service()
    plain = httpx.Client(transport=httpx.MockTransport(service))
    for method in ("put", "post"):
        monkeypatch.setattr(httpx, method, getattr(plain, method))
    return service


@pytest.fixture
def file(tmp_path: Path) -> FleetFile:
    path = tmp_path / "fleet.csv"
    path.write_bytes(CONTENT)
    return FleetFile.at(path)


@pytest.fixture
def work(service: Service, file: FleetFile) -> Iterator[FleetImport]:
    headers = {"Authorization": "Bearer of-the-partner"}
    with httpx.Client(
        base_url="https://jobs/v1", headers=headers, transport=httpx.MockTransport(service)
    ) as api:
        yield FleetImport(api, file, sleep=lambda _: None)


def test_a_file_arrives_whole_in_its_parts(service: Service, work: FleetImport) -> None:
    sent: list[int] = []
    work.upload(work.begin(), sent.append)
    assert b"".join(service.parts.values()) == CONTENT
    assert sum(sent) == len(CONTENT)
    for number, content in enumerate(service.parts.values(), 1):
        tag = hashlib.md5(content).hexdigest()  # noqa: S324
        assert f'<PartNumber>{number}</PartNumber><ETag>"{tag}"</ETag>'.encode() in service.completed


@pytest.mark.parametrize("trouble", [500, 503, httpx.ConnectError("gone"), httpx.ReadTimeout("slow")])
def test_a_part_is_sent_again_after_trouble_that_may_pass(
    service: Service, work: FleetImport, trouble: int | Exception
) -> None:
    service.trouble = [trouble] * 3
    sent: list[int] = []
    work.upload(work.begin(), sent.append)
    assert b"".join(service.parts.values()) == CONTENT
    assert sum(sent) == len(CONTENT), "what is sent again counts once"


@pytest.mark.parametrize(("trouble", "times"), [(500, 5), (403, 1)])
def test_it_ends_when_a_part_is_not_taken_and_says_so(
    service: Service, work: FleetImport, trouble: int, times: int
) -> None:
    service.trouble = [trouble] * 50
    with pytest.raises(LocalCloudError, match=f"Part 1 of the file was not taken: {trouble}"):
        work.upload(work.begin(), lambda _: None)
    assert len(service.trouble) == 50 - times


def test_the_job_is_seen_whenever_it_has_changed_until_it_has_ended(
    service: Service, work: FleetImport
) -> None:
    work.begin()
    running = {"status": "running", "progress": {"done": 1, "percent": 50}}
    service.looks = [
        {"status": "pending"},
        {"status": "pending"},
        running,
        running,
        {"status": "succeeded"},
        {},
    ]
    assert [job["status"] for job in work.follow()] == ["pending", "running", "succeeded"]
    assert service.looks == [{}]


@pytest.mark.parametrize(
    ("headers", "way_out"),
    [
        ({"Location": HERE}, "uv run rydes jobs 1 --follow"),
        ({"Retry-After": "30"}, "Wait 30 s"),
        ({}, "Try again"),
    ],
)
def test_a_second_import_says_what_to_do_about_the_first(
    service: Service, work: FleetImport, headers: dict[str, str], way_out: str
) -> None:
    service.conflict = headers
    with pytest.raises(LocalCloudError) as refused:
        work.begin()
    assert way_out in refused.value.way_out


def test_only_an_import_that_is_begun_is_cancelled(service: Service, work: FleetImport) -> None:
    work.cancel()
    assert not service.requests
    work.begin()
    work.cancel()
    assert service.requests[-1] == ("DELETE", HERE)


@pytest.mark.parametrize(
    ("name", "format_", "expected"),
    [("a.csv", "", "csv"), ("a.NDJSON", "", "ndjson"), ("a.jsonl", "", "ndjson"), ("a.txt", "csv", "csv")],
)
def test_the_name_of_a_file_tells_its_format(tmp_path: Path, name: str, format_: str, expected: str) -> None:
    path = tmp_path / name
    path.write_text("x")
    found = FleetFile.at(path, format_)
    assert (found.format, found.size, found.sha256) == (expected, 1, hashlib.sha256(b"x").hexdigest())


@pytest.mark.parametrize(
    ("name", "format_", "content"),
    [("a.txt", "", "x"), ("a.csv", "xlsx", "x"), ("a.csv", "", ""), ("", "csv", None)],
)
def test_a_file_that_cannot_be_imported_is_not_begun(
    tmp_path: Path, name: str, format_: str, content: str | None
) -> None:
    path = tmp_path / (name or "missing")
    if content is not None:
        path.write_text(content)
    with pytest.raises(LocalCloudError):
        FleetFile.at(path, format_)


def test_without_bad_rows_no_report_is_fetched() -> None:
    assert first_faults({"result": {"rows": 1}}, 10) == []
    assert first_faults({"status": "failed"}, 10) == []
