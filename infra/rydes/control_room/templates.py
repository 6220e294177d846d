"""What is read from the synthesized templates: the architecture and the event catalogue. A deployment may change both."""

import hashlib
import json
from pathlib import Path
from typing import Final

from infra.assembly import Assembly, load
from infra.naming import AWS_ENVIRONMENT, Names
from infra.proof.synthesis import templates
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.system import System
from infra.rydes.control_room.architecture import Architecture, architecture
from infra.rydes.control_room.catalogue import Catalogue

_FILES: Final = ("manifest.json", "*.template.json")


class Templates:
    """The templates of a system: those that a local cloud was deployed with, or those for AWS, with the names in them.

    Those for AWS are made here, which may take a minute, and are not made again.
    """

    architecture: Architecture
    catalogue: Catalogue
    version: str
    """Changes with the architecture."""

    def __init__(self, system: System) -> None:
        self._names = system.names if isinstance(system, Cloud) else Names(AWS_ENVIRONMENT)
        self._directory = system.settings.assembly if isinstance(system, Cloud) else None
        self._read_of = _state(self._directory)
        self._use(load(self._directory) if self._directory else templates())

    def renewed(self) -> bool:
        """Read them again if a deployment has written others, and tell whether that has changed the picture.

        A directory that is just being written is left for the next look.
        """
        now = _state(self._directory)
        if self._directory is None or not now or now == self._read_of:
            return False
        before = self.version
        try:
            self._use(load(self._directory))
        except (OSError, ValueError, KeyError):
            return False
        self._read_of = now
        return self.version != before

    def _use(self, assembly: Assembly) -> None:
        self.architecture = architecture(assembly, self._names)
        self.catalogue = Catalogue(assembly, self._names)
        text = json.dumps(self.architecture.to_json(), sort_keys=True)
        self.version = hashlib.sha256(text.encode()).hexdigest()[:12]


def _state(directory: Path | None) -> tuple[tuple[str, int, int], ...]:
    """Tell one state of a directory from another, without reading its files. Empty: it is not whole."""
    if directory is None or not (directory / _FILES[0]).exists():
        return ()
    try:
        found = [(file, file.stat()) for pattern in _FILES for file in sorted(directory.glob(pattern))]
    except FileNotFoundError:
        return ()
    return tuple((file.name, of.st_mtime_ns, of.st_size) for file, of in found)
