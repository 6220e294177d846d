"""A partner imports a small fleet, as its program would."""

from dataclasses import dataclass
from typing import Final

from rich.console import Console

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.operator.fleet_import import FleetFile, FleetImport, Json, first_faults, show
from infra.rydes.operator.partner_program import program_of
from infra.rydes.simulators.vehicles import lines, rows

PARTNER: Final = "p-comet"
VEHICLES: Final = 30
_SHOWN: Final = 3


@dataclass(frozen=True)
class Imported:
    """An import that has ended, and its first bad rows."""

    job: Json
    faults: list[Json]

    def show(self, console: Console) -> None:
        """Print what it has done."""
        show(console, self.job, self.faults)


def import_fleet(cloud: Cloud) -> Imported:
    """Import vehicles over Seattle, of which one has a fault.

    Raises:
        LocalCloudError: a call fails, or the import does.
    """
    path = cloud.settings.run_dir / "fleet.csv"
    path.write_text("".join(lines(rows(VEHICLES, bad=1), "csv")))
    with program_of(cloud, PARTNER) as api:
        work = FleetImport(api, FleetFile.at(path))
        work.upload(work.begin(), lambda _: None)
        *_, job = work.follow()
        faults = first_faults(job, _SHOWN)
    if job["status"] != "succeeded":
        raise LocalCloudError(
            f"The fleet was not imported: {' '.join(job.get('reasons', ()))}",
            f"See what the functions logged: {cloud.settings.log('functions')}",
        )
    return Imported(job, faults)
