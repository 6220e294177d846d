from infra.local.herd import herd


def test_forty_unicorns_tell_apart_by_name_place_and_price() -> None:
    unicorns = herd()
    assert len(unicorns) == 40
    for distinct in (
        {u.user for u in unicorns},
        {(u.lat, u.lon) for u in unicorns},
        {(u.base, u.per_km) for u in unicorns},
    ):
        assert len(distinct) == 40


def test_every_run_has_the_same_ones() -> None:
    assert herd() == herd()


def test_all_quote_at_once_over_seattle_but_for_the_hermit_far_away() -> None:
    *city, hermit = herd()
    assert all(47.5 < u.lat < 47.7 and -122.45 < u.lon < -122.2 and u.auto_quote for u in city)
    assert hermit.lat < 47
    assert not hermit.auto_quote


def test_amounts_are_sent_as_decimal_text() -> None:
    card = herd()[0].registration()["rate-card"]
    assert card == {
        "base": {"amount": "3.00", "currency": "USD"},
        "per-km": {"amount": "1.40", "currency": "USD"},
        "minimum": {"amount": "7.00", "currency": "USD"},
    }
