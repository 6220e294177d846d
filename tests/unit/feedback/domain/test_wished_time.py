"""When customers want to be called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.domain.language import languages
from feedback.domain.wished_time import WishedTime, wished_time

WISHES: dict[str, dict[str, tuple[str | None, int | None, int | None]]] = {
    "en": {
        "yes but call after 5": (None, 17, None),
        "Yes, not before 5pm": (None, 17, None),
        "yes don't call before noon": (None, 12, None),
        "yes but not today": ("later", None, None),
        "yes, tomorrow morning": ("tomorrow", 8, 12),
        "Yes. After 5:30 please": (None, 18, None),
        "yes before 9 am": (None, None, 9),
        "yes between 2 and 4": (None, 14, 16),
        "yes, from 9 to 11 am tomorrow": ("tomorrow", 9, 11),
        "call me at 6": (None, 18, 19),
        "yes, 4pm": (None, 16, 17),
        "yes after six": (None, 18, None),
        "sure, tonight": ("today", 18, 21),
        "yes after 10, before 12": (None, 10, 12),
        "yes after 17:00": (None, 17, None),
        "Yes on Monday": ("later", None, None),
        "yes, after work": (None, 17, None),
        "yes please": (None, None, None),
        "yes, the driver was 5 minutes late": (None, None, None),
        "yes, he got 1/10 from me": (None, None, None),
    },
    "es": {
        "sí pero después de las 5": (None, 17, None),
        "Sí, mañana por la mañana": ("tomorrow", 8, 12),
        "sí, por la mañana": (None, 8, 12),
        "sí, pero no antes de las 10": (None, 10, None),
        "sí, mañana": ("tomorrow", None, None),
        "sí, pasado mañana": ("later", None, None),
        "sí, hoy no": ("later", None, None),
        "sí, entre las 4 y las 6": (None, 16, 18),
        "sí, a las 5 de la tarde": (None, 17, 18),
        "sí, antes del mediodía": (None, None, 12),
        "sí, por favor": (None, None, None),
    },
    "fr": {
        "oui, après 17h30": (None, 18, None),
        "Oui, demain matin": ("tomorrow", 8, 12),
        "oui mais pas avant 10 heures": (None, 10, None),
        "oui, entre 14h et 16h": (None, 14, 16),
        "oui, après-demain": ("later", None, None),
        "oui, cet après-midi": ("today", 12, 18),
        "oui avant midi": (None, None, 12),
        "oui, après le travail": (None, 18, None),
        "oui mais pas aujourd'hui": ("later", None, None),
        "oui, volontiers": (None, None, None),
    },
    "de": {
        "ja, ab 17 Uhr": (None, 17, None),
        "Ja bitte, morgen Vormittag": ("tomorrow", 8, 12),
        "ja, aber am Morgen": (None, 8, 12),
        "ja, aber nicht vor 10": (None, 10, None),
        "ja, zwischen 14 und 16 Uhr": (None, 14, 16),
        "ja, übermorgen": ("later", None, None),
        "ja, heute Abend": ("today", 18, 21),
        "ja, aber heute nicht": ("later", None, None),
        "ja, nach der Arbeit": (None, 17, None),
        "ja gerne": (None, None, None),
    },
    "pt": {
        "sim, depois das 17h30": (None, 18, None),
        "Sim, amanhã de manhã": ("tomorrow", 8, 12),
        "sim, mas não antes das 10": (None, 10, None),
        "sim, entre as 14 e as 16 horas": (None, 14, 16),
        "sim, depois de amanhã": ("later", None, None),
        "sim, hoje à noite": ("today", 18, 21),
        "sim, às 5 da tarde": (None, 17, 18),
        "sim, depois do almoço": (None, 14, None),
        "sim, mas hoje não": ("later", None, None),
        "sim, por favor": (None, None, None),
    },
}


@pytest.mark.parametrize("code", WISHES)
def test_a_wish_is_read(code: str) -> None:
    for text, (day, earliest, latest) in WISHES[code].items():
        wish = WishedTime(day, earliest, latest)  # type: ignore[arg-type]
        assert wished_time(text, code) == (wish if wish != WishedTime() else None), text


def test_nobody_is_called_outside_of_what_they_said() -> None:
    """Minutes are rounded into the wish."""
    assert wished_time("yes after 5:01 pm", "en") == WishedTime(earliest=18)
    assert wished_time("yes before 5:59 pm", "en") == WishedTime(latest=17)


@given(st.text(max_size=100), st.sampled_from([*languages(), "xx"]))
def test_any_text_has_a_wish_or_none(text: str, language: str) -> None:
    wish = wished_time(text, language)
    if wish:
        assert all(hour is None or 0 <= hour <= 23 for hour in (wish.earliest, wish.latest))
