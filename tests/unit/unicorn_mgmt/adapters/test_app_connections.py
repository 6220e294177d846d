"""Where apps are connected, in the table."""

import pytest

from tests.support.unicorn_mgmt.world import World


def test_a_newer_connection_survives_the_older_ones_end(world: World) -> None:
    id_ = world.add("gandalf", connection="c-new")
    assert not world.connections.disconnect(id_, "c-old")
    assert world.item(id_)["connection"] == {"S": "c-new"}


def test_only_the_owner_connects(world: World) -> None:
    id_ = world.add("gandalf")
    assert not world.connections.connect(id_, "saruman", "c-1")
    assert not world.connections.connect("u-nobody", "nobody", "c-1")
    assert "connection" not in world.item(id_)


def test_whoever_reconnects_learns_which_connection_counts(world: World) -> None:
    id_ = world.add("gandalf", connection="c-1")
    for seen, told in (("c-1", "c-1"), ("c-2", "c-1")):
        unicorn = world.connections.reconnect(id_, seen)
        assert unicorn == world.unicorns.find(id_, "gandalf")
        assert unicorn
        assert unicorn.connection == told
    world.connections.disconnect(id_, "c-1")
    unicorn = world.connections.reconnect(id_, "c-2")
    assert unicorn
    assert unicorn.connection == "c-2"
    assert world.connections.reconnect("u-nobody", "c-3") is None


@pytest.mark.parametrize("asked", [[], ["u-nobody"]])
def test_who_is_not_connected_is_left_out(world: World, asked: list[str]) -> None:
    connected, away = world.add("gandalf", connection="c-1"), world.add("saruman")
    assert world.connections.of([*asked, away]) == {}
    assert world.connections.of([*asked, connected, away]) == {connected: "c-1"}
