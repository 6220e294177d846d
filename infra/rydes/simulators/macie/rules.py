"""Rules that find sensitive data in a text, under the ids of Macie's managed data identifiers.

They find what is sensitive by its form and its check digits; where Macie wants a keyword near by, so do they. They know
fewer kinds than Macie, and no names and addresses of people, which Macie finds by learning.

https://docs.aws.amazon.com/macie/latest/user/mdis-reference.html
"""

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal

Category = Literal["CREDENTIALS", "FINANCIAL_INFORMATION", "PERSONAL_INFORMATION"]

NEAR: Final = 30
"""Characters between data and its keyword, at most: as many as Macie takes."""

_IBANS: Final[dict[str, tuple[str, int]]] = tomllib.loads(Path(__file__).with_name("ibans.toml").read_text())
_IBAN: Final = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]){11,30}")
# Alone: an id with digits in it, as a ride's, is not a card, nor is an amount.
_CARD: Final = re.compile(
    r"(?<![\w.,-])(?:[0-9]{13,19}|[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}|[0-9]{4}([ -])[0-9]{6}\2[0-9]{5})(?![\w-]|[.,][0-9])"
)
_BRANDS: Final = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})"  # Visa
    r"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"  # Mastercard
    r"|3[47][0-9]{13}"  # American Express
    r"|3(?:0[0-5]|[689][0-9])[0-9]{11}"  # Diners Club
    r"|(?:6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12}"  # Discover
    r"|35(?:2[89]|[3-8][0-9])[0-9]{12}"  # JCB
)
_CARD_WORDS: Final = re.compile(
    r"\b(?:account number|american express|amex|bank card|bankcard|card|card num(?:ber)?|cc ?#|ccn|check card|credit|"
    r"credit card\w*|debit|debit card|diners|discover|electron|japanese card bureau|jcb|mastercard|mc|pan|"
    r"payment account number|pcn|union pay|visa)\b",
    re.IGNORECASE,
)
_SSN: Final = re.compile(
    r"(?<![\w.,-])(?!000|666|9[0-9]{2})[0-9]{3}([ -]?)(?!00)[0-9]{2}\1(?!0000)[0-9]{4}(?![\w-]|[.,][0-9])"
)
_SSN_WORDS: Final = re.compile(r"\b(?:social security|ss ?#|ssn|ssns|social#)(?!\w)", re.IGNORECASE)
_ACCOUNT: Final = re.compile(r"(?<![\w.,-])[0-9]{9,17}(?![\w-]|[.,][0-9])")
_ACCOUNT_WORDS: Final = re.compile(
    r"\b(?:bank|checking|chequing|deposit|savings) (?:account|acct)\b", re.IGNORECASE
)
_SECRET: Final = re.compile(r"(?<![A-Za-z0-9/+=_-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])")
_SECRET_WORDS: Final = re.compile(
    r"aws_secret_access_key|secretaccesskey|secret access key|\bsecret key\b|credentials|set-awscredential",
    re.IGNORECASE,
)
_PRIVATE_KEYS: Final = {
    "OPENSSH_PRIVATE_KEY": re.compile(r"-----BEGIN OPENSSH PRIVATE KEY-----"),  # pragma: allowlist secret
    "PGP_PRIVATE_KEY": re.compile(r"-----BEGIN PGP PRIVATE KEY BLOCK-----"),  # pragma: allowlist secret
    "PKCS": re.compile(r"-----BEGIN (?:(?:RSA|DSA|EC|ENCRYPTED) )?PRIVATE KEY-----"),
    "PUTTY_PRIVATE_KEY": re.compile(r"PuTTY-User-Key-File-[0-9]:"),
}
_EMAIL: Final = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}(?![\w-])"
)
_PHONE: Final = re.compile(
    r"(?<![\w.,-])(?:\+[1-9][0-9]{0,2}[ .-]?(?:\(0?[0-9]{1,4}\)[ .-]?)?[0-9]{2,4}(?:[ .-]?[0-9]{2,4}){1,4}"
    r"|\(?[2-9][0-9]{2}\)?[ .-][2-9][0-9]{2}[.-][0-9]{4})(?![\w-]|[.,][0-9])"
)
_DIGITS_OF_PHONES: Final = range(8, 16)


def found_in(text: str) -> Counter[str]:
    """Count what is sensitive in a text, by the ids of identifiers. A piece of text is one thing at most."""
    found: Counter[str] = Counter()
    for rule in _RULES:
        text = _taken(text, rule(text), found)
    return found


