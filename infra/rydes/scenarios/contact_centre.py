"""The support team at work: who waits for a call, whom to call, and how the call ended."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
from rich.console import Console
from rich.padding import Padding

from infra.rydes.cloud.api_call import call
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.scenarios.survey import clock
from infra.rydes.simulators.phones.directory import spaced

Call = dict[str, Any]
"""A call that a customer wants, as the support API shows it."""


class Agent:
    """One of the support team. Every method raises LocalCloudError if the API does not answer as promised."""

    def __init__(self, cloud: Cloud, name: str) -> None:
        self.name = name
        headers = {"Authorization": cloud.token(name, "support")}
        self._api = httpx.Client(base_url=cloud.url("support-api"), headers=headers, timeout=30)

    def waiting(self) -> list[Call]:
        """Return the calls that are not closed, the longest waiting first."""
        found: list[Call] = []
        page: str | None = "/callbacks"
        while page:
            answer = call(self._api, "GET", page, {200}).json()
            found += answer["callbacks"]
            page = answer["links"].get("next")
        return found

    def claim(self, ride_id: str) -> Call:
        """Get a call, and with it whom to call."""
        return dict(self._about(ride_id, "PUT", "claim").json())

    def release(self, ride_id: str) -> None:
        """Leave a call to others."""
        self._about(ride_id, "DELETE", "claim")

    def close(self, ride_id: str, outcome: str) -> Call:
        """Say how a call ended."""
        return dict(self._about(ride_id, "POST", "outcome", json={"outcome": outcome}).json())

    def _about(self, ride_id: str, method: str, what: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        """Do something about a call. Raises LocalCloudError, too, if it cannot be done as the call stands."""
        path = f"/callbacks/{quote(ride_id, safe='')}/{what}"
        answer = call(self._api, method, path, {200, 204, 404, 409}, **options)
        if answer.is_error:
            raise LocalCloudError(
                answer.json()["detail"], "Who waits, and who has the call: `uv run rydes callbacks`"
            )
        return answer


def show_waiting(calls: list[Call], console: Console) -> None:
    """Print who waits for a call. Whom to call is not known before a claim."""
    if not calls:
        console.print("Nobody waits for a call.")
        return
    for found in calls:
        claimed, wish = found.get("claimed-until"), wished(found)
        told = [
            f"score {found.get('score')}",
            f"language {found.get('language')}",
            f"since {_clock(found['requested-at'])}",
            f"wants it {wish}" if wish else "",
            f"claimed until {_clock(claimed)}" if claimed else "",
        ]
        console.print(f"[bold]{found['ride-id']}[/]", highlight=False, soft_wrap=True)
        console.print(Padding(", ".join(filter(None, told)), (0, 0, 0, 2), expand=False), highlight=False)
    console.print("[dim]Claim one: uv run rydes callbacks RIDE[/]", highlight=False)


def show_claimed(found: Call, console: Console) -> None:
    """Print whom to call."""
    contact = found.get("contact")
    whom = "Nobody to call: the customer has no number any more"
    if contact:
        whom = f"Call [bold]{contact.get('name') or 'the customer'}, {spaced(contact['number'])}[/]"
    wish = wished(found)
    console.print(
        f"{whom}: score {found.get('score')}, language {found.get('language')}"
        f"{f', wants it {wish}' if wish else ''}. Yours until {_clock(found['claimed-until'])}.",
        highlight=False,
    )
    console.print(
        f"[dim]Then: uv run rydes callbacks {found['ride-id']} --outcome reached[/]",
        highlight=False,
        soft_wrap=True,
    )


def wished(found: Call) -> str:
    """When the customer wants the call, in their own time. Empty if they did not say."""
    wish = found.get("wished") or {}
    hours = {"from": wish.get("earliest"), "until": wish.get("latest")}
    told = [wish.get("day", ""), *(f"{word} {hour} h" for word, hour in hours.items() if hour is not None)]
    zone = f"({found['time-zone']})" if "time-zone" in found else ""
    return " ".join(filter(None, [*told, zone])) if wish else ""


def _clock(instant: str) -> str:
    return clock(datetime.fromisoformat(instant))
