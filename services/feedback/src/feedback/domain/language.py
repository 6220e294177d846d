"""Languages as data: what we say in each, and the words we understand. A further one is a file in `languages/`."""

from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

DEFAULT = "en"


class Language(BaseModel):
    """One file of `languages/`, named after its ISO 639-1 code.

    Words and phrases stand as `reading.words` leaves them: lower case, no accents, no punctuation. In `doubtful`, `#` is
    a number; in `stop`, `start` and `help`, which must match the whole message, `*` is any words or none.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=lambda name: name.replace("_", "-"),
        populate_by_name=True,
    )

    default_in: frozenset[str]
    """Regions (ISO 3166-1) whose numbers are spoken to in this language, when the customer has chosen none."""
    prompts: dict[str, str]
    numbers: dict[str, int]
    out_of: tuple[str, ...]
    """What stands between a score and the highest one, as in "8 out of 10"."""
    doubtful: tuple[str, ...]
    """Phrases that make a number no score, as in "less than 5" or "9 minutes"."""
    yes: tuple[str, ...]
    no: tuple[str, ...]
    stop: tuple[str, ...]
    start: tuple[str, ...]
    help: tuple[str, ...]


@cache
def languages() -> dict[str, Language]:
    """All languages by code."""
    return {
        file.name.removesuffix(".json"): Language.model_validate_json(file.read_bytes())
        for file in files(__package__).joinpath("languages").iterdir()
        if file.name.endswith(".json")
    }


def choose(locale: str | None, region: str | None) -> str:
    """The code of the language for a customer: of their locale (BCP 47), else of their number's region (ISO 3166-1)."""
    spoken = (locale or "").replace("_", "-").partition("-")[0].lower()
    known = languages()
    if spoken in known:
        return spoken
    return next((code for code in sorted(known) if region in known[code].default_in), DEFAULT)
