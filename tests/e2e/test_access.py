"""Who may do what with whose: every cell of the matrix, against the deployed APIs and sockets.

First all that is to be refused, by many at once; then what is to be read; then what is to be done, in the order of the rows.
So what the owner gets in the end shows that nobody else's attempt has changed anything.
"""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from infra.rydes.cloud.cloud import Cloud
from tests.support.access.matrix import COLUMNS, IMPOSTORS, ROWS, WRONG_KEYS, Row
from tests.support.access.scene import NOWHERE, OWNERS, RUNNING, VEHICLE, Scene, told
from tests.support.clients import Patient
from tests.support.patience import PATIENCE

REFUSED = {"401", "403", "404"}
AT_ONCE = 2
"""More would only have the local cloud start more workers."""
SOCKETS = {"rfq-socket": "rfq-api", "unicorn-socket": "unicorn-api"}


@dataclass(frozen=True)
class Cell:
    """One attempt: by whom, on what, and what is to come of it."""

    row: Row
    who: str
    expected: str
    id: str
    authorization: str
    number: int = 0

    @property
    def turn(self) -> tuple[int, int, bool]:
        """When: what is refused first, then what reads, then what changes, the owner last."""
        if self.expected in REFUSED:
            return 0, self.number, False
        if self.row.method == "GET":
            return 1, self.number, False
        return 2, self.number, self.expected < "400"

    def __str__(self) -> str:
        return (
            f"{self.who}: {self.row.api} {self.row.method} {self.row.path} ({self.row.of}, {self.id or '-'})"
        )


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    cell: Cell
    got: str
    answer: httpx.Response


@pytest.fixture(scope="module")
def scene(cloud: Cloud) -> Iterator[Scene]:
    """Everybody, and what is theirs."""
    made = Scene(cloud)
    yield made
    made.close()


def actors(scene: Scene, row: Row, column: str) -> Mapping[str, str]:
    """Whoever a column stands for, with the header Authorization that they send."""
    if column == "nobody":
        return scene.impostors[row.api]
    if column == "wrong key":
        return dict.fromkeys(WRONG_KEYS, scene.actors["machine client"])
    return {column: scene.actors[column]}


def cells(scene: Scene) -> Iterator[Cell]:
    """All cells of the APIs, each also about an id that nobody has."""
    for number, row in enumerate(row for row in ROWS if row.api not in SOCKETS):
        id_ = scene.id_of(row)
        for column, expected in zip(COLUMNS, row.expected, strict=True):
            for who, authorization in actors(scene, row, column).items() if expected != "-" else ():
                cell = Cell(row, who, expected, id_, authorization, number)
                yield cell
                if row.of not in {"-", "other-partner"} and column != "nobody":
                    known = expected if expected in {"401", "403"} else "404"
                    if row.api == "partner-api":  # there is an address for each partner, and no other
                        known = "404"
                    yield replace(cell, id=scene.unknown(row.of), expected=known)


def attempt(scene: Scene, http: httpx.Client, cell: Cell) -> Outcome:
    row, headers = cell.row, {}
    if cell.authorization:
        headers["Authorization"] = cell.authorization
    if OWNERS.get(row.api) == "machine client" and (key := scene.key(cell.who)):
        headers["x-api-key"] = key
    path = row.path.replace("{vehicle_id}", VEHICLE)
    path = path.replace("{ride_id}", cell.id).replace("{partner_id}", cell.id).replace("{id}", cell.id)
    content = b""
    if row.api == "partner-api":
        content, signature = scene.signed(cell.who)
        headers |= signature
    elif (body := scene.body(row)) is not None:
        content = json.dumps(body).encode()
    headers["Content-Type"] = "application/json"
    answer = http.request(row.method, scene.cloud.urls[row.api] + path, content=content, headers=headers)
    return Outcome(cell, str(answer.status_code), answer)


@pytest.fixture(scope="module")
def outcomes(scene: Scene) -> list[Outcome]:
    """What came of every cell."""
    turns = sorted(cells(scene), key=lambda cell: cell.turn)
    with httpx.Client(transport=Patient(), timeout=PATIENCE) as http, ThreadPoolExecutor(AT_ONCE) as pool:
        at_once = [cell for cell in turns if cell.turn[0] < 2]
        found = [*pool.map(lambda cell: attempt(scene, http, cell), at_once)]
        found += [attempt(scene, http, cell) for cell in turns[len(at_once) :]]
    return found


def test_everybody_gets_what_the_matrix_says(scene: Scene, outcomes: list[Outcome]) -> None:
    shown(scene, outcomes)
    wrong = [
        f"{o.cell}: {o.got}, not {o.cell.expected}: {o.answer.text[:200]}"
        for o in outcomes
        if o.got != o.cell.expected
    ]
    assert not wrong, "\n".join(wrong)
    assert {outcome.cell.who for outcome in outcomes} == {*COLUMNS, *WRONG_KEYS, *IMPOSTORS} - {
        "nobody",
        "wrong key",
    }


def test_what_is_anothers_is_answered_as_what_there_is_not(outcomes: list[Outcome]) -> None:
    answers: dict[tuple[Row, str], set[str]] = {}
    for outcome in outcomes:
        if outcome.got == "404" and outcome.cell.who.startswith("other"):
            answers.setdefault((outcome.cell.row, outcome.cell.who), set()).add(outcome.answer.text)
    assert len(answers) > 5
    assert {key: texts for key, texts in answers.items() if len(texts) != 1} == {}


