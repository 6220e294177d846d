"""The grammar of expressions: text → a tree, in which names and values are still placeholders.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path as File
from typing import Any, NamedTuple, TypeVar

from tests.simulation.aws.dynamo.refusal import Refusal, invalid

T = TypeVar("T")

LONGEST = 4096
MOST_OPERATORS = 300
COMPARATORS = frozenset({"=", "<>", "<", "<=", ">", ">="})
FUNCTIONS = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
}
_OF_PATHS = frozenset({"attribute_exists", "attribute_not_exists", "size", "if_not_exists"})
_TOKEN = re.compile(r"\s*(?:([A-Za-z][A-Za-z0-9_]*|[#:][A-Za-z0-9_]+|[0-9]+|<>|<=|>=|[=<>(),.\[\]+-])|(\S))")
_WORD = re.compile(r"[A-Za-z]")


class Path(NamedTuple):
    """A document path: names, placeholders of names, and indices."""

    steps: tuple[str | int, ...]


class Literal(NamedTuple):
    """The placeholder of a value."""

    name: str


class Call(NamedTuple):
    """A function, or an operator as one, of operands or conditions."""

    function: str
    operands: tuple[Any, ...]


class Group(NamedTuple):
    """A condition in parentheses."""

    condition: Any


class Action(NamedTuple):
    """One action of an update."""

    clause: str
    path: Path
    operand: Any


@dataclass(frozen=True)
class Expression:
    """A tree, and the placeholders in it."""

    kind: str
    tree: Any
    names: frozenset[str]
    values: frozenset[str]


def _reserved() -> frozenset[str]:
    moto = find_spec("moto")
    assert moto
    assert moto.origin
    words = File(moto.origin).parent / "dynamodb" / "parsing" / "reserved_keywords.txt"
    return frozenset(word.upper() for word in words.read_text().split())


RESERVED = _reserved()


@lru_cache(maxsize=8192)
def parse(kind: str, text: str) -> Expression:
    """Parse an expression of a kind, which is named as the parameter: `ConditionExpression`."""
    parser = _Parser(kind, text)
    ways: dict[str, Callable[[], Any]] = {
        "UpdateExpression": parser.update,
        "ProjectionExpression": parser.projection,
    }
    tree = ways.get(kind, parser.condition)()
    parser.end()
    return Expression(kind, tree, frozenset(parser.names), frozenset(parser.values))


class _Parser:
    """Goes through the tokens of one expression."""

    def __init__(self, kind: str, text: str) -> None:
        self._kind = kind
        self.names: set[str] = set()
        self.values: set[str] = set()
        self._operators = 0
        if not text:
            raise self._invalid("The expression can not be empty;")
        if len(text.encode()) > LONGEST:
            raise self._invalid(
                f"Expression size has exceeded the maximum allowed size; expression size: {len(text.encode())}"
            )
        self._tokens: list[str] = []
        for token, unknown in _TOKEN.findall(text):
            if unknown:
                raise self._syntax(unknown)
            self._tokens.append(token)
        self._tokens.append("")
        self._at = 0

    def condition(self) -> Any:
        """`OR` binds least, then `AND`, then `NOT`."""
        return self._joined("OR", lambda: self._joined("AND", self._negated))

    def update(self) -> tuple[Action, ...]:
        """Clauses, each at most once."""
        clauses: dict[str, Callable[[], Any]] = {
            "SET": self._set_value,
            "REMOVE": lambda: None,
            "ADD": self._literal,
            "DELETE": self._literal,
        }
        seen: set[str] = set()
        actions: list[Action] = []
        while self._next:
            word = self._take().upper()
            if word not in clauses:
                raise self._syntax(word)
            if word in seen:
                raise self._invalid(f'The "{word}" section can only be used once in an update expression;')
            seen.add(word)

            def action(word: str = word) -> Action:
                path = self._path()
                if word == "SET":
                    self._expect("=")
                return Action(word, path, clauses[word]())

            actions += self._list_of(action)
        return tuple(actions)

    def projection(self) -> tuple[Path, ...]:
        """Paths."""
        return tuple(self._list_of(self._path))

    def end(self) -> None:
        """Refuse what follows the expression."""
        if self._next:
            raise self._syntax(self._next)
        if self._operators > MOST_OPERATORS:
            raise self._invalid(
                "The expression contains too many operators; expression contains more than the maximum allowed"
                f" number of operators: {MOST_OPERATORS}"
            )

    @property
    def _next(self) -> str:
        return self._tokens[self._at]

    def _take(self) -> str:
        token = self._next
        self._at += 1
        return token

    def _is(self, word: str) -> bool:
        """Take a keyword or a sign, if it comes next."""
        if self._next.upper() != word:
            return False
        self._at += 1
        return True

    def _expect(self, token: str) -> None:
        if not self._is(token):
            raise self._syntax(self._next)

    def _list_of(self, part: Callable[[], T]) -> list[T]:
        parts = [part()]
        while self._is(","):
            parts.append(part())
        return parts

    def _joined(self, word: str, part: Callable[[], Any]) -> Any:
        parts = [part()]
        while self._is(word):
            self._operators += 1
            parts.append(part())
        return Call(word, tuple(parts)) if len(parts) > 1 else parts[0]

    def _negated(self) -> Any:
        if self._is("NOT"):
            self._operators += 1
            return Call("NOT", (self._negated(),))
        if self._is("("):
            inner = self.condition()
            self._expect(")")
            if isinstance(inner, Group):
                raise self._invalid("The expression has redundant parentheses;")
            return Group(inner)
        return self._comparison()

    def _comparison(self) -> Any:
        if self._calls_function() and self._next != "size":
            return self._function(self._take(), FUNCTIONS)
        first = self._operand()
        self._operators += 1
        word = self._take().upper()
        if word in COMPARATORS:
            return Call(word, (first, self._operand()))
        if word == "BETWEEN":
            low = self._operand()
            self._expect("AND")
            return Call(word, (first, low, self._operand()))
        if word == "IN":
            self._expect("(")
            operands = self._list_of(self._operand)
            self._expect(")")
            return Call(word, (first, *operands))
        raise self._syntax(word)

    def _calls_function(self) -> bool:
        return bool(_WORD.match(self._next)) and self._tokens[self._at + 1] == "("

    def _operand(self) -> Any:
        if self._next.startswith(":"):
            return self._literal()
        if not self._calls_function():
            return self._path()
        function = self._take()
        if function in FUNCTIONS:
            raise self._invalid(
                f"The function is not allowed to be used this way in an expression; function: {function}"
            )
        return self._function(function, {"size": 1})

    def _set_value(self) -> Any:
        first = self._set_operand()
        for sign in ("+", "-"):
            if self._is(sign):
                self._operators += 1
                return Call(sign, (first, self._set_operand()))
        return first

    def _set_operand(self) -> Any:
        if self._next.startswith(":"):
            return self._literal()
        if not self._calls_function():
            return self._path()
        return self._function(self._take(), {"if_not_exists": 2, "list_append": 2}, self._inner_operand)

    def _inner_operand(self) -> Any:
        if self._calls_function() and self._next == "list_append":
            raise self._invalid(
                "The function is not allowed to be used this way in an expression; function: list_append"
            )
        return self._set_operand()

    def _function(
        self, function: str, known: dict[str, int], operand: Callable[[], Any] | None = None
    ) -> Call:
        if function not in known:
            if function in {*FUNCTIONS, "size", "if_not_exists", "list_append"}:
                raise self._invalid(
                    f"The function is not allowed in {_article(self._kind)}; function: {function}"
                )
            raise self._invalid(f"Invalid function name; function: {function}")
        self._operators += 1
        self._expect("(")
        operands = tuple(self._list_of(operand or self._operand))
        self._expect(")")
        if len(operands) != known[function]:
            raise self._invalid(
                "Incorrect number of operands for operator or function; operator or function:"
                f" {function}, number of operands: {len(operands)}"
            )
        if function in _OF_PATHS and not isinstance(operands[0], Path):
            raise self._invalid(
                f"Operator or function requires a document path; operator or function: {function}"
            )
        return Call(function, operands)

    def _literal(self) -> Literal:
        token = self._take()
        if not token.startswith(":"):
            raise self._syntax(token)
        self.values.add(token)
        return Literal(token)

    def _path(self) -> Path:
        steps: list[str | int] = [self._name()]
        while True:
            if self._is("."):
                steps.append(self._name())
            elif self._is("["):
                index = self._take()
                if not index.isdigit():
                    raise self._syntax(index)
                steps.append(int(index))
                self._expect("]")
            else:
                return Path(tuple(steps))

    def _name(self) -> str:
        token = self._take()
        if token.startswith("#"):
            self.names.add(token)
        elif not _WORD.match(token):
            raise self._syntax(token)
        elif token.upper() in RESERVED:
            raise self._invalid(f"Attribute name is a reserved keyword; reserved keyword: {token}")
        return token

    def _syntax(self, token: str) -> Refusal:
        return self._invalid(f'Syntax error; token: "{token or "<EOF>"}"')

    def _invalid(self, why: str) -> Refusal:
        return invalid(f"Invalid {self._kind}: {why}")


def _article(kind: str) -> str:
    word = kind.removesuffix("Expression").lower()
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word} expression"
