"""Who may import what, and where the outside world may be touched: rules, checked on the syntax trees."""

import ast
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

# The territories of the repository, and what each may import of the others. Its own package is open to every
# module, but one shared package or one service is closed to another. `tests` is in no list.
MAY_IMPORT: Mapping[str, frozenset[str]] = {
    "contracts": frozenset(),
    "shared": frozenset({"contracts"}),
    "services": frozenset({"contracts", "shared"}),
    "infra": frozenset({"contracts"}),
    "infra.rydes": frozenset({"contracts", "shared", "infra"}),
    # Teams outside of this repository have nothing but the contracts.
    "docs": frozenset({"contracts"}),
}

# The rooms of a service, from top to bottom. A module imports from its own room or from one below it. Nothing
# imports the topmost room: its modules compose a Lambda function as they are imported.
ROOMS = ("functions", "use_cases", "api", "adapters", "domain")
TOP = ROOMS[0]

# Libraries that do I/O are for adapters, and for the functions that make clients of them. Two more rooms may
# import what it takes to catch their errors. DOMAIN_IMPORTS has none of them.
IO_LIBRARIES = frozenset(
    {
        *("boto3", "botocore", "aiohttp", "httpx", "requests", "urllib3"),
        *("ftplib", "http", "smtplib", "socket", "ssl", "urllib"),
        *("asyncio", "multiprocessing", "sqlite3", "subprocess"),
    }
)
NO_IO = frozenset({"http.HTTPStatus", "urllib.parse"})
IO_ALLOWED: Mapping[str, frozenset[str]] = {
    "use_cases": frozenset({"botocore.exceptions"}),
    "api": frozenset({"botocore.exceptions"}),
}

# All that a domain may import beside its own modules. An addition must be pure: no I/O (except the data of a
# package), no clock, no chance.
DOMAIN_IMPORTS = frozenset(
    {
        *("wild_rydes_contracts", "pydantic", "phonenumbers", "gsm0338", "h3", "tzfpy"),
        *(
            "abc",
            "collections",
            "dataclasses",
            "enum",
            "functools",
            "heapq",
            "itertools",
            "operator",
            "types",
            "typing",
            "typing_extensions",
        ),
        *(
            "base64",
            "codecs",
            "csv",
            "fnmatch",
            "hashlib",
            "importlib.resources",
            "json",
            "re",
            "string",
            "tomllib",
            "unicodedata",
            "uuid",
        ),
        *("bisect", "datetime", "decimal", "math", "statistics", "zoneinfo"),
    }
)
CLOCK_READERS = frozenset({"now", "today", "utcnow"})
CLOCKS = frozenset(
    {
        *(f"{name}.{reader}" for name in ("date", "datetime") for reader in CLOCK_READERS),
        *(f"time.{name}" for name in ("ctime", "gmtime", "localtime", "strftime")),
        *(f"time.{name}{unit}" for name in ("monotonic", "perf_counter", "time") for unit in ("", "_ns")),
    }
)
CHANCE = frozenset({"uuid1", "uuid4", "uuid6", "uuid7"})
IO_BUILTINS = frozenset({"breakpoint", "input", "open", "print"})
CODE_BUILTINS = frozenset({"compile", "eval", "exec"})

# What makes the clock and the clients that a use case takes as arguments.
ARGUMENTS_OF_USE_CASES = frozenset({"wild_rydes_runtime.aws", "wild_rydes_runtime.clock"})

# What imports a module by a name that these rules cannot read, and what is harmless in the same package.
IMPORTERS = frozenset({"__import__", "builtins", "importlib", "pkgutil", "runpy"})
NO_IMPORTERS = frozenset({"importlib.metadata", "importlib.resources"})

# The one module that may load another when it is first needed: its name, and that of the module it loads.
LAZY = ("wild_rydes_contracts", "wild_rydes_contracts.catalogue")

ENVIRONMENT = frozenset({"environ", "environb", "getenv", "getenvb"})
# Reads a variable that is the same in every function of a service, as Powertools reads its own.
READS_ENVIRONMENT = "wild_rydes_runtime.counts"

# Where the source files lie.
PACKAGES = (
    *("shared/*/src/**/*.py", "services/*/src/**/*.py", "infra/**/*.py"),
    "docs/examples/*/src/**/*.py",
)

