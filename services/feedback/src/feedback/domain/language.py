"""Languages as data: a folder of `languages/` each, with our texts and the patterns that we understand."""

import re
from functools import cache
from importlib.resources import files

from feedback.domain.data_file import DataFile

DEFAULT = "en"

# The first subtag of a locale. Apps also write "pt_BR", "PT" and "de_DE.UTF-8".
_SPOKEN = re.compile(r"\s*(?P<code>[A-Za-z]{2,3})(?=[-_.@,;]|\s*$)")


class Language(DataFile):
    """What we say: `prompts.json` of a folder named after the ISO 639-1 code."""

    default_in: frozenset[str]
    """Regions (ISO 3166-1) whose customers are addressed in this language unless they have chosen another.

    A region of several languages has the one in which most people there read such messages, or none: English.
    """
    prompts: dict[str, str]
    """Texts by name. `{contact}` stands for where customers get help."""

    def text(self, prompt: str, *, contact: str) -> str:
        """Give the text of a prompt, with our contact filled in."""
        return self.prompts[prompt].replace("{contact}", contact)


@cache
def languages() -> dict[str, Language]:
    """Read the texts of all languages, by their codes."""
    return {code: Language.model_validate_json(data) for code, data in each("prompts.json")}


def each(name: str) -> list[tuple[str, bytes]]:
    """Read a file of all languages that have it, with their codes."""
    folders = [folder for folder in files(__package__).joinpath("languages").iterdir() if folder.is_dir()]
    return [(f.name, f.joinpath(name).read_bytes()) for f in folders if f.joinpath(name).is_file()]


def choose(locale: str | None, region: str | None) -> str:
    """Choose a customer's language by their locale (BCP 47), else by their number's region (ISO 3166-1).

    Returns its code; `DEFAULT` if we speak neither.
    """
    known = languages()
    chosen = _SPOKEN.match(locale or "")
    if chosen and (code := chosen["code"].lower()) in known:
        return code
    return next((code for code in sorted(known) if region in known[code].default_in), DEFAULT)
