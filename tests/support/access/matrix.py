"""Who may do what with whose: a row for each route of the APIs and each message of the sockets.

A new route needs a row here. `docs/threats.md` shows the same table, and `tests/e2e/test_access.py` executes every cell of it
against the deployed stacks.
"""

from dataclasses import dataclass
from typing import Final

COLUMNS: Final = (
    "customer",
    "other customer",
    "unicorn",
    "other unicorn",
    "support",
    "other support",
    "partner",
    "machine client",
    "other machine client",
    "wrong key",
    "nobody",
)
"""Whoever has a genuine token of the group, or, as a partner, a signature; a machine client has its API key, too. `wrong key`
is each of the `WRONG_KEYS`, and `nobody` each of the `IMPOSTORS`."""

WRONG_KEYS: Final = {"no key": "no API key at all", "another's key": "that of another machine client"}
"""What the machine client's genuine token comes with. Everybody else comes with that client's own key, and so has stolen it."""

IMPOSTORS: Final = {
    "anonymous": "no token at all",
    "expired": "a genuine token of yesterday",
    "other pool": "a genuine token of another user pool, for a user of the same name and group",
    "other app": "a genuine token of our pool for another app client",
    "access token": "a genuine access token in the place of an ID token",
    "unsigned": "the claims of a genuine token, with the algorithm `none`",
    "own key": "the claims of a genuine token, signed with a key of the forger's own",
    "unknown key": "the same, under the id of a key that nobody knows",
    "public key": "the claims of a genuine token, signed by HMAC with the pool's public key",
    "tampered": "a genuine token of another group, whose claims were changed after it was signed",
}
"""Who says to be the owner of what is asked for, and is not."""

DOCUMENTS: Final = {
    "rfq-api": "ride-booking/openapi.json",
    "machine-api": "ride-booking/machine_openapi.json",
    "unicorn-api": "unicorn-mgmt/openapi.json",
    "jobs-api": "unicorn-mgmt/jobs_openapi.json",
    "support-api": "feedback/openapi.json",
    "rfq-socket": "ride-booking/asyncapi.json",
    "unicorn-socket": "unicorn-mgmt/asyncapi.json",
}
"""API -> the document of its service that describes it. `partner-api` has none: each partner's own documents describe it."""


@dataclass(frozen=True)
class Row:
    """What each column gets, as a status or, over a socket, a word. `of` is what the path or the message is about.

    Everything but an API's lists is about something of the customer, the unicorn or the call that the first of each
    pair of columns has to do with.
    """

    api: str
    method: str
    path: str
    of: str
    expected: tuple[str, ...]

    @property
    def route(self) -> tuple[str, str, str]:
        """What tells the row from others."""
        return self.api, self.method, self.path


