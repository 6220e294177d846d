"""The one error that the local cloud shows its user."""


class LocalCloudError(Exception):
    """Something the user can act on: what is wrong, and the way out.

    The command line prints the error as one line and exits with 1. ``way_out`` names a command or a file.
    """

    def __init__(self, problem: str, way_out: str) -> None:
        super().__init__(f"{problem} {way_out}")
        self.problem = problem
        self.way_out = way_out
