"""The header `Prefer`, read as RFC 7240 has it."""

import pytest

from wild_rydes_http.preferences import preferences


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", {}),
        (" , ;x, =5", {}),
        ("status-document", {"status-document": ""}),
        (
            'respond-async, Status-Document; x="1", wait=10',
            {"respond-async": "", "status-document": "", "wait": "10"},
        ),
        ('wait = "10" ; x=1,WAIT=20', {"wait": "10"}),
    ],
)
def test_preferences_have_names_and_values(header: str, found: dict[str, str]) -> None:
    assert preferences(header) == found
