"""What a page may do, as every answer of its server says it: the same headers on AWS and on a local cloud."""

from collections.abc import Iterable, Mapping
from typing import Final

HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",  # what frame-ancestors says, for browsers that do not know it
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(self), microphone=(), payment=(), usb=()",
}
IMMUTABLE: Final = "public, max-age=31536000, immutable"
"""How long a file may be kept whose name has a hash of its content."""
FRESH: Final = "no-cache"
"""Ask each time: index.html names the files of the newest build, and config.json the newest deployment."""


def content_security_policy(connects_to: Iterable[str]) -> str:
    """Write the policy of a page: its own files and nothing inline, and calls to these origins alone."""
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": " ".join(("'self'", *connects_to)),
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())
