"""TypeScript types of what pages send and get, from the documents of APIs and sockets: `python -m infra.page_types`."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from infra import npm, pages

_SERVICES: Final = ("ride-booking", "unicorn-mgmt")


def types() -> dict[Path, str]:
    """Make the text of each file of types, by where it is checked in.

    Raises pages.PageError.
    """
    compiler = pages.modules() / "openapi-typescript" / "bin" / "cli.js"
    documents = {}
    for service in _SERVICES:
        directory = pages.ROOT / "services" / service
        written = directory / "web" / "src" / "generated"
        documents[written / "api.ts"] = (directory / "openapi.json").read_text()
        documents[written / "socket.ts"] = _as_openapi((directory / "asyncapi.json").read_text())
    with ThreadPoolExecutor() as pool:
        made = pool.map(lambda text: _compile(compiler, text), documents.values())
        return dict(zip(documents, made, strict=True))


def _as_openapi(asyncapi: str) -> str:
    """Take the schemas of a socket's messages over into a document that the compiler reads."""
    read = json.loads(asyncapi)
    schemas = {"schemas": read["components"]["schemas"]}
    return json.dumps({"openapi": "3.1.0", "info": read["info"], "paths": {}, "components": schemas})


def _compile(compiler: Path, document: str) -> str:
    with TemporaryDirectory() as directory:
        source, target = Path(directory, "document.json"), Path(directory, "types.ts")
        source.write_text(document)
        done = subprocess.run(  # noqa: S603 - our own command
            [npm.NODE, str(compiler), str(source), "--output", str(target)],
            cwd=directory,
            env=npm.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise pages.PageError(f"No types can be made: {(done.stderr or done.stdout).strip()}")
        return target.read_text()


if __name__ == "__main__":
    for file, text in types().items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