def category_of(kind: str) -> Category:
    """The category of sensitive data of an identifier."""
    if kind in _CREDENTIALS:
        return "CREDENTIALS"
    if kind.startswith("CREDIT_CARD") or kind.endswith("BANK_ACCOUNT_NUMBER"):
        return "FINANCIAL_INFORMATION"
    return "PERSONAL_INFORMATION"


_Hit = tuple[str, int, int]
"""An identifier, and where in the text its data begins and ends."""
_CREDENTIALS: Final = {"AWS_CREDENTIALS", *_PRIVATE_KEYS}


def _taken(text: str, hits: Iterator[_Hit], found: Counter[str]) -> str:
    """Count hits, and black their digits and letters out: an IBAN has digits of which some may be a card's."""
    for kind, start, end in [*hits]:
        found[kind] += 1
        text = f"{text[:start]}{'*' * (end - start)}{text[end:]}"
    return text


def _private_keys(text: str) -> Iterator[_Hit]:
    for kind, pattern in _PRIVATE_KEYS.items():
        for match in pattern.finditer(text):
            yield kind, *match.span()


def _secrets(text: str) -> Iterator[_Hit]:
    for match in _SECRET.finditer(text):
        if _is_near(text, match, _SECRET_WORDS) and not match[0].isalpha() and not match[0].isdigit():
            yield "AWS_CREDENTIALS", *match.span()


def _ibans(text: str) -> Iterator[_Hit]:
    for match in _IBAN.finditer(text):
        country = match[0][:2]
        name, length = _IBANS.get(country, ("", 0))
        end, number = match.start(), ""
        while len(number) < length and end < match.end():
            number += text[end].strip(" -")
            end += 1
        is_whole = length and len(number) == length and not text[end : end + 1].isalnum()
        if is_whole and _remainder(number) == 1:
            yield f"{name}_BANK_ACCOUNT_NUMBER", match.start(), end


def _remainder(iban: str) -> int:
    """What is left of an IBAN by its check digits (ISO 7064, MOD 97-10): 1 if they are right."""
    return int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97


def _cards(text: str) -> Iterator[_Hit]:
    for match in _CARD.finditer(text):
        number = re.sub(r"[ -]", "", match[0])
        if _BRANDS.fullmatch(number) and luhn(number) and len(set(number)) > 1:
            near = _is_near(text, match, _CARD_WORDS)
            yield "CREDIT_CARD_NUMBER" if near else "CREDIT_CARD_NUMBER_(NO_KEYWORD)", *match.span()


def luhn(number: str) -> bool:
    """Whether the last digit of a number is that of the Luhn algorithm (ISO/IEC 7812-1)."""
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004 - two digits


def _near(kind: str, pattern: re.Pattern[str], words: re.Pattern[str]) -> Callable[[str], Iterator[_Hit]]:
    def rule(text: str) -> Iterator[_Hit]:
        for match in pattern.finditer(text):
            if _is_near(text, match, words):
                yield kind, *match.span()

    return rule


def _emails(text: str) -> Iterator[_Hit]:
    for match in _EMAIL.finditer(text):
        yield "EMAIL_ADDRESS", *match.span()


def _phones(text: str) -> Iterator[_Hit]:
    for match in _PHONE.finditer(text):
        if sum(char.isdigit() for char in match[0]) in _DIGITS_OF_PHONES:
            yield "PHONE_NUMBER", *match.span()


def _is_near(text: str, match: re.Match[str], words: re.Pattern[str]) -> bool:
    # A word may begin farther away: its end counts.
    before = text[max(0, match.start() - 2 * NEAR) : match.start()]
    after = text[match.end() : match.end() + 2 * NEAR]
    return any(len(before) - word.end() <= NEAR for word in words.finditer(before)) or any(
        word.start() <= NEAR for word in words.finditer(after)
    )


_RULES: Final[tuple[Callable[[str], Iterator[_Hit]], ...]] = (
    _private_keys,
    _secrets,
    _ibans,
    _near("USA_SOCIAL_SECURITY_NUMBER", _SSN, _SSN_WORDS),
    _cards,
    _near("BANK_ACCOUNT_NUMBER", _ACCOUNT, _ACCOUNT_WORDS),
    _emails,
    _phones,
)
"""In this order: each leaves out what one before it has taken."""
