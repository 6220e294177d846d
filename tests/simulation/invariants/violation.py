"""What must never be."""


class Violation(BaseException):
    """An invariant does not hold. `name` is the invariant's, for all histories in which it is broken.

    It is found in the middle of a function's call, so it is nothing that the function's code may catch.
    """

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name = name


def require(holds: object, name: str, why: str) -> None:
    """Raise Violation unless it holds."""
    if not holds:
        raise Violation(name, why)
