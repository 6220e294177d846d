"""The items of the feedback table, to and from the objects of the domain.

Instants are milliseconds since 1970; `expires_at`, the table's time to live, is in seconds. `None` is not
stored.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields
from datetime import datetime
from typing import Any

from feedback.domain.callback import Callback
from feedback.domain.consent import Consent
from feedback.domain.conversation import Conversation
from feedback.domain.correction import Correction
from feedback.domain.flow import Reading
from feedback.domain.frequency_cap import MONTH
from feedback.domain.number import CUSTOMER, Heard, Held, NumberStanding, OptOut
from feedback.domain.rating import RatedScore, RatingStep
from feedback.domain.send_ledger import Sms
from feedback.domain.wished_time import WishedTime
from wild_rydes_dynamodb import instants

Item = Mapping[str, Any]

_NESTED = frozenset({"opt_out", "consent", "conversations", "heard"})
_SPECIAL = frozenset({"answers", "sms", "call", "corrections", "tallied"})
"""What is not one attribute of a number's item."""


def marker(id_: str, expires_at: datetime) -> dict[str, Any]:
    """Make a marker item: only its existence matters."""
    return {"id": {"S": id_}, "expires_at": instants.to_seconds(expires_at)}


def from_asked(customer_id: str, asked: Sequence[datetime]) -> dict[str, Any]:
    """Encode when a customer was asked, oldest first. A `MONTH` after the last time it no longer matters."""
    *earlier, last = asked
    return {
        **marker(f"customer#{customer_id}", last + MONTH),
        "asked_at": instants.to_number(last),
        "earlier": {"L": [instants.to_number(at) for at in earlier]},
    }


def to_asked(item: Item) -> Sequence[datetime]:
    """Decode when a customer was asked. Items of before there was a cap a month have the last time only."""
    times = [*item.get("earlier", {"L": []})["L"], item["asked_at"]]
    return [instants.from_number(at) for at in times]


def ride_id(item: Item) -> str:
    """Read the ride id from the item of a conversation, or from its key."""
    return str(item["id"]["S"]).removeprefix("ride#")


def from_conversation(
    conversation: Conversation, wake_at: datetime | None, expires_at: datetime
) -> dict[str, Any]:
    """Encode a conversation. `sms_state` is there for stream filters."""
    item = marker(f"ride#{conversation.ride_id}", expires_at)
    item |= _attributes(conversation, skip={"ride_id", "revision", *_SPECIAL})
    item["answers"] = {"M": {stage: _attribute(answer) for stage, answer in conversation.answers.items()}}
    item["sms"] = {"L": [{"M": _attributes(sms)} for sms in conversation.sms]}
    item["sms_state"] = {"S": conversation.last.state}
    if not conversation.last.outstanding:
        item.pop("sealed_number", None)
    item["corrections"] = {"L": [{"M": _attributes(correction)} for correction in conversation.corrections]}
    item["tallied"] = from_tallied(conversation.tallied)
    item["revision"] = {"N": str(conversation.revision)}
    if wake_at:
        item |= {"due": {"S": "yes"}, "due_at": instants.to_number(wake_at)}
    if call := conversation.call:
        item["call"] = _from_callback(call)
        if not call.closed_at:
            item |= {"callback": {"S": "open"}, "callback_at": instants.to_number(call.requested_at)}
    return item


def to_conversation(item: Item) -> Conversation:
    """Decode the conversation in an item or a stream image.

    Raises KeyError, TypeError or ValueError if there is none.
    """
    answers: dict[str, Reading] = {stage: _value(a) for stage, a in item["answers"]["M"].items()}
    corrections = item.get("corrections", {"L": []})["L"]
    return Conversation(
        ride_id=ride_id(item),
        answers=answers,
        sms=tuple(Sms(**_values(Sms, entry["M"])) for entry in item["sms"]["L"]),
        call=_to_callback(item),
        corrections=tuple(Correction(**{"score": None, **_values(Correction, c["M"])}) for c in corrections),
        tallied=int(_value(item["tallied"])),
        **{"stage": None, **_values(Conversation, item, skip=_SPECIAL)},
    )


def _from_callback(call: Callback) -> dict[str, Any]:
    attributes = _attributes(call, skip={"wished"})
    if call.wished:
        attributes["wished"] = {"M": _attributes(call.wished)}
    return {"M": attributes}


def _to_callback(item: Item) -> Callback | None:
    """Decode the call that the customer of a conversation wants.

    Items that were written before there were claims have but the answer, and when the customer was called.
    """
    if "call" not in item:
        if item["answers"]["M"].get("call") != {"S": "yes"}:
            return None
        since, called_at = item.get("ended_at", item["since"]), item.get("called_at")
        return Callback(instants.from_number(since), closed_at=called_at and instants.from_number(called_at))
    attributes = item["call"]["M"]
    wished = attributes.get("wished")
    return Callback(
        **_values(Callback, attributes, skip={"wished"}),
        wished=wished and WishedTime(**_values(WishedTime, wished["M"])),
    )


