"""Sockets lose pushes, and lines die without a word: what that costs a herd whose unicorns answer.

The bench `lossy_sockets` shows more of it.
"""

import pytest

from tests.saga.herd import Habits, Herd, Weather
from tests.support.unicorn_mgmt.world import a_world

RFQS, UNICORNS = 8, 5


@pytest.fixture(autouse=True)
def namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "WildRydes")


@pytest.mark.slow
@pytest.mark.parametrize(
    "weather",
    [Weather(loss=0.1), Weather(loss=0.1, line_lasts=45), Weather(loss=0.3, line_lasts=90)],
    ids=str,
)
def test_every_rfq_of_a_herd_that_answers_is_answered_by_all(weather: Weather) -> None:
    with a_world() as world:
        herd = Herd(world, weather, Habits(), unicorns=UNICORNS, seed=3)
        assert herd.run(RFQS, apart=7) == {"all-answered": RFQS}
        assert herd.lost > 0


@pytest.mark.slow
def test_of_apps_that_only_listen_some_never_hear() -> None:
    """So the losses above are real. What such an app misses costs no more than its own answer."""
    with a_world() as world:
        herd = Herd(world, Weather(loss=0.1), Habits(every=None), unicorns=UNICORNS, seed=3)
        ended = herd.run(RFQS, apart=7)
    assert ended["deadline"] > 0
    assert ended.total() == RFQS
