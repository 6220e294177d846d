"""`rydes contracts export`: an EventCatalog of all messages."""

from pathlib import Path
from typing import Annotated

import typer

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.commands.contracts import contracts
from infra.rydes.commands.terminal import console, one_line_errors


@contracts.command()
def export(
    directory: Annotated[
        Path,
        typer.Argument(
            file_okay=False, help="Where the catalog goes: a new or empty directory, or an older export."
        ),
    ],
) -> None:
    """Write an EventCatalog: domains, services, events in all versions, schemas, channels, who sends and who receives.

    `npm install && npm run dev` in the directory shows it. A file that no export wrote, or that was changed since, is
    never overwritten: then nothing is written.
    """
    # The templates, from which it is known who listens, take seconds to make and the CDK to import.
    from infra.proof.synthesis import Refused, templates  # noqa: PLC0415
    from infra.registry.documents.event_catalog import event_catalog  # noqa: PLC0415
    from infra.registry.documents.export import NotOurs, export_to  # noqa: PLC0415
    from infra.registry.examples import with_examples  # noqa: PLC0415

    with one_line_errors():
        try:
            files = event_catalog(with_examples(templates()))
            export_to(directory, files)
        except NotOurs as error:
            raise LocalCloudError(str(error), "Name another directory, or move them away.") from error
        except Refused as error:
            raise LocalCloudError(
                f"The stacks cannot be synthesized: {error}.", "See `make proof`."
            ) from error
        except OSError as error:
            raise LocalCloudError(
                f"{directory} cannot be written: {error.strerror}.", "Name another."
            ) from error
    console.print(f"[green]✓[/] {len(files)} files in {directory}", highlight=False)
