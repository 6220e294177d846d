"""What is approved, what is disputed, what is for people; and that nothing is approved that is not owed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.domain.deciding import SURE, Account, Approved, Disputed, Owed, Reason, Review, decide
from settlement.domain.invoice import Ambiguous, Found, Invoice, Missing, RideLine
from settlement.domain.page import Place
from wild_rydes_contracts import Money

TODAY = date(2026, 3, 4)
HERE = Place(1, 0.1, 0.1, 0.1, 0.1)


def found(value: Any, confidence: float = 0.99) -> Found[Any]:
    return Found(value, confidence, HERE)


def line(ride: str, amount: str, confidence: float = 0.99) -> RideLine:
    return RideLine(ride, Decimal(amount), confidence, HERE)


def owed(amount: str, currency: str = "USD", *, settled: bool = False) -> Owed:
    return Owed(Money(amount=Decimal(amount), currency=currency), settled)


ACCOUNT = Account(
    frozenset({"Comet Cars", "Comet Cars Ltd."}),
    {"a": owed("12.50"), "b": owed("7.00"), "paid": owed("5.00", settled=True), "euro": owed("9.00", "EUR")},
    frozenset({"INV-0"}),
)
GOOD = Invoice(
    payee=found("Comet Cars"),
    number=found("INV-1"),
    issued=found(TODAY),
    due=found(TODAY + timedelta(days=30)),
    total=found(Decimal("19.50")),
    currency=found("USD"),
    lines=(line("a", "12.50"), line("b", "7.00")),
)


def test_what_is_owed_is_approved() -> None:
    assert decide(GOOD, ACCOUNT, TODAY) == Approved(
        "INV-1", Decimal("19.50"), "USD", TODAY + timedelta(days=30), ("a", "b")
    )


@pytest.mark.parametrize("name", ["COMET CARS", "comet cars ltd", "Comet-Cars"])
def test_a_name_may_be_written_in_several_ways(name: str) -> None:
    assert isinstance(decide(replace(GOOD, payee=found(name)), ACCOUNT, TODAY), Approved)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"payee": found("Nimbus Broomsticks")}, Reason("wrong-payee", "payee")),
        ({"number": found("inv-0")}, Reason("duplicate-number", "number")),
        ({"lines": (line("a", "12.50"), line("x", "7.00"))}, Reason("ride-unknown", "x")),
        (
            {"lines": (line("a", "12.50"), line("paid", "5.00")), "total": found(Decimal("17.50"))},
            Reason("ride-settled", "paid"),
        ),
        (
            {"lines": (line("a", "12.50"), line("a", "12.50")), "total": found(Decimal("25.00"))},
            Reason("ride-twice", "a"),
        ),
        (
            {"lines": (line("a", "12.51"), line("b", "7.00")), "total": found(Decimal("19.51"))},
            Reason("amount-differs", "a"),
        ),
        ({"currency": found("EUR")}, Reason("currency-differs", "a")),
        (
            {"lines": (line("a", "12.50"), line("euro", "9.00")), "total": found(Decimal("21.50"))},
            Reason("currency-differs", "euro"),
        ),
        ({"total": found(Decimal("19.51"))}, Reason("sum-differs", "total")),
        ({"issued": found(TODAY + timedelta(days=31))}, Reason("due-before-issue", "due")),
    ],
)
def test_what_is_wrong_is_disputed(changes: dict[str, Any], reason: Reason) -> None:
    decision = decide(replace(GOOD, **changes), ACCOUNT, TODAY)
    assert isinstance(decision, Disputed)
    assert reason in decision.reasons


@pytest.mark.parametrize("field", ["payee", "number", "due", "total", "currency"])
@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda _: Missing(), "missing"),
        (lambda value: Ambiguous((found(value), found("another"))), "ambiguous"),
        (lambda value: found(value, SURE - 0.01), "uncertain"),
    ],
)
def test_what_is_uncertain_is_for_people(field: str, make: Callable[[Any], Any], why: Any) -> None:
    invoice = replace(GOOD, **{field: make(getattr(GOOD, field).value)})
    assert decide(invoice, ACCOUNT, TODAY) == Review((Reason(why, field),))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"missing_pages": (2,)}, Reason("missing", "pages")),
        ({"unread": (HERE,)}, Reason("unread", "lines")),
        ({"lines": ()}, Reason("no-rides", "lines")),
        ({"lines": (line("a", "12.50", 0.5), line("b", "7.00"))}, Reason("uncertain", "a")),
        ({"due": found(TODAY - timedelta(days=1)), "issued": Missing()}, Reason("due-past", "due")),
    ],
)
def test_what_a_person_has_to_see_is_for_people(changes: dict[str, Any], reason: Reason) -> None:
    decision = decide(replace(GOOD, **changes), ACCOUNT, TODAY)
    assert isinstance(decision, Review)
    assert reason in decision.reasons


def test_a_doubt_comes_before_a_dispute_and_keeps_it() -> None:
    decision = decide(replace(GOOD, due=Missing(), total=found(Decimal(1))), ACCOUNT, TODAY)
    assert decision == Review((Reason("missing", "due"), Reason("sum-differs", "total")))


def test_it_may_be_due_today() -> None:
    assert isinstance(decide(replace(GOOD, due=found(TODAY)), ACCOUNT, TODAY), Approved)


AMOUNTS = st.sampled_from(["1.00", "2.00", "3.00"])
RIDES = st.sampled_from("abcdef")
CURRENCIES = st.sampled_from(["USD", "EUR"])
CONFIDENCES = st.sampled_from([0.5, SURE, 0.99])
ACCOUNTS = st.builds(
    Account,
    names=st.just(frozenset({"Comet Cars"})),
    rides=st.dictionaries(
        RIDES,
        st.builds(
            lambda amount, currency, settled: owed(amount, currency, settled=settled),
            AMOUNTS,
            CURRENCIES,
            st.sampled_from([False, False, False, True]),
        ),
        min_size=3,
    ),
    numbers=st.frozensets(st.sampled_from(["INV-1", "INV-2"]), max_size=1),
)


def readings(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    sure = st.builds(found, values)
    return st.one_of(
        sure,
        sure,
        sure,
        st.builds(found, values, CONFIDENCES),
        st.builds(Missing),
        st.just(Ambiguous((found(1),))),
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[Invoice, Account]:
    """An account, and an invoice that mostly fits it and may be wrong anywhere."""
    account = draw(ACCOUNTS)
    lines = []
    for ride in draw(st.lists(RIDES, max_size=4)):
        fits = ride in account.rides and draw(st.integers(0, 5))
        amount = str(account.rides[ride].price.amount) if fits else draw(AMOUNTS)
        lines.append(line(ride, amount, draw(st.sampled_from([0.99, 0.99, 0.99, 0.5]))))
    total = sum((one.amount for one in lines), Decimal(0))
    invoice = Invoice(
        payee=draw(readings(st.sampled_from(["Comet Cars", "comet cars", "Nimbus"]))),
        number=draw(readings(st.sampled_from(["INV-1", "INV-3"]))),
        issued=draw(readings(st.just(TODAY))),
        due=draw(readings(st.sampled_from([TODAY, TODAY + timedelta(days=9), TODAY - timedelta(days=1)]))),
        total=draw(readings(st.sampled_from([total, total, total + 1]))),
        currency=draw(readings(CURRENCIES)),
        lines=tuple(lines),
        unread=draw(st.sampled_from([(), (), (HERE,)])),
        missing_pages=draw(st.sampled_from([(), (), (2,)])),
    )
    return invoice, account


@given(cases())
def test_nothing_is_approved_that_is_not_owed(case: tuple[Invoice, Account]) -> None:
    invoice, account = case
    decision = decide(invoice, account, TODAY)
    if not isinstance(decision, Approved):
        assert decision.reasons
        return
    rides = [account.rides[ride] for ride in decision.ride_ids]
    assert rides
    assert len(set(decision.ride_ids)) == len(rides)
    assert not any(ride.is_settled for ride in rides)
    assert {ride.price.currency for ride in rides} == {decision.currency}
    assert sum(ride.price.amount for ride in rides) == decision.amount
    assert [ride.price.amount for ride in rides] == [one.amount for one in invoice.lines]
    assert decision.number not in account.numbers
    assert decision.due >= TODAY
    read = [invoice.payee, invoice.number, invoice.due, invoice.total, invoice.currency]
    assert all(isinstance(one, Found) and one.confidence >= SURE for one in read)
    assert all(one.confidence >= SURE for one in invoice.lines)
    assert not invoice.unread
    assert not invoice.missing_pages


@given(cases(), st.data())
def test_what_is_approved_is_not_once_anything_is_otherwise(
    case: tuple[Invoice, Account], data: st.DataObject
) -> None:
    invoice, account = case
    total = sum((one.amount for one in invoice.lines), Decimal(0))
    good = replace(
        invoice,
        payee=found("Comet Cars"),
        number=found("INV-9"),
        issued=Missing(),
        due=found(TODAY),
        total=found(total),
        currency=found("USD"),
        unread=(),
        missing_pages=(),
    )
    if not isinstance(decide(good, account, TODAY), Approved):
        return
    index = data.draw(st.integers(0, len(good.lines) - 1))
    one = good.lines[index]
    off = replace(
        one, amount=one.amount + data.draw(st.sampled_from([Decimal("0.01"), Decimal("-0.01"), Decimal(9)]))
    )
    lines = (*good.lines[:index], off, *good.lines[index + 1 :])
    new_total = found(sum((line_.amount for line_ in lines), Decimal(0)))
    assert isinstance(decide(replace(good, lines=lines, total=new_total), account, TODAY), Disputed)
    settled = {**account.rides, one.ride_id: replace(account.rides[one.ride_id], is_settled=True)}
    assert isinstance(decide(good, replace(account, rides=settled), TODAY), Disputed)
    unknown = {ride: owed_ for ride, owed_ in account.rides.items() if ride != one.ride_id}
    assert isinstance(decide(good, replace(account, rides=unknown), TODAY), Disputed)
