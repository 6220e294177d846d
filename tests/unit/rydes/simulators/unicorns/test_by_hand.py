from infra.rydes.simulators.unicorns.by_hand import Decision, answer, decide
from infra.rydes.simulators.unicorns.registry import by_hand, by_rate_card, hermit

INVITATION = {"from": {"lat": 47.6205, "lon": -122.3493}, "to": {"lat": 47.4502, "lon": -122.3088}}


def test_a_dozen_price_by_hand_and_none_quotes_by_its_rate_card() -> None:
    unicorns = by_hand()
    assert len({unicorn.user for unicorn in unicorns}) == 12
    assert not {unicorn.user for unicorn in unicorns} & {unicorn.user for unicorn in by_rate_card()}
    assert not any(unicorn.auto_quote for unicorn in [*unicorns, hermit()])
    assert len({(unicorn.lat, unicorn.lon) for unicorn in unicorns}) == 12


def test_with_one_seed_all_decide_alike_and_with_another_not() -> None:
    decisions = [[decide(seed, "Daphne", number) for number in range(50)] for seed in (1, 1, 2)]
    assert decisions[0] == decisions[1] != decisions[2]


def test_most_quote_some_decline_and_some_lose_their_line() -> None:
    decisions = [decide(1, unicorn.name, number) for unicorn in by_hand() for number in range(50)]
    declined = sum(decision.declines for decision in decisions)
    dropped = sum(decision.disconnects for decision in decisions)
    assert 0 < declined < len(decisions) / 3
    assert 0 < dropped < len(decisions) / 4
    assert all(0 < decision.delay <= 2 for decision in decisions)


def test_an_answer_is_a_quote_by_the_rate_card_and_the_temper_or_a_decline() -> None:
    unicorn = by_hand()[0]
    fare = float(unicorn.base) + float(unicorn.per_km) * 19.2
    quoted = answer(unicorn, INVITATION, Decision(1, declines=False, disconnects=False, factor=1))
    assert abs(float(quoted["price"]["amount"]) - fare) < 0.5  # type: ignore[index]
    assert 0 < quoted["pickup-in-seconds"] < 600  # type: ignore[operator]
    no = answer(unicorn, INVITATION, Decision(1, declines=True, disconnects=False, factor=1))
    assert no == {"decline": "not-in-the-mood"}
