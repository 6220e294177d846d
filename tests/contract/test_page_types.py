"""The types that pages are written with are those of the documents of APIs and sockets."""

import pytest

from infra.page_types import types

pytestmark = pytest.mark.slow


def test_checked_in_types_are_those_of_the_documents() -> None:
    made = types()
    assert {path: path.read_text() if path.exists() else "" for path in made} == made, "run: make generate"
