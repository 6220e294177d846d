"""Of two invoices about one ride at most one is approved, whatever the order of their steps and whoever dies between them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.adapters import settlement_table
from settlement.adapters.settlement_table import SettlementTable, Taken
from settlement.domain import deciding
from settlement.domain.deciding import Account, Approved, Owed
from settlement.domain.document import Document
from settlement.domain.invoice import Found, Invoice, Missing
from settlement.domain.settlement import owing, settlement_of
from settlement.use_cases import decider
from settlement.use_cases.decider import Decider
from tests.support import modelled
from tests.support.settlement.decisions import PRICE, Decisions, ids, invoice
from tests.support.settlement.turns import Fate, Killed, Turns
from wild_rydes_contracts import Money
from wild_rydes_messaging.consume import RetryLater

MOST_COMINGS = 300
"""A message that comes so often waits for ever."""


@pytest.fixture
def world() -> Iterator[Decisions]:
    with modelled.account():
        yield Decisions()


def decide(world: Decisions, id_: str, read: Invoice) -> Document:
    return world.decider().decide(world.decided(id_), read)


def test_an_invoice_of_rides_that_are_owed_settles_them(world: Decisions) -> None:
    world.owe(*ids(3))
    world.document("a")
    assert decide(world, "a", invoice(*ids(2))).decision == "settled"
    assert world.invoices() == {"ride-000.1": "a", "ride-001.1": "a", "ride-002.1": None}
    found = SettlementTable(world.dynamodb, world.name).get("a")
    assert found
    assert (found.amount and found.amount.amount, found.rides, found.ride_ids) == (
        2 * PRICE,
        2,
        tuple(ids(2)),
    )


def test_a_second_invoice_about_a_ride_is_disputed_and_settles_none_of_its_others(world: Decisions) -> None:
    world.owe(*ids(3))
    world.document("a")
    world.document("b")
    decide(world, "a", invoice(*ids(2)))
    after = decide(world, "b", invoice("ride-001.1", "ride-002.1", number="INV-2"))
    assert (after.decision, after.reasons) == ("disputed", ("ride-settled",))
    assert world.invoices()["ride-002.1"] is None


def test_a_second_invoice_of_a_number_is_disputed_however_it_is_written(world: Decisions) -> None:
    world.owe(*ids(2))
    world.document("a")
    world.document("b")
    decide(world, "a", invoice("ride-000.1", number="INV-1"))
    after = decide(world, "b", invoice("ride-001.1", number="inv 1"))
    assert (after.decision, after.reasons) == ("disputed", ("duplicate-number",))


def test_a_number_whose_first_invoice_was_disputed_may_come_again(world: Decisions) -> None:
    world.owe(*ids(1))
    world.document("a")
    world.document("b")
    assert decide(world, "a", invoice("ride-000.1", amount=Decimal(99))).decision == "disputed"
    assert decide(world, "b", invoice("ride-000.1")).decision == "settled"


def test_what_is_uncertain_is_for_people_and_settles_nothing(world: Decisions) -> None:
    world.owe(*ids(1))
    world.document("a")
    after = decide(world, "a", invoice("ride-000.1", due=Missing()))
    assert (after.decision, after.reasons) == ("review", ("missing",))
    assert world.invoices() == {"ride-000.1": None}


def test_an_amount_that_no_message_can_carry_is_for_people(world: Decisions) -> None:
    world.document("a")
    rides = ids(2)
    world.owe(*rides, price="9000000.00")
    after = decide(world, "a", invoice(*rides, amount=Decimal("9000000.00")))
    assert (after.decision, after.reasons) == ("review", ("uncertain",))


def test_one_with_many_rides_settles_them_all(world: Decisions) -> None:
    rides = ids(230)
    world.owe(*rides)
    world.document("a")
    assert decide(world, "a", invoice(*rides)).decision == "settled"
    assert set(world.invoices().values()) == {"a"}


def test_one_with_many_rides_of_which_the_last_is_settled_lets_go_of_all_others(world: Decisions) -> None:
    """It looks free at first, and is taken when most of the others are held."""
    rides = ids(230)
    world.owe(*rides)
    world.document("a")
    world.document("b")
    first = world.decider()
    held: list[str] = []
    hold = first.settlements.hold

    class Late(SettlementTable):
        def hold(self, *arguments: Any) -> None:
            if not held:
                held.append(rides[-1])
                assert decide(world, "b", invoice(rides[-1], number="INV-2")).decision == "settled"
            hold(*arguments)

    slow = Decider(
        documents=first.documents,
        settlements=Late(world.dynamodb, world.name),
        ledger=first.ledger,
        payees=first.payees,
        now=first.now,
    )
    after = slow.decide(world.decided("a"), invoice(*rides))
    assert (after.decision, after.reasons) == ("disputed", ("ride-settled",))
    assert {ride: by for ride, by in world.invoices().items() if by} == {rides[-1]: "b"}


def test_one_that_is_given_up_lets_go_of_what_it_holds(world: Decisions) -> None:
    rides = ids(230)
    world.owe(*rides)
    before = world.document("a")
    settlements = world.decider().settlements
    read = invoice(*rides)
    verdict = settlement_of(before, read, _approved(read, rides), world.now)
    settlements.begin(verdict)
    settlements.hold(verdict, [owing(read, _approved(read, rides))[index] for index in range(150)])
    after = world.decider().give_up(world.decided("a"))
    assert (after.decision, after.reasons) == ("review", ("failed",))
    assert set(world.invoices().values()) == {None}
    world.document("b")
    assert decide(world, "b", invoice(*rides)).decision == "settled"


def test_who_was_given_up_holds_nothing_more_however_late_its_worker_wakes_up(world: Decisions) -> None:
    rides = ids(230)
    world.owe(*rides)
    before = world.document("a")
    settlements = world.decider().settlements
    read = invoice(*rides)
    settlement = settlement_of(before, read, _approved(read, rides), world.now)
    settlements.begin(settlement)
    world.decider().give_up(before)
    with pytest.raises(Taken):
        settlements.hold(settlement, owing(read, _approved(read, rides)))
    assert set(world.invoices().values()) == {None}


def test_a_ride_that_is_held_is_waited_for_until_somebody_has_decided(world: Decisions) -> None:
    rides = ids(230)
    world.owe(*rides)
    before = world.document("a")
    world.document("b")
    settlements = world.decider().settlements
    read = invoice(*rides)
    settlement = settlement_of(before, read, _approved(read, rides), world.now)
    settlements.begin(settlement)
    settlements.hold(settlement, owing(read, _approved(read, rides))[:99])
    with pytest.raises(RetryLater):
        decide(world, "b", invoice(rides[0], number="INV-2"))
    world.decider().give_up(before)
    assert decide(world, "b", invoice(rides[0], number="INV-2")).decision == "settled"


@pytest.mark.parametrize("comes", ["decision", "end", "failsafe"])
def test_one_that_is_put_aside_while_it_is_decided_lets_go_of_what_it_holds(
    world: Decisions, comes: str
) -> None:
    """Macie finds something in it between two steps of its settlement."""
    rides = ids(230)
    world.owe(*rides)
    before = world.document("a")
    settlements = world.decider().settlements
    read = invoice(*rides)
    verdict = settlement_of(before, read, _approved(read, rides), world.now)
    settlements.begin(verdict)
    settlements.hold(verdict, owing(read, _approved(read, rides))[:150])
    world.decider().documents.change("a", lambda found: found.quarantine("sensitive-data", world.now))
    match comes:
        case "decision":
            after = world.decider().decide(before, read)
        case "end":
            after = world.decider().let_go(world.decided("a"))
        case _:
            after = world.decider().give_up(before)
    assert (after.state, after.decision) == ("quarantined", None)
    assert set(world.invoices().values()) == {None}
    world.document("b")
    assert decide(world, "b", invoice(*rides)).decision == "settled"


# --- any interleaving, any deaths


@st.composite
def contests(draw: st.DrawFn) -> tuple[list[list[str]], bool]:
    """Rides of two or three invoices, and whether they have one number."""
    rides = ids(6)
    wanted = st.lists(st.sampled_from(rides), min_size=1, max_size=6, unique=True)
    return draw(st.lists(wanted, min_size=2, max_size=3)), draw(st.booleans())


@settings(max_examples=40)
@given(contest=contests(), data=st.data())
def test_at_most_one_invoice_of_a_ride_or_a_number_is_approved(
    contest: tuple[list[list[str]], bool], data: st.DataObject
) -> None:
    wanted, one_number = contest
    with modelled.account(), _few_at_once():
        world = Decisions()
        world.owe(*ids(6))
        reads = {
            f"doc-{index}": invoice(*rides, number="INV-1" if one_number else f"INV-{index}")
            for index, rides in enumerate(wanted)
        }
        for id_ in reads:
            world.document(id_)
        deaths = 3

        def choose(count: int) -> tuple[int, Fate]:
            nonlocal deaths
            index = data.draw(st.integers(0, count - 1))
            fate: Fate = "goes on"
            if deaths:
                fate = data.draw(
                    st.sampled_from(["goes on", "goes on", "goes on", "dies before", "dies after"])
                )
                deaths -= fate != "goes on"
            return index, fate

        # Each message comes twice, at the same time.
        open_ = [id_ for id_ in reads for _ in range(2)]
        for _ in range(MOST_COMINGS):
            workers = Turns(world.dynamodb, choose).run(*[_work(world, id_, reads[id_]) for id_ in open_])
            for worker in workers:
                assert worker.error is None or isinstance(worker.error, (Killed, RetryLater)), worker.error
            open_ = [id_ for id_, worker in zip(open_, workers, strict=True) if worker.error]
            if not open_:
                break
        assert not open_
        _is_sound(world, reads)


def _work(world: Decisions, id_: str, read: Invoice) -> Any:
    def work(client: Any) -> Document:
        one = world.decider(client)
        found = one.documents.get(id_)
        assert found
        return one.decide(found, read)

    return work


def _is_sound(world: Decisions, reads: dict[str, Invoice]) -> None:
    invoices = world.invoices()
    settled = {id_ for id_ in reads if world.decided(id_).decision == "settled"}
    assert {by for by in invoices.values() if by} == settled
    for id_ in settled:
        assert all(invoices[line.ride_id] == id_ for line in reads[id_].lines)
    numbers = [reads[id_].number for id_ in settled]
    assert len(set(map(repr, numbers))) == len(numbers)
    for id_ in reads.keys() - settled:
        assert world.decided(id_).decision == "disputed"
        others = [reads[other] for other in settled]
        own = {line.ride_id for line in reads[id_].lines}
        assert any(
            own & {line.ride_id for line in other.lines} or repr(other.number) == repr(reads[id_].number)
            for other in others
        ), "nobody has what it wanted"
    assert all(
        item["phase"]["S"] == "done" for item in world.items() if item["id"]["S"].startswith("settlement#")
    )


class _few_at_once:  # noqa: N801 - as contextlib's own
    """Let two rides be many, so that few make several transactions."""

    def __enter__(self) -> None:
        self._patch = pytest.MonkeyPatch()
        self._patch.setattr(decider, "AT_ONCE", 2)
        self._patch.setattr(settlement_table, "HELD_AT_ONCE", 2)

    def __exit__(self, *_: object) -> None:
        self._patch.undo()


def _approved(read: Invoice, rides: Sequence[str]) -> Approved:
    price = Money(amount=PRICE, currency="USD")
    account = Account(frozenset({"Comet Cars"}), {ride: Owed(price) for ride in rides})
    assert isinstance(read.issued, Found)
    verdict = deciding.decide(read, account, read.issued.value)
    assert isinstance(verdict, Approved)
    return verdict
