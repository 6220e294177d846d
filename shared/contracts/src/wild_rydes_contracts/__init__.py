"""The messages of Wild Rydes: the one source for publishers, consumers, rule patterns and schemas.

The first message that is asked for loads the models of all. A function that needs only `wild_rydes_contracts.ids` or
`wild_rydes_contracts.instants` starts without them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wild_rydes_contracts.catalogue import *  # noqa: F403 - its __all__ is ours
else:

    def __getattr__(name):  # noqa: ANN001, ANN202 - type checkers read the catalogue
        return getattr(import_module("wild_rydes_contracts.catalogue"), name)
