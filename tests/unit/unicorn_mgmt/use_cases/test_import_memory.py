"""However large a file is, a function holds a block of it: a process of its own reads 200 MB, and says what that took."""

import json
import subprocess
import sys
from typing import Final

FILE_MB: Final = 200
MOST_MB: Final = 48
"""Of memory, beyond what the process had when it began to read. A function has 512, of which 90 are its code."""

_PROGRAM: Final = """
import io, json, logging, resource
from unicorn_mgmt.adapters.import_files import ImportFiles
from unicorn_mgmt.domain.fleet_file import FileScan, lines_of
from unicorn_mgmt.domain.fleet_row import read_row, vehicle_of

HEADER = b"id,name,lat,lon,base,per_km,minimum,currency\\n"
ROW = b"v-%%07d,Steed,47.5,-122.3,2.50,1.20,4.00,USD\\n"
SIZE = %d * 1000 * 1000 // len(ROW %% 0) * len(ROW %% 0) + len(HEADER)

class Body:
    def __init__(self, start, end):
        self.start, self.end = start, end
    def iter_chunks(self, size):
        while self.start < self.end:
            end = min(self.end, self.start + size)
            yield content(self.start, end)
            self.start = end

class Bucket:
    def get_object(self, Range, **_):
        first, last = Range.removeprefix("bytes=").split("-")
        return {"Body": Body(int(first), min(int(last) + 1, SIZE))}

def content(start, end):
    width, at = len(ROW %% 0), start - len(HEADER)
    first = max(0, at // width)
    rows = b"".join(ROW %% i for i in range(first, max(0, end - len(HEADER)) // width + 1))
    if at < 0:
        rows, at = HEADER + rows, at + len(HEADER)
    else:
        at -= first * width
    return rows[at : at + end - start]

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

files = ImportFiles(lambda: Bucket(), "files")
assert content(0, 60) == (HEADER + ROW %% 0)[:60]
before = peak()
scan = FileScan("csv", 4 * 1024 * 1024)
for block in files.read("p", "j", 0, SIZE):
    scan.feed(block)
found = scan.end()
after_scan = peak()
chunk = found.chunks[30]
rows = 0
for number, line in lines_of(files.read("p", "j", chunk.start, chunk.end), chunk.line):
    assert vehicle_of("p-comet", read_row("csv", found.columns, line)).id == "v-%%07d" %% (number - 2)
    rows += 1
print(json.dumps({"size": found.size, "chunks": len(found.chunks), "rows": rows,
                  "scan": after_scan - before, "chunk": peak() - before}))
"""


def test_a_file_of_200_mb_is_read_in_a_few_megabytes_of_memory() -> None:
    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", _PROGRAM % FILE_MB], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["size"] > 0.99 * FILE_MB * 1000 * 1000
    assert found["chunks"] > 40
    assert found["rows"] > 50_000
    assert found["scan"] < MOST_MB, found
    assert found["chunk"] < MOST_MB, found
