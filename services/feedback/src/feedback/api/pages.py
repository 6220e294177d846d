"""The pages of a list: where one starts, and its links."""

from dataclasses import dataclass
from http import HTTPStatus

from feedback.adapters.feedback_table import Cursor
from feedback.api import cursor
from feedback.api.representations import ListLinks
from wild_rydes_http.api import HttpApi
from wild_rydes_http.problem import FieldError, Problem

SIZE = 20
"""Entries of a page. Those of some lists are looked up one by one."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was asked for: it starts after `after`, or at the beginning of the list at `url`."""

    url: str
    after: Cursor | None

    @classmethod
    def asked_for(cls, api: HttpApi, path: str) -> "Page":
        """Read which page of the list at `path` the current request asks for.

        Raises Problem if its cursor is none.
        """
        text = api.current_event.query_string_parameters.get("cursor")
        try:
            return cls(api.url(path), None if text is None else cursor.decode(text))
        except ValueError as error:
            raise Problem(
                HTTPStatus.BAD_REQUEST,
                "Follow the `next` link unchanged.",
                errors=[FieldError("cursor", str(error))],
            ) from None

    def links(self, end: Cursor | None) -> ListLinks:
        """Link to this page, and to the one after `end`, unless this is the last."""
        return ListLinks(self_=self._link(self.after), next=self._link(end) if end else None)

    def _link(self, after: Cursor | None) -> str:
        return f"{self.url}?cursor={cursor.encode(after)}" if after else self.url
