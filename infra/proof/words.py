"""DynamoDB's reserved words: an expression that has one as a name is refused, unless it is written as an alias.

Emulators accept most of them. The expressions are read from the sources, where they are literal texts, and from the
recorded calls, which have the names that are put in while the code runs.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeNames.html
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from infra.artifacts import ROOT
from infra.assembly import Assembly
from infra.proof.finding import Finding
from infra.proof.recording import Calls, read

RESERVED: Final = frozenset(Path(__file__).with_name("reserved_words.txt").read_text().split())

_KEYWORDS: Final = frozenset({"SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "BETWEEN", "IN"})
"""The words of the expressions' own language: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/
Expressions.OperatorsAndFunctions.html and …/Expressions.UpdateExpressions.html"""

_NAME: Final = re.compile(r"(?<![#:\w])[A-Za-z]\w*(?![\w(])")
"""A name or a keyword: no alias, no value, and no function."""

_EXPRESSION: Final = re.compile(
    r"^(SET|REMOVE|ADD|DELETE) |[=<>] ?:\w|"
    r"\b(attribute_exists|attribute_not_exists|attribute_type|begins_with|contains|if_not_exists|list_append)\("
)
"""How a text begins or goes on that is an expression, or a part of one."""


def reserved(expression: str) -> list[str]:
    """List the reserved words that an expression uses as names."""
    names = (match.group() for match in _NAME.finditer(expression))
    return [name for name in names if name not in _KEYWORDS and name.upper() in RESERVED]


def check(_: Assembly, calls: Calls | None = None) -> Iterator[Finding]:
    """Check the expressions in the code that is deployed, and those of the recorded calls.

    Only adapters and shared packages have some.
    """
    for pattern in ("services/*/src/*/adapters/**/*.py", "shared/*/src/**/*.py"):
        for source in sorted(ROOT.glob(pattern)):
            yield from check_source(source.read_text(), str(source.relative_to(ROOT)))
    for function, of_function in (read() if calls is None else calls).items():
        for call, shapes in of_function.items():
            for expression in _sent(shapes):
                yield from _reserved_in(expression, f"{function}: {call}")


def check_source(text: str, where: str) -> Iterator[Finding]:
    """Check the expressions in a module."""
    for line, expression in _expressions(ast.parse(text)):
        yield from _reserved_in(expression, f"{where}:{line}")


def _reserved_in(expression: str, where: str) -> Iterator[Finding]:
    for word in reserved(expression):
        yield Finding(
            "a reserved word of DynamoDB",
            where,
            f"{word!r} is reserved, and DynamoDB refuses {expression!r}",
            f"Write #{word}, and name it in ExpressionAttributeNames.",
        )


def _sent(parameters: object) -> Iterator[str]:
    """Go through the expressions in parameters of calls."""
    match parameters:
        case dict():
            for name, value in parameters.items():
                if isinstance(value, str) and name.endswith("Expression"):
                    yield value
                else:
                    yield from _sent(value)
        case list():
            for each in parameters:
                yield from _sent(each)


def _expressions(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Go through the literal texts that are expressions, with their lines."""
    inside = {
        id(part) for node in ast.walk(module) if isinstance(node, ast.JoinedStr) for part in node.values
    }
    named = {
        id(value)
        for node in ast.walk(module)
        for name, value in _arguments(node)
        if name.endswith("Expression")
    }
    for node in ast.walk(module):
        if isinstance(node, ast.expr) and id(node) not in inside:
            text = _text(node) or ""
            if id(node) in named or _EXPRESSION.search(text):
                yield node.lineno, text


def _arguments(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.keyword(arg=str(name), value=value):
            yield name, value
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant):
                    yield str(key.value), value


def _text(node: ast.expr) -> str | None:
    """Read a literal text. What is put in stands as a value, or as the rest of an alias."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return re.sub(r"([#:]):x", r"\1x", "".join(_text(part) or ":x" for part in parts))
    return None
