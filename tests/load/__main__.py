"""Load on a local cloud of its own, and a report of it: `python -m tests.load`, or `make load`. It ends by itself.

A ramp until the system no longer keeps up, and a soak below that. Writes docs/load.md and docs/load.svg; `--quick` is a
smoke test of a minute and a half, which prints the report and writes its files into a folder of their own.
"""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from infra.rydes.cloud.settings import ROOT
from tests.load import report
from tests.load.run import QUICK, Plan, run, tell
from tests.support.own_cloud import own_cloud


def main() -> None:
    """Run, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke test, whose report is not docs/load.md")
    parser.add_argument("--to", type=Path, help="the folder of the report, docs if left out")
    options = parser.parse_args()
    plan = QUICK if options.quick else Plan()
    # Whoever ends this by a signal ends the cloud, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
    with tempfile.TemporaryDirectory(prefix="rydes-load-") as name:
        with own_cloud(Path(name) / "cloud", records_calls=False) as cloud:
            record = run(cloud, plan, Path(name), tell)
        folder = options.to or (
            Path(tempfile.mkdtemp(prefix="rydes-load-report-")) if options.quick else ROOT / "docs"
        )
        lost = report.write(record, plan, folder)
    tell(f"the report is {folder / 'load.md'}")
    if lost:
        raise SystemExit(f"{lost} RFQs were lost")


if __name__ == "__main__":
    main()
