"""Files of fleets, as the tests of imports make them: seeded by nothing but their numbers."""

from collections.abc import Collection, Iterator

HEADER = "id,name,lat,lon,base,per_km,minimum,currency,max_km,status\n"


def rows(
    count: int, *, bad: Collection[int] = (), dearer: Collection[int] = (), first: int = 0
) -> Iterator[str]:
    """Lines of CSV, numbered from `first`. Those in `bad` lie beyond the pole, those in `dearer` cost more."""
    for i in range(first, first + count):
        lat = 91 if i in bad else 47.5 + i % 1000 / 5000
        base = "9.99" if i in dearer else "2.50"
        yield f"v-{i},Steed {i},{lat:.4f},{-122.4 + i // 1000 / 500:.4f},{base},1.20,4.00,USD,,active\n"


def csv_file(count: int, *, bad: Collection[int] = (), dearer: Collection[int] = ()) -> bytes:
    """A file with a header and so many rows: row `i` is line `i + 2`."""
    return (HEADER + "".join(rows(count, bad=bad, dearer=dearer))).encode()
