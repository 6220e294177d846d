"""Any message that a contract allows, as strategies of hypothesis, made from the fields of its class.

Needs `wild-rydes-contracts[hypothesis]`.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin
from uuid import UUID

from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from wild_rydes_contracts import EVENTS, MESSAGES, Envelope, Event, Message, Metadata, Money
from wild_rydes_contracts.currencies import DECIMAL_PLACES, smallest_amount
from wild_rydes_contracts.fakes import RETURN_ADDRESS
from wild_rydes_contracts.scalars import FIRST_INSTANT, LAST_INSTANT

CONTRACTS: tuple[type[Message], ...] = (*EVENTS, *MESSAGES)

M = TypeVar("M", bound=Message)

_ZONES = [UTC, timezone(timedelta(hours=-8)), timezone(timedelta(hours=5, minutes=30))]
_INSTANTS = st.builds(
    lambda at, zone: at.replace(tzinfo=UTC).astimezone(zone),
    st.datetimes(FIRST_INSTANT.replace(tzinfo=None), LAST_INSTANT.replace(tzinfo=None)),
    st.sampled_from(_ZONES),
)
_PRICES = st.builds(
    lambda currency, coins: Money(
        amount=min(coins * smallest_amount(currency), Decimal(9_999_999)), currency=currency
    ),
    st.sampled_from(sorted(DECIMAL_PLACES)),
    st.integers(1, 999_999_999),
)
_CHARACTERS = st.characters(codec="utf-8")


@cache
def envelopes(contract: type[M]) -> st.SearchStrategy[Envelope[M]]:
    """Draw any message of one contract."""
    always = st.booleans() if not getattr(contract, "answered_with", None) else st.just(value=True)
    return st.builds(_envelope, st.just(contract), _model(contract), _model(Metadata), _INSTANTS, always)


def messages() -> st.SearchStrategy[Envelope[Message]]:
    """Draw any message of any contract."""
    return st.one_of(*[envelopes(contract) for contract in CONTRACTS])


def events() -> st.SearchStrategy[Envelope[Event]]:
    """Draw any event that may appear on the bus."""
    return st.one_of(*[envelopes(event) for event in EVENTS])


def _envelope(
    contract: type[Message],
    data: Message,
    metadata: Metadata,
    deadline: datetime,
    answer_wanted: bool,
) -> Envelope[Any]:
    changes: dict[str, Any] = {"event_version": contract.version}
    if answer_wanted:
        changes |= {"reply_to": RETURN_ADDRESS, "deadline": deadline}
    metadata = Metadata.model_validate(metadata.model_dump() | changes)
    return Envelope[contract](metadata=metadata, data=data)  # type: ignore[valid-type]


def _model(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    if model is Money:
        return _PRICES
    fields = {name: _value(field.annotation, field.metadata) for name, field in model.model_fields.items()}
    return st.fixed_dictionaries(fields).map(lambda values: model(**values))


def _value(annotation: Any, constraints: list[Any]) -> st.SearchStrategy[Any]:  # noqa: ANN401 - what types are written with
    limits = {
        name: getattr(constraint, name)
        for constraint in constraints
        for name in ("ge", "le", "min_length", "max_length", "pattern")
        if getattr(constraint, name, None) is not None
    }
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        more = [c for a in arguments[1:] for c in (a.metadata if isinstance(a, FieldInfo) else [a])]
        return _value(arguments[0], constraints + more)
    if origin in (Union, UnionType):
        return st.one_of(*[_value(argument, constraints) for argument in arguments])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        fewest, most = limits.get("min_length", 0), min(4, limits.get("max_length", 4))
        return st.lists(_value(arguments[0], []), min_size=fewest, max_size=most).map(tuple)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _model(annotation)
    return _scalar(annotation, limits)


def _scalar(annotation: Any, limits: dict[str, Any]) -> st.SearchStrategy[Any]:  # noqa: ANN401 - likewise
    low, high = limits.get("ge"), limits.get("le")
    if annotation is str and "pattern" in limits:
        longest = limits.get("max_length")
        matching = st.from_regex(limits["pattern"], fullmatch=True, alphabet=_CHARACTERS)
        return matching.map(lambda text: text[:longest])
    by_type: dict[Any, st.SearchStrategy[Any]] = {
        NoneType: st.none(),
        UUID: st.uuids(),
        AwareDatetime: _INSTANTS,
        date: st.dates(FIRST_INSTANT.date(), LAST_INSTANT.date()),
        int: st.integers(low, high),
        float: st.floats(low, high, allow_nan=False, allow_infinity=False),
        str: st.text(
            _CHARACTERS,
            min_size=limits.get("min_length", 0),
            max_size=limits.get("max_length", 20),
        ),
    }
    return by_type[annotation]
