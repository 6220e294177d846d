"""Bodies are read strictly."""

import pytest
from pydantic import ValidationError

from infra.rydes.control_room.answers import CALLS
from infra.rydes.control_room.bodies import Letters, Nothing, Rides, Throttling, WantedFault, WantedMode

VALID = [
    (Nothing, "{}"),
    (Letters, '{"queue": "feedback-rides", "ids": ["a"]}'),
    (WantedMode, '{"mode": "AUTO", "reason": "mended"}'),
    (WantedMode, '{"mode": "FORCED_OPEN", "reason": "a drill", "for": "10m"}'),
    (WantedFault, '{"fault": "down"}'),
    (Throttling, '{"share": 0}'),
    (Throttling, '{"share": 0.25}'),
    (Rides, '{"count": 10}'),
]


@pytest.mark.parametrize(("kind", "body"), VALID)
def test_what_the_page_sends_is_taken(kind: type[Nothing], body: str) -> None:
    assert kind.model_validate_json(body)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        *((kind, body.replace("{", '{"more": 1, ', 1).replace(", }", "}")) for kind, body in VALID),
        *((kind, body) for kind, _ in VALID for body in ("[]", "null", "1", '"x"', "", "{", '{"queue": }')),
        *((kind, "{}") for kind in (Letters, WantedMode, WantedFault, Throttling, Rides)),
        *(
            (Rides, f'{{"count": {count}}}')
            for count in ("true", '"3"', "1.0", "1.5", "0", "11", "-1", "null", "NaN")
        ),
        *(
            (Throttling, f'{{"share": {share}}}')
            for share in ("true", '"0.5"', "1.1", "-0.1", "NaN", "Infinity", "null")
        ),
        *((Letters, body) for body in ('{"queue": "q", "ids": []}', '{"queue": "q", "ids": [1]}')),
        *((Letters, body) for body in ('{"queue": "q", "ids": "abc"}', '{"queue": "", "ids": ["a"]}')),
        (WantedFault, '{"fault": ["down"]}'),
        (WantedMode, '{"mode": "AUTO", "reason": 1}'),
        (WantedMode, '{"mode": "AUTO", "reason": "x", "for": 10}'),
        (WantedMode, '{"mode": "AUTO", "reason": "x", "lasts": "10m"}'),
    ],
)
def test_nothing_else_is(kind: type[Nothing], body: str) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate_json(body)


def test_the_body_of_each_call_that_changes_something_is_strict() -> None:
    for call in CALLS:
        assert call.body.model_config.get("strict"), call.path
        assert call.body.model_config.get("extra") == "forbid", call.path