# The tools of this repository, and the packages of other teams: they compose and import as they like.
AS_THEY_LIKE = ("infra", "docs")

# What makes a client, a logger or metrics when it is called.
COMPOSING_CALLS = frozenset(
    {"client", "create_client", "get_session", "resource", "Session", "Logger", "Metrics", "Tracer"}
)


@dataclass(frozen=True)
class Import:
    """One import of a module, or of a name in a module, by its full name."""

    module: str
    line: int

    @property
    def package(self) -> str:
        return self.module.partition(".")[0]


@dataclass(frozen=True)
class Module:
    """A source file of a package: `layer` is shared, services or infra, and `path` that in the repository."""

    name: str
    layer: str
    path: PurePosixPath
    text: str

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    @property
    def room(self) -> str | None:
        """The room of a service's module, if it lies in one."""
        return room_in(self.name) if self.layer == "services" else None

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, str(self.path))

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of the tree."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def attributes(self) -> tuple[tuple[str, int], ...]:
        """The full name of every attribute that the module reads or writes, and its line."""
        return tuple(
            (self.full_name(node), node.lineno) for node in self.nodes if isinstance(node, ast.Attribute)
        )

    @cached_property
    def calls(self) -> tuple[ast.Call, ...]:
        return tuple(node for node in self.nodes if isinstance(node, ast.Call))

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        return tuple(_imports(self))

    @cached_property
    def bound(self) -> Mapping[str, str]:
        """The full name of what each import binds, by the name that the module gives it."""
        return dict(_bound(self))

    def full_name(self, node: ast.AST) -> str:
        """A dotted name with its first part as it was imported: `dt.now` is `datetime.datetime.now`.

        What is no name, such as a call, is empty.
        """
        if isinstance(node, ast.Attribute):
            return f"{self.full_name(node.value)}.{node.attr}"
        return self.bound.get(node.id, node.id) if isinstance(node, ast.Name) else ""


Sources = Mapping[str, str]
"""The text of each source file, by its path in the repository."""


def sources(root: Path) -> Sources:
    """Read all that is deployed or that deploys."""
    paths = [path for pattern in PACKAGES for path in sorted(root.glob(pattern))]
    return {
        path.relative_to(root).as_posix(): path.read_text()
        for path in paths
        if "node_modules" not in path.parts
    }


def modules(files: Sources) -> list[Module]:
    """Make a module of each source file."""
    return [_module(path, text) for path, text in files.items()]


class Repository:
    """The modules by name, and which territory a name belongs to."""

    def __init__(self, files: Sources) -> None:
        self.modules = {module.name: module for module in modules(files)}
        self._layers = {module.package: module.layer for module in self.modules.values()}

    def territory(self, module: str) -> str | None:
        """The territory of a module, None for a library."""
        package = module.partition(".")[0]
        if package == "tests":
            return package
        if package == "wild_rydes_contracts":
            return "contracts"
        if f"{module}.".startswith("infra.rydes."):
            return "infra.rydes"
        return self._layers.get(package)


Violation = tuple[int, str]
Rule = Callable[[Module, Repository], Iterator[Violation]]


def violations(files: Sources) -> list[str]:
    """Every violation, as `path:line: what is wrong`."""
    repository = Repository(files)
    found = [
        f"{module.path}:{line}: {wrong}"
        for module in repository.modules.values()
        for rule in RULES
        for line, wrong in rule(module, repository)
    ]
    return list(dict.fromkeys(found))


def territories_are_kept(module: Module, repository: Repository) -> Iterator[Violation]:
    own = repository.territory(module.name)
    for found in module.imports:
        theirs = repository.territory(found.module)
        is_library, is_own = theirs is None, theirs == own and found.package == module.package
        if not is_library and not is_own and theirs not in MAY_IMPORT[str(own)]:
            us, them = (name if name == "infra.rydes" else None for name in (own, theirs))
            yield found.line, f"{us or module.package} may not import {them or found.package}"


def every_module_of_a_service_lies_in_a_room(module: Module, _: Repository) -> Iterator[Violation]:
    if module.layer == "services" and module.room is None and module.name != module.package:
        yield 1, f"{module.name} lies in none of the rooms {', '.join(ROOMS)}"