_TABLE: Final = """
api            method      path                              of              customer other  unicorn other  support other  partner machine other   wrong-key nobody
rfq-api        POST        /instant-ride-rfqs                -               202      202    403     403    403     403    401     403     403     -         401
rfq-api        GET         /instant-ride-rfqs                -               200      200    403     403    403     403    401     403     403     -         401
rfq-api        GET         /instant-ride-rfqs/{id}           running-rfq     200      404    403     403    403     403    401     403     403     -         401
rfq-api        GET         /instant-ride-rfqs/{id}/quotes    running-rfq     200      404    403     403    403     403    401     403     403     -         401
rfq-api        GET         /instant-ride-rfqs/{id}/result    completed-rfq   200      404    403     403    403     403    401     403     403     -         401
rfq-api        POST        /instant-ride-rfqs/{id}/bookings  completed-rfq   202      404    403     403    403     403    401     403     403     -         401
rfq-api        DELETE      /instant-ride-rfqs/{id}           rfq-to-cancel   204      404    403     403    403     403    401     403     403     -         401
rfq-api        GET         /rides/{id}                       ride            200      404    403     403    403     403    401     403     403     -         401
machine-api    POST        /instant-ride-rfqs                -               403      403    403     403    403     403    401     202     202     403       401
machine-api    GET         /instant-ride-rfqs                -               403      403    403     403    403     403    401     200     200     403       401
machine-api    GET         /instant-ride-rfqs/{id}           running-rfq     403      403    403     403    403     403    401     200     404     403       401
machine-api    GET         /instant-ride-rfqs/{id}/quotes    running-rfq     403      403    403     403    403     403    401     200     404     403       401
machine-api    GET         /instant-ride-rfqs/{id}/result    completed-rfq   403      403    403     403    403     403    401     200     404     403       401
machine-api    POST        /instant-ride-rfqs/{id}/bookings  completed-rfq   403      403    403     403    403     403    401     202     404     403       401
machine-api    DELETE      /instant-ride-rfqs/{id}           rfq-to-cancel   403      403    403     403    403     403    401     204     404     403       401
machine-api    GET         /rides/{id}                       ride            403      403    403     403    403     403    401     200     404     403       401
machine-api    POST        /rfq-batches                      -               403      403    403     403    403     403    401     202     202     403       401
machine-api    GET         /rfq-batches/{id}                 batch           403      403    403     403    403     403    401     200     404     403       401
machine-api    GET         /usage                            -               403      403    403     403    403     403    401     200     200     403       401
unicorn-api    POST        /unicorns                         -               403      403    200     200    403     403    401     403     403     -         401
unicorn-api    GET         /unicorns/me                      -               403      403    200     200    403     403    401     403     403     -         401
unicorn-api    GET         /unicorns/{id}                    unicorn         403      403    200     404    403     403    401     403     403     -         401
unicorn-api    PUT         /unicorns/{id}/position           unicorn         403      403    204     404    403     403    401     403     403     -         401
unicorn-api    GET         /unicorns/{id}/invitations        unicorn         403      403    200     404    403     403    401     403     403     -         401
unicorn-api    POST        /rfqs/{id}/answers                running-rfq     403      403    202     404    403     403    401     403     403     -         401
unicorn-api    POST        /rides/{id}/completion            ride            403      403    204     404    403     403    401     403     403     -         401
unicorn-api    POST        /rides/{id}/cancellation          ride            403      403    409     404    403     403    401     403     403     -         401
jobs-api       POST        /jobs                             -               403      403    403     403    403     403    401     202     202     403       401
jobs-api       GET         /jobs                             -               403      403    403     403    403     403    401     200     200     403       401
jobs-api       GET         /jobs/{id}                        job             403      403    403     403    403     403    401     200     404     403       401
jobs-api       DELETE      /jobs/{id}                        job             403      403    403     403    403     403    401     204     404     403       401
jobs-api       GET         /rides                            -               403      403    403     403    403     403    401     200     200     403       401
jobs-api       POST        /vehicles/{vehicle_id}/rides/{ride_id}/completion vehicle-ride 403 403 403 403 403 403 401 204 404 403 401
jobs-api       POST        /vehicles/{vehicle_id}/rides/{ride_id}/cancellation vehicle-ride 403 403 403 403 403 403 401 409 404 403 401
support-api    GET         /callbacks                        -               403      403    403     403    200     200    401     403     403     -         401
support-api    GET         /callbacks/{ride_id}              claimed-call    403      403    403     403    200     200    401     403     403     -         401
support-api    PUT         /callbacks/{ride_id}/claim        claimed-call    403      403    403     403    200     409    401     403     403     -         401
support-api    DELETE      /callbacks/{ride_id}/claim        claimed-call    403      403    403     403    204     409    401     403     403     -         401
support-api    POST        /callbacks/{ride_id}/outcome      call-to-close   403      403    403     403    200     409    401     403     403     -         401
support-api    GET         /rides/{ride_id}/feedback         claimed-call    403      403    403     403    200     200    401     403     403     -         401
support-api    POST        /rides/{ride_id}/corrections      claimed-call    403      403    403     403    200     200    401     403     403     -         401
support-api    GET         /opt-outs                         -               403      403    403     403    200     200    401     403     403     -         401
support-api    POST        /opt-outs                         -               403      403    403     403    200     200    401     403     403     -         401
partner-api    POST        /partners/{partner_id}/answers    partner         401      401    401     401    401     401    202     401     401     -         401
partner-api    POST        /partners/{partner_id}/answers    other-partner   401      401    401     401    401     401    401     401     401     -         401
rfq-socket     connect     /                                 -               open     open   refused refused refused refused refused refused refused -         refused
rfq-socket     subscribe   take-Subscription                 rfq-to-watch    snapshot no-such-rfq -       -      -       -      -       -       -       -         -
rfq-socket     unsubscribe take-Subscription                 rfq-to-watch    silence  silence -       -      -       -      -       -       -       -         -
unicorn-socket connect     /                                 -               refused  refused open    open   refused refused refused refused refused -         refused
unicorn-socket send        take-AppMessage                   running-rfq     -        -      snapshot without -       -      -       -       -       -         -
"""

ROWS: Final = tuple(
    Row(api, method, path, of, tuple(expected))
    for api, method, path, of, *expected in (line.split() for line in _TABLE.split("\n")[2:-1])
)


def markdown() -> str:
    """The table as docs/threats.md shows it."""
    head = ["API", "", "route or message", "about", *COLUMNS]
    lines = [head, ["---"] * len(head)]
    lines += [[row.api, row.method, f"`{row.path}`", row.of.replace("-", " "), *row.expected] for row in ROWS]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
