"""Serve the control room alone: `python -m infra.rydes.control_room [--profile NAME]`."""

import typer

from infra.rydes.commands.control_room import control_room

if __name__ == "__main__":
    typer.run(control_room)
