"""What becomes of the survey after a ride: whether an SMS comes, why not, and how the conversation stands."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from infra.rydes.cloud.api_call import call
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.operator.log_events import events
from infra.rydes.simulators.phones.directory import Directory, spaced
from infra.rydes.simulators.phones.model import Sms
from infra.rydes.simulators.phones.transcript import Note

AGENT = "agent"
"""A user of the support team."""

_PATIENCE = 30.0
_LOOK_EVERY = 0.5

Feedback = dict[str, Any]
"""A conversation, as the support API shows it."""


@dataclass(frozen=True)
class Rider:
    """Whose ride it was; `number` is where an SMS would go."""

    user: str
    number: str | None


class Surveys:
    """The surveys of a cloud, as the support team and the logs show them."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        token = cloud.token(AGENT, "support")
        self._api = httpx.Client(
            base_url=cloud.url("support-api"), headers={"Authorization": token}, timeout=30
        )

    def about(self, ride_id: str) -> Feedback | None:
        """Find the conversation about a ride. Raises LocalCloudError."""
        answer = call(self._api, "GET", f"/rides/{ride_id}/feedback", {200, 404})
        return dict(answer.json()) if answer.status_code == httpx.codes.OK else None

    def note(self, messages: Sequence[Sms]) -> Note:
        """Say how the conversation stands that the last SMS belongs to. Raises LocalCloudError."""
        ride_id = next((sms.context["ride"] for sms in reversed(messages) if "ride" in sms.context), None)
        found = self.about(ride_id) if ride_id else None
        return standing(found) if found else Note("", "")

    def fate(self, ride_id: str, rider: Rider) -> str:
        """Wait until it is known whether an SMS comes after a ride, and say so. Raises LocalCloudError."""
        give_up = time.monotonic() + _PATIENCE
        began = int((time.time() - 60) * 1000)
        while time.monotonic() < give_up:
            if found := self.about(ride_id):
                state = found["messages"][0]["state"]
                since = self._opted_out_since(rider) if state == "withheld" else None
                if said := of_first_sms(found, rider, since):
                    return said + (self._another() if state == "refused" else "")
            elif said := self._not_opened(ride_id, rider, began):
                return said
            time.sleep(_LOOK_EVERY)
        return "Nothing is known of an SMS yet. What feedback does: uv run rydes logs --service feedback -f"

    def _opted_out_since(self, rider: Rider) -> datetime | None:
        page: str | None = "/opt-outs"
        while page:
            answer = call(self._api, "GET", page, {200}).json()
            for opt_out in answer["opt-outs"]:
                if opt_out.get("number") == rider.number:
                    return datetime.fromisoformat(opt_out["since"])
            page = answer["links"].get("next")
        return None

    def _not_opened(self, ride_id: str, rider: Rider, since: int) -> str:
        """Say why there is no conversation, as the rides function logged it. Empty if it did not."""
        for event in events(self._cloud, f'"{ride_id}"', functions="feedback-rides", since=since):
            entry = event.entry or {}
            if entry.get("ride_id") == ride_id and (said := not_asked(entry)):
                return f"No SMS: {rider.user} {said}.{self._another()}"
        return ""

    def _another(self) -> str:
        name, number = Directory(self._cloud).newcomer()
        return f" A new user is asked at once: uv run rydes rfq --book --user {name} --phone {number}"


_REFUSED = {
    "no-number": "{user} has no phone number. --phone would have given one",
    "number-unverified": "nobody has verified that {number} is {user}'s. --phone gives a verified one",
    "no-consent": "{user} has not agreed to be texted. --phone gives consent, too",
}
"""Why an SMS is refused, by its reason. Any other is a code of AWS."""


def not_asked(entry: Mapping[str, Any]) -> str:
    """Say why a ride opens no conversation, by what the rides function logged. Empty if it does open one."""
    until = datetime.fromisoformat(entry["until"]) if "until" in entry else None
    again = f" (rides from {clock(until)} on count)" if until else ""
    match entry.get("message"):
        case "too soon":
            asked = f"at {clock(until - timedelta(days=1))}" if until else "less than a day ago"
            return f"was asked {asked}, and nobody is asked twice within a day{again}"
        case "too often":
            return f"has been asked as often as a customer may be within a month{again}"
        case "too late":
            return "took this ride too long ago to be asked about it"
    return ""


def of_first_sms(found: Feedback, rider: Rider, opted_out: datetime | None = None) -> str:
    """Say what became of a conversation's first SMS. Empty while that is not known.

    `opted_out` is since when the number wants none, if that is known.
    """
    sms, number = found["messages"][0], rider.number and spaced(rider.number)
    reason, phone = sms.get("reason", ""), f"uv run rydes phone --number {rider.number}"
    undelivered = f"SMS sent to {number}, but the carrier did not deliver it ({reason})."
    refused = _REFUSED.get(reason, f"AWS refuses to send it ({reason})").format(
        user=rider.user, number=number
    )
    later = "it is night there" if reason == "night" else f"AWS does not take it now ({reason})"
    since = f" since {clock(opted_out)}" if opted_out else ""
    said = {
        "sent": f"SMS sent to {number}. Answer it: {phone}",
        "delivered": f"SMS sent to {number}. Answer it: {phone}",
        "failed": undelivered,
        "blocked": undelivered,
        "waiting": f"No SMS yet: {later}. It will be sent{_at(sms)}." if reason else "",
        "refused": f"No SMS: {refused}.",
        "withheld": f"No SMS: {number} has opted out{since}. START resumes: {phone}",
    }
    return said.get(sms["state"], "")


def standing(found: Feedback) -> Note:
    """Say how a conversation stands: that it is over and how, or what happens without an answer, and when."""
    ride_id = found["ride-id"]
    if found["opted-out"]:
        return Note(f"{ride_id} opted out", "opted out: nothing more is sent until START")
    if found["status"] != "ended":
        due = {"a reminder": found.get("reminder-at"), "the end": found.get("expires-at")}
        told = [f"{what} {clock(datetime.fromisoformat(at))}" for what, at in due.items() if at]
        return Note(f"{ride_id} open", f"without an answer: {', '.join(told)}")
    how = found["ending"]
    if how == "answered":
        score = found.get("score", "void")  # what support has made of it
        how = f"score {score}, {'support will call' if found['call-wanted'] else 'no call wanted'}"
    return Note(f"{ride_id} ended", f"the conversation has ended: {how}")


def clock(at: datetime) -> str:
    """Write an instant for people, in this machine's time zone: the day only if it is not today."""
    local = at.astimezone()
    today = local.date() == datetime.now(UTC).astimezone().date()
    return local.strftime("%H:%M" if today else "%a %d %b %H:%M")


def _at(sms: dict[str, Any]) -> str:
    return f" at {clock(datetime.fromisoformat(sms['not-before']))}" if "not-before" in sms else " later"
