from infra.rydes.simulators.unicorns.registry import by_hand, by_rate_card, hermit


def test_forty_unicorns_tell_apart_by_name_and_place() -> None:
    unicorns = [*by_rate_card(), *by_hand(), hermit()]
    assert len(unicorns) == len({u.user for u in unicorns}) == len({(u.lat, u.lon) for u in unicorns}) == 40


def test_no_two_rate_cards_of_those_that_quote_by_them_are_alike() -> None:
    assert len({(u.base, u.per_km) for u in by_rate_card()}) == len(by_rate_card())


def test_every_run_has_the_same_ones() -> None:
    assert by_rate_card() == by_rate_card()


def test_all_wait_over_seattle_but_for_the_hermit_far_away() -> None:
    assert all(47.5 < u.lat < 47.7 and -122.45 < u.lon < -122.2 for u in [*by_rate_card(), *by_hand()])
    assert hermit().lat < 47


def test_those_with_a_rate_card_quote_at_once_and_the_others_do_not() -> None:
    assert all(u.auto_quote for u in by_rate_card())
    assert not any(u.auto_quote for u in [*by_hand(), hermit()])


def test_amounts_are_sent_as_decimal_text() -> None:
    card = by_rate_card()[0].registration()["rate-card"]
    assert card == {
        "base": {"amount": "3.00", "currency": "USD"},
        "per-km": {"amount": "1.40", "currency": "USD"},
        "minimum": {"amount": "7.00", "currency": "USD"},
    }
