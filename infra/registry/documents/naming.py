"""What messages are called in documents, and how they are told in a line."""

import inspect

from wild_rydes_contracts import Message


def identifier(contract: type[Message]) -> str:
    """Name a message in its version: `RideCompleted`, and from the second version on `RideCompletedV2`."""
    return contract.name if contract.version == 1 else f"{contract.name}V{contract.version}"


def summary(contract: type[Message]) -> str:
    """The first line of what a message means."""
    return _doc(contract).partition("\n")[0]


def details(contract: type[Message]) -> str:
    """What a message means besides its summary."""
    return _doc(contract).partition("\n")[2].strip()


def _doc(contract: type[Message]) -> str:
    return inspect.getdoc(contract) or contract.name