def rooms_import_downwards(module: Module, _: Repository) -> Iterator[Violation]:
    for found in module.imports:
        room = room_in(found.module)
        if module.layer != "services" or not room or found.package != module.package:
            continue
        if room == TOP:
            yield found.line, f"nothing may import {TOP}: that composes a function"
        elif module.room and ROOMS.index(room) < ROOMS.index(module.room):
            yield found.line, f"{module.room} may not import {room}, which lies above"


def only_functions_compose(module: Module, _: Repository) -> Iterator[Violation]:
    if module.layer in AS_THEY_LIKE or module.room == TOP:
        return
    for name, line in [*module.attributes, *((found.module, found.line) for found in module.imports)]:
        if (last := _last(name)) in ENVIRONMENT and module.name != READS_ENVIRONMENT:
            yield line, f"only functions read the environment ({last})"
    for call in calls_at_import(module.tree):
        if (last := _last(module.full_name(call.func))) in COMPOSING_CALLS:
            yield call.lineno, f"only functions may make a {last} at import time"


def io_stays_in_adapters(module: Module, _: Repository) -> Iterator[Violation]:
    allowed = NO_IO | IO_ALLOWED.get(str(module.room), IO_LIBRARIES)
    # `import urllib.parse` opens the way to `urllib.request` as well.
    reads = (
        Import(name, line)
        for name, line in module.attributes
        if name.count(".") == 1 and name.partition(".")[0] in module.bound
    )
    for found in [*module.imports, *reads]:
        if _within(found.module, IO_LIBRARIES) and not _within(found.module, allowed):
            yield found.line, f"{module.room} may not import {found.module}: I/O belongs to adapters"


def domain_is_pure(module: Module, _: Repository) -> Iterator[Violation]:
    if module.room != "domain":
        return
    for found in module.imports:
        if found.package != module.package and not _within(found.module, DOMAIN_IMPORTS):
            yield found.line, f"domain may not import {found.module}: it is not on the list of what is pure"
        if found.module in {f"uuid.{name}" for name in CHANCE}:
            yield found.line, f"domain takes chance as an argument ({found.module})"
    for name, line in module.attributes:
        if (read := _last(name, 2)) in {f"uuid.{chance}" for chance in CHANCE}:
            yield line, f"domain takes chance as an argument ({read})"
        if read in CLOCKS:
            yield line, f"domain takes the time as an argument ({_last(name)})"
    for call in module.calls:
        name = module.full_name(call.func)
        if isinstance(call.func, ast.Attribute) and call.func.attr in CLOCK_READERS:
            yield call.lineno, f"domain takes the time as an argument ({call.func.attr})"
        if name in IO_BUILTINS:
            yield call.lineno, f"domain does no I/O ({name})"
        if name in CODE_BUILTINS:
            yield call.lineno, f"domain makes no code of data ({name})"


def use_cases_take_clock_and_clients(module: Module, _: Repository) -> Iterator[Violation]:
    if module.room != "use_cases":
        return
    for found in module.imports:
        if _within(found.module, ARGUMENTS_OF_USE_CASES | CLOCKS):
            yield found.line, f"use_cases take clock and clients as arguments ({found.module})"
    for name, line in module.attributes:
        if name in ARGUMENTS_OF_USE_CASES or _last(name, 2) in CLOCKS:
            yield line, f"use_cases take clock and clients as arguments ({name})"


def imports_can_be_read(module: Module, _: Repository) -> Iterator[Violation]:
    """Imports name what they import, for these rules and for a reader. A function may import by name."""
    if module.layer in AS_THEY_LIKE:
        return
    is_lazy = module.name == LAZY[0]
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            is_the_catalogue = is_lazy and _absolute(module, node) == LAZY[1]
            if is_the_catalogue and _is_for_type_checkers(module.tree, node):
                continue
            yield node.lineno, "an import may not be of *"
    if module.room == TOP:
        return
    wrong = "only functions import by name"
    for found in module.imports:
        # What is not on its list, a domain may not import anyway.
        is_listed = is_lazy and found.module == "importlib.import_module"
        if module.room != "domain" and _imports_by_name(found.module) and not is_listed:
            yield found.line, wrong
    loads = {id(call.func) for call in module.calls if is_lazy and _argument(call) == LAZY[1]}
    for node in module.nodes:
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in loads:
            name = module.full_name(node)
            # `importlib` alone may be the first part of `importlib.resources`.
            if name != "importlib" and _imports_by_name(name):
                yield node.lineno, wrong


