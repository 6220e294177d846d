from typing import Any

import pytest

from wild_rydes_circuit_breaker import Settings


@pytest.mark.parametrize(
    "changes",
    [
        {"failure_rate_threshold": 0},
        {"failure_rate_threshold": 101},
        {"slow_call_rate_threshold": float("nan")},
        {"minimum_number_of_calls": 0},
        {"permit_lease": -1},
        {"wait_duration_in_open_state": 11},
        {"hearing_period": 1},
        {"hearing_period": 10},
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        Settings(**changes)


def test_alone_an_environment_probes_one_call_at_a_time() -> None:
    assert Settings().alone().permitted_number_of_calls_in_half_open_state == 1
