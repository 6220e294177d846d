"""The pages that people look at, built by Vite from their sources and one lock file, and cached by content."""

import os
import subprocess
from pathlib import Path
from typing import Final

from infra import cache, npm

WEB: Final = "web"
"""The directories of the pages' sources. Nothing but a page depends on what is in them."""
ROOT: Final = Path(__file__).resolve().parents[1]
PAGES: Final[dict[str, Path]] = {
    "customer-app": ROOT / "services" / "ride-booking" / "web",
    "unicorn-app": ROOT / "services" / "unicorn-mgmt" / "web",
    "control-room": ROOT / "infra" / "rydes" / "control_room" / "web",
}
_SHARED: Final = ROOT / "shared" / "web"
_LOCKED: Final = [ROOT / name for name in ("package.json", "package-lock.json", "tsconfig.json")]
_LINK: Final = ROOT / "node_modules"


class PageError(Exception):
    """A page cannot be built. The message says which, and why."""


def modules() -> Path:
    """Install what the lock file of the pages says, link it to where Node looks, and return where it is.

    Raises PageError.
    """
    try:
        installed = npm.install("pages", ROOT) / "node_modules"
    except npm.NpmError as error:
        raise PageError(str(error)) from error
    if _LINK.is_dir() and not _LINK.is_symlink():
        raise PageError(f"{_LINK} is a directory, where a link is expected: remove it.")
    if not _LINK.is_symlink() or _LINK.readlink() != installed:
        link = _LINK.with_name(f"{_LINK.name}.{os.getpid()}")
        link.symlink_to(installed)
        link.replace(_LINK)
    return installed


def build(name: str) -> Path:
    """Build a page unless that was done before, and return the directory that has its index.html.

    Raises PageError.
    """
    page, installed = PAGES[name], modules()
    key = cache.digest(*cache.sources(ROOT, page, _SHARED, *_LOCKED))
    vite = installed / "vite" / "bin" / "vite.js"

    def make(directory: Path) -> None:
        command = [
            npm.NODE,
            str(vite),
            "build",
            "--logLevel=error",
            "--outDir",
            str(directory),
            "--emptyOutDir",
        ]
        done = subprocess.run(  # noqa: S603 - our own command
            command,
            cwd=page,
            env=npm.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip()
            raise PageError(f"The page {name} cannot be built: {said or 'Vite does not say why.'}")

    return cache.once(cache.DIRECTORY, f"page-{name}", key, make)


if __name__ == "__main__":
    modules()
