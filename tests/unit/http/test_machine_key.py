"""What a token says of an API key."""

import pytest

from wild_rydes_http.machine_key import MachineKey


def test_the_key_is_recognised_and_not_told() -> None:
    told = str(MachineKey.of("gold", "plan", "key", "v" * 40))
    key = MachineKey.parse(told)
    assert (key.tier, key.usage_plan, key.key_id) == ("gold", "plan", "key")
    assert key.is_of("v" * 40)
    assert not key.is_of("v" * 39)
    assert "vvv" not in told


@pytest.mark.parametrize("text", ["", "gold", "gold/plan/key", "a/b/c/d/e"])
def test_a_text_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="values to unpack"):
        MachineKey.parse(text)
