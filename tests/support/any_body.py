"""JSON bodies of the right shape with values that are right, nearly right, or hostile."""

from hypothesis import strategies as st

HOSTILE: st.SearchStrategy[object] = st.sampled_from(
    [
        *(None, True, "", " ", "\u0000", "\u202egnp.exe", "\u200b", "x" * 5_000, [], {}, [[[]]]),
        *(0, -0.0, 1e-131, 5e-324, 1e308, 10**400, -1, 2**63, 0.1, 5.0, 90.0000001, -180.0),
        *(
            "5",
            "1_000",
            "\uff11\uff12",
            "1e3",
            "NaN",
            "2026-11-21",
            "9999-12-31T23:59:59-14:00",
            "USD",
            "JPY",
            "XXX",
        ),
    ]
)


def values(likely: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """A value that is `likely` right, or else is not."""
    return likely | likely | HOSTILE


def coordinates() -> st.SearchStrategy[object]:
    """A place: nearly always one on earth."""
    return st.fixed_dictionaries(
        {"lat": values(st.floats(-90, 90)), "lon": values(st.floats(-180, 180))},
        optional={"label": values(st.text(max_size=8))},
    )
