"""Which pages may call an API from a browser (Fetch standard, 3.3)."""

import re
from collections.abc import Collection

from aws_lambda_powertools.event_handler import CORSConfig

# Headers of answers that pages may read. The gateway's id of a request is in its access log: customers tell it to support.
_EXPOSED = ["Apigw-Requestid", "ETag", "Location", "Preference-Applied", "Retry-After", "WWW-Authenticate"]
_SENT = ["Idempotency-Key", "If-None-Match", "Prefer"]
_TWO_HOURS = 7200  # browsers believe the answer to a preflight no longer


class Origins(CORSConfig):
    """Lets the pages of some origins in. A `*` in an origin stands for any part of a host, or a port.

    A page sends its token by itself: nothing here depends on cookies, and credentials are not allowed.
    """

    def __init__(self, origins: Collection[str]) -> None:
        # Powertools compares whole origins. With `*` it takes those that `allowed_origin` lets through.
        super().__init__(
            "*",
            allow_headers=_SENT,
            expose_headers=_EXPOSED,
            max_age=_TWO_HOURS,
            allow_credentials=False,
        )
        self._patterns = [re.compile(re.escape(origin).replace(r"\*", "[a-z0-9.-]+")) for origin in origins]

    def allowed_origin(self, extracted_origin: str) -> str | None:
        """Return the origin that a request names if its pages may read the answer, otherwise None."""
        if any(pattern.fullmatch(extracted_origin or "") for pattern in self._patterns):
            return extracted_origin
        return None
