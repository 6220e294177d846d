"""The rules of who may import what, and where the outside world may be touched, checked on the syntax trees."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# Layers. Every shared package not named here may import the contracts alone; a service may import all shared packages.
SHARED_IMPORTS = {"wild_rydes_contracts": frozenset[str]()}
CONTRACTS = frozenset({"wild_rydes_contracts"})

# The local cloud and its tools may use what the services share; what deploys them may not.
TOOLS = "infra.rydes."

# Modules of pure rules, and with them what they import from their own service.
PURE = frozenset({"model", "conversation"})
IMPURE_IMPORTS = frozenset(
    {
        *("aws_lambda_powertools", "boto3", "botocore", "httpx", "requests", "urllib3"),
        *(
            "asyncio",
            "os",
            "random",
            "secrets",
            "shutil",
            "socket",
            "subprocess",
            "tempfile",
            "threading",
            "time",
        ),
        *("http", "urllib", "wild_rydes_http", "wild_rydes_messaging"),
    }
)
CLOCK_READERS = frozenset({"now", "today", "utcnow"})

# What makes a client, or reads the environment, when it is called.
COMPOSING_CALLS = frozenset({"client", "create_client", "resource", "Logger", "Metrics", "Tracer"})


@dataclass(frozen=True)
class Import:
    """One import of a module by its full name."""

    module: str
    line: int

    @property
    def package(self) -> str:
        return self.module.partition(".")[0]


@dataclass(frozen=True)
class Module:
    """A source file of a package: `layer` is shared, services or infra."""

    name: str
    layer: str
    path: Path

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(), str(self.path))

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        return tuple(_imports(self))

    @cached_property
    def is_handler(self) -> bool:
        """Whether this is a handler module, the composition root of a function."""
        return any(
            isinstance(target, ast.FunctionDef | ast.Name)
            and (target.name if isinstance(target, ast.FunctionDef) else target.id) == "handler"
            for statement in self.tree.body
            for target in _defined(statement)
        )


def modules(root: Path) -> list[Module]:
    """All modules of the repository that are deployed or that deploy."""
    found = []
    for layer in ("shared", "services"):
        for source in sorted((root / layer).glob("*/src")):
            found += [_module(path, source, layer) for path in sorted(source.rglob("*.py"))]
    tools = (path for path in sorted((root / "infra").rglob("*.py")) if "node_modules" not in path.parts)
    return found + [_module(path, root, "infra") for path in tools]


def violations(root: Path) -> list[str]:
    """Every violation, as `path:line: what is wrong`."""
    everything = modules(root)
    by_name = {module.name: module for module in everything}
    return [
        f"{module.path.relative_to(root)}:{line}: {wrong}"
        for module in everything
        for line, wrong in [
            *_layers(module, everything),
            *_composition(module, by_name),
            *_purity(module, by_name),
        ]
    ]


def _layers(module: Module, everything: list[Module]) -> Iterator[tuple[int, str]]:
    layers = {other.package: other.layer for other in everything}
    for found in module.imports:
        package, layer = found.package, layers.get(found.package)
        if package == module.package or (layer is None and package != "tests"):
            continue
        if module.layer == "shared":
            allowed = package in SHARED_IMPORTS.get(module.package, CONTRACTS)
        elif module.layer == "services" or module.name.startswith(TOOLS):
            allowed = layer == "shared"
        else:
            allowed = package in CONTRACTS
        if not allowed:
            yield found.line, f"{module.package} may not import {package}"


def _composition(module: Module, by_name: dict[str, Module]) -> Iterator[tuple[int, str]]:
    if module.layer == "infra":
        return
    for found in module.imports:
        target = by_name.get(found.module)
        if target and target.is_handler:
            yield found.line, f"{found.module} is a handler module: importing it composes a function"
    if module.is_handler:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"}:
            yield node.lineno, f"only a handler module reads the environment ({node.attr})"
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            for alias in node.names:
                if alias.name in {"environ", "environb", "getenv"}:
                    yield node.lineno, f"only a handler module reads the environment ({alias.name})"
    for call in _calls_at_import(module.tree):
        function = call.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if name in COMPOSING_CALLS:
            yield call.lineno, f"only a handler module makes a {name} at import time"


def _purity(module: Module, by_name: dict[str, Module]) -> Iterator[tuple[int, str]]:
    """The rules of a pure module, and of what it imports, are reported where they are broken."""
    if module.layer != "services" or module.name not in _pure(by_name):
        return
    for found in module.imports:
        if found.package in IMPURE_IMPORTS:
            yield found.line, f"pure rules may not import {found.module}"
    for node in ast.walk(module.tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in CLOCK_READERS
        ):
            yield node.lineno, f"pure rules take the time as an argument ({node.func.attr})"


def _pure(by_name: dict[str, Module]) -> set[str]:
    pending = [name for name, m in by_name.items() if m.layer == "services" and name.split(".")[-1] in PURE]
    pure: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in pure:
            pure.add(name)
            module = by_name[name]
            pending += [
                i.module for i in module.imports if i.package == module.package and i.module in by_name
            ]
    return pure


def _module(path: Path, source: Path, layer: str) -> Module:
    parts = list(path.relative_to(source).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return Module(".".join(parts), layer, path)


def _imports(module: Module) -> Iterator[Import]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            yield Import(base, node.lineno)
            yield from (Import(f"{base}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if name in {"import_module", "__import__"}:
                yield Import(str(node.args[0].value), node.lineno)


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    is_package = module.path.name == "__init__.py"
    parts = module.name.split(".")
    parts = parts[: len(parts) - node.level + is_package]
    return ".".join([*parts, *([node.module] if node.module else [])])


def _defined(statement: ast.stmt) -> list[ast.AST]:
    if isinstance(statement, ast.Assign):
        return list(statement.targets)
    if isinstance(statement, ast.AnnAssign):
        return [statement.target]
    return [statement]


def _calls_at_import(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls that importing a module makes: those outside functions, and those in their defaults and decorators."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Call):
            yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            pending += [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        elif isinstance(node, ast.Lambda):
            pending += [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        else:
            pending += ast.iter_child_nodes(node)