_COLD_START = "from wild_rydes_runtime import cold_start\ncold_start.begin()"
"""What the package of a service's functions may hold: nothing else is imported before them."""


def packages_of_a_service_are_empty(module: Module, _: Repository) -> Iterator[Violation]:
    if module.layer == "services" and module.path.name == "__init__.py":
        body = module.tree.body
        code = body[1:] if ast.get_docstring(module.tree) is not None else body
        may_begin = module.room == "functions" and "\n".join(map(ast.unparse, code)) == _COLD_START
        if code and not may_begin:
            yield code[0].lineno, "__init__.py of a service holds a docstring at most"


def no_module_shadows_the_standard_library(module: Module, repository: Repository) -> Iterator[Violation]:
    """A function may be named as it likes, and its use case with it."""
    *_, stem = module.name.split(".")
    if module.layer in AS_THEY_LIKE or module.room == TOP or stem not in sys.stdlib_module_names:
        return
    is_a_function_s = module.name == f"{module.package}.use_cases.{stem}"
    if not (is_a_function_s and f"{module.package}.{TOP}.{stem}" in repository.modules):
        yield 1, f"{module.name} shadows the standard library's {stem}"


RULES: tuple[Rule, ...] = (
    territories_are_kept,
    every_module_of_a_service_lies_in_a_room,
    rooms_import_downwards,
    only_functions_compose,
    io_stays_in_adapters,
    domain_is_pure,
    use_cases_take_clock_and_clients,
    imports_can_be_read,
    packages_of_a_service_are_empty,
    no_module_shadows_the_standard_library,
)


def room_in(module: str) -> str | None:
    """The room that a module name of a service names, if it names one."""
    _, _, below = module.partition(".")
    room = below.partition(".")[0]
    return room if room in ROOMS else None


def _within(module: str, names: frozenset[str]) -> bool:
    return any(f"{module}.".startswith(f"{name}.") for name in names)


def _imports_by_name(name: str) -> bool:
    return _within(name, IMPORTERS) and not _within(name, NO_IMPORTERS)


def _last(name: str, parts: int = 1) -> str:
    """The last part of a dotted name, or the last few."""
    return ".".join(name.split(".")[-parts:])


def _argument(call: ast.Call) -> str | None:
    """The first argument of a call, or that called `name`, if it is written out."""
    values = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "name")]
    return next((str(value.value) for value in values if isinstance(value, ast.Constant)), None)


def _is_for_type_checkers(tree: ast.AST, statement: ast.stmt) -> bool:
    return any(
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
        and statement in node.body
        for node in ast.walk(tree)
    )


@cache  # tests plant one file and leave all others as they were
def _module(path: str, text: str) -> Module:
    layer, *parts = PurePosixPath(path).with_suffix("").parts
    parts = [layer, *parts] if layer in {"infra", "tests"} else parts[parts.index("src") + 1 :]
    if parts[-1] == "__init__":
        parts.pop()
    return Module(".".join(parts), layer, PurePosixPath(path), text)


def _imports(module: Module) -> Iterator[Import]:
    for node in module.nodes:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            yield from (Import(f"{base}.{alias.name}", node.lineno) for alias in node.names)
    for call in module.calls:
        named = _argument(call)
        if named and _last(module.full_name(call.func)) in {"import_module", "__import__"}:
            yield Import(named, call.lineno)


def _bound(module: Module) -> Iterator[tuple[str, str]]:
    for node in module.nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                package = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (package, package)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            yield from ((alias.asname or alias.name, f"{base}.{alias.name}") for alias in node.names)


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    is_package = module.path.name == "__init__.py"
    parts = module.name.split(".")
    parts = parts[: len(parts) - node.level + is_package]
    return ".".join([*parts, *([node.module] if node.module else [])])


def calls_at_import(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls that importing a module makes: outside functions, and in their defaults and decorators."""
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