def test_no_answer_to_anybody_else_tells_what_is_the_owners(scene: Scene, outcomes: list[Outcome]) -> None:
    owners = {*OWNERS.values()}
    for outcome in outcomes:
        row, who = outcome.cell.row, outcome.cell.who
        if who in owners or (
            row.path == "/opt-outs" and outcome.got == "200"
        ):  # an export of all, for all agents
            continue
        said = outcome.answer.text + str(outcome.answer.headers)
        found = [
            secret for secret in scene.secrets_of(row.api) if secret in said and secret != outcome.cell.id
        ]
        assert not found, outcome.cell


def test_an_expired_token_is_refused_for_its_age_and_the_same_one_of_today_is_not(
    scene: Scene, outcomes: list[Outcome]
) -> None:
    # API Gateway itself refuses callers of the machine API, and does not say why.
    told_why = OWNERS.keys() - {"machine-api"}
    of_yesterday = [o for o in outcomes if o.cell.who == "expired" and o.cell.row.api in told_why]
    assert all("expired" in outcome.answer.json()["detail"] for outcome in of_yesterday)
    url = scene.cloud.urls["rfq-api"] + "/instant-ride-rfqs"
    assert httpx.get(url, headers={"Authorization": scene.reminted}, timeout=PATIENCE).status_code == 200


def open_to(url: str, authorization: str) -> ClientConnection | None:
    """A connection, if this token opens one."""
    headers = {"Authorization": authorization} if authorization else {}
    try:
        return connect(url, additional_headers=headers, open_timeout=PATIENCE, legacy=True)
    except InvalidStatus as refused:
        if refused.response.status_code not in {401, 403}:
            raise
        return None


@pytest.mark.parametrize("row", [row for row in ROWS if row.method == "connect"], ids=lambda row: row.api)
def test_whom_a_socket_lets_in(scene: Scene, row: Row) -> None:
    everybody = dict(zip(COLUMNS, row.expected, strict=True))
    nobodys = everybody.pop("nobody")
    callers = {who: (scene.actors[who], said) for who, said in everybody.items() if said != "-"}
    callers |= {who: (token, nobodys) for who, token in scene.impostors[SOCKETS[row.api]].items()}

    def knock(authorization: str) -> str:
        opened = open_to(scene.cloud.urls[row.api], authorization)
        if opened is None:
            return "refused"
        opened.close()
        return "open"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        got = dict(zip(callers, pool.map(knock, (token for token, _ in callers.values())), strict=True))
    assert got == {who: expected for who, (_, expected) in callers.items()}


def test_only_the_owner_watches_an_rfq(scene: Scene) -> None:
    """What the table says of `subscribe` and `unsubscribe`, and that no update reaches who was refused."""
    rows = {
        row.method: dict(zip(COLUMNS, row.expected, strict=True))
        for row in ROWS
        if row.path == "take-Subscription"
    }
    rfq = scene.mine.ids["rfq-to-watch"]
    url = scene.cloud.urls["rfq-socket"]
    sockets = {who: open_to(url, scene.actors[who]) for who in ("customer", "other customer")}

    def ask(who: str, action: str, rfq_id: str) -> None:
        socket = sockets[who]
        assert socket
        socket.send(json.dumps({"action": action, "rfq-id": rfq_id}))

    def hear(who: str) -> str:
        socket = sockets[who]
        assert socket
        message = told(socket.recv(timeout=PATIENCE))
        return str(message["reason"] if message["type"] == "refused" else message["type"])

    for who in sockets:
        ask(who, "subscribe", rfq)
        assert hear(who) == rows["subscribe"][who]
    ask("other customer", "unsubscribe", rfq)  # ends no watch but their own
    assert scene.mine.customer.http.delete(f"/instant-ride-rfqs/{rfq}").status_code == 204
    assert hear("customer") == "update"
    for who in sockets:
        assert rows["unsubscribe"][who] == "silence"
        ask(who, "unsubscribe", rfq)
        ask(who, "subscribe", NOWHERE)
        assert hear(who) == "no-such-rfq"  # the first that comes since: neither an update, nor an answer
    for socket in sockets.values():
        assert socket
        socket.close()


def test_a_unicorns_snapshot_has_its_own_invitations_alone(scene: Scene) -> None:
    [row] = [row for row in ROWS if row.api == "unicorn-socket" and row.method != "connect"]
    expected = dict(zip(COLUMNS, row.expected, strict=True))
    for who, snapshot in scene.snapshots.items():
        invited_to = {invitation["rfq-id"] for invitation in snapshot["invitations"]}
        assert len(invited_to) == len(RUNNING)
        mine = invited_to & {*scene.mine.ids.values()}
        assert (invited_to if expected[who] == "snapshot" else set()) == mine


def shown(scene: Scene, outcomes: list[Outcome]) -> None:
    """Print the matrix as it was found: `pytest -s`."""
    who = [column for column in COLUMNS if column not in {"nobody", "wrong key"}] + [*WRONG_KEYS, *IMPOSTORS]
    print("\n" + " " * 62 + "  ".join(f"{i:>3}" for i in range(len(who))))  # noqa: T201
    for row in ROWS:
        got = {o.cell.who: o.got for o in outcomes if o.cell.row == row and o.cell.id == scene.id_of(row)}
        if got:
            marks = "  ".join(f"{got.get(each, '-'):>3}" for each in who)
            print(f"{row.api:<12}{row.method:<7}{row.path:<34}{row.of[:8]:<8} {marks}")  # noqa: T201
    print("\n".join(f"  {i:>2} {each}" for i, each in enumerate(who)))  # noqa: T201
    print(f"{len(outcomes)} cells")  # noqa: T201