def from_tallied(number: int) -> dict[str, Any]:
    """Encode how many scores a rating has taken in. 0 and 1 as before there were corrections: no or yes."""
    return {"N": str(number)} if number > 1 else {"BOOL": bool(number)}


def from_standing(standing: NumberStanding, expires_at: datetime) -> dict[str, Any]:
    """Encode the standing of a number. That somebody wants no messages never expires."""
    item = marker(f"number#{standing.key}", expires_at)
    if standing.opted_out:
        del item["expires_at"]
    item |= _attributes(standing, skip={"key", *_NESTED, "revision"})
    if standing.opt_out:
        item["opt_out"] = {"M": _attributes(standing.opt_out)}
        item |= {"opt_outs": {"S": "all"}, "opt_outs_at": instants.to_number(standing.opt_out.since)}
    if standing.consent:
        item["consent"] = {"M": _attributes(standing.consent)}
    item["conversations"] = {"L": [{"M": _attributes(held)} for held in standing.conversations]}
    item["heard"] = {"L": [{"M": _attributes(heard)} for heard in standing.heard]}
    item["revision"] = {"N": str(standing.revision)}
    return item


def to_standing(item: Item) -> NumberStanding:
    """Decode the standing of a number."""
    opt_out = OptOut(**_values(OptOut, item["opt_out"]["M"])) if "opt_out" in item else _stopped_before(item)
    return NumberStanding(
        key=item["id"]["S"].removeprefix("number#"),
        opt_out=opt_out,
        consent=Consent(**_values(Consent, item["consent"]["M"])) if "consent" in item else None,
        conversations=tuple(Held(**_values(Held, entry["M"])) for entry in item["conversations"]["L"]),
        heard=tuple(Heard(**{"ride_id": None, **_values(Heard, entry["M"])}) for entry in item["heard"]["L"]),
        **_values(NumberStanding, item, skip=_NESTED),
    )


def _stopped_before(item: Item) -> OptOut | None:
    """Decode an opt-out that was stored before its origin was."""
    if not item.get("opted_out", {}).get("BOOL"):
        return None
    return OptOut(instants.from_number(item["decided_at"]), "sms", CUSTOMER)


def from_step(conversation: Conversation, step: RatingStep) -> dict[str, Any]:
    """Encode what a responder's item keeps of the last step of the rating."""
    about = {"ride_id", "customer_id", "correlation_id"}
    skip = {field.name for field in fields(conversation)} - about
    return {"M": {**_attributes(conversation, skip=skip), **_attributes(step, skip={"instead_of"})}}


def to_rated_score(responder: Item) -> RatedScore:
    """Decode the last step in a responder's item. Raises as `to_conversation` does.

    Items of before there were corrections have only first scores, with `answered_at`, and are ahead by nothing.
    """
    step, count = responder["latest"]["M"], int(responder["scores"]["N"])
    return RatedScore(
        ride_id=step["ride_id"]["S"],
        responder_id=responder["id"]["S"].removeprefix("responder#"),
        customer_id=step["customer_id"]["S"],
        correlation_id=step["correlation_id"]["S"],
        number=int(step["number"]["N"]) if "number" in step else 1,
        score=int(step["score"]["N"]) if "score" in step else None,
        at=instants.from_number(step.get("at") or step["answered_at"]),
        count=count,
        total=int(responder["total"]["N"]),
        revision=count + (int(responder["ahead"]["N"]) if "ahead" in responder else 0),
    )


def _attributes(of: object, skip: AbstractSet[str] = frozenset()) -> dict[str, Any]:
    named = ((field.name, getattr(of, field.name)) for field in fields(of) if field.name not in skip)  # type: ignore[arg-type]
    return {name: _attribute(value) for name, value in named if value is not None}


def _attribute(value: object) -> Item:
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case datetime():
            return instants.to_number(value)
        case bytes():
            return {"B": value}
    return {"S": str(value)}


def _values(of: type, item: Item, skip: AbstractSet[str] = frozenset()) -> dict[str, Any]:
    names = {field.name: field.type for field in fields(of) if field.name in item and field.name not in skip}
    return {
        name: instants.from_number(item[name]) if "datetime" in str(kind) else _value(item[name])
        for name, kind in names.items()
    }


def _value(attribute: Item) -> Any:  # noqa: ANN401 - what an attribute holds
    ((kind, value),) = attribute.items()
    return int(value) if kind == "N" else value
