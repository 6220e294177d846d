"""Where 1,000 RFQs a second would break, and when: `uv run python -m tests.bench.capacity`.

The settings are those of the synthesized templates, at the usual scale and at the one that is asked for; CPU time and
calls are those that were measured of the real handlers (`--measure` does so again); latencies and quotas are AWS's, as
documented or assumed. Then a run in virtual time: a ramp of RFQs from few to many. Nothing talks to AWS.
"""

import argparse

from rich.console import Console

from infra.proof.synthesis import templates
from tests.bench.capacity import durations, report, settings, simulation
from tests.bench.capacity.amounts import Items
from tests.bench.capacity.measure import measure
from tests.bench.capacity.model import Model
from tests.bench.capacity.work import Rfqs

console = Console()


def main() -> None:
    """Print ceilings, quotas and the ramp."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scale", type=int, default=1000, help="RFQs a second to be made for")
    arguments.add_argument("--measure", action="store_true", help="measure the handlers again, and keep it")
    arguments.add_argument("--runs", type=int, default=7, help="runs of each handler and batch size")
    arguments.add_argument(
        "--doubles", type=float, default=simulation.DOUBLES, help="seconds in which the ramp's rate doubles"
    )
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    if options.measure:
        durations.MEASURED.write_text(durations.dump(measure(options.runs)))
    measured, items = durations.load(), Items(Rfqs())
    models = {
        name: Model(settings.read(templates(context)), measured, items)
        for name, context in (("usual", {}), (f"scale={options.scale}", {"scale": str(options.scale)}))
    }
    console.print(report.hops_table(models))
    for name, model in models.items():
        first = model.first_to_break()
        console.print(
            f"First to break at {name}: [bold]{first.name}[/], {first.ceiling:,.0f}/s ({first.limit})"
        )
    scaled = models[f"scale={options.scale}"]
    console.print(report.functions_table(scaled))
    console.print(report.keys_table(scaled))
    console.print(report.quotas_table(scaled.uses(options.scale), options.scale))
    for name, model in models.items():
        console.print(
            report.ramp_table(
                name, simulation.ramp(model, options.scale, doubles=options.doubles, seed=options.seed)
            )
        )


if __name__ == "__main__":
    main()
