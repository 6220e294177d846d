"""What breaks those who read a message: a class against what is published of its version.

The class's mode says who has to read what. Rules of our own hold in every mode but NONE, for consumers that are deployed
with a revision and are not asked: no field of it goes, or is sometimes absent, and no model is closed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from infra.registry.compatibility.modes import Mode, compare
from infra.registry.compatibility.result import Difference
from infra.registry.fields import ROOT, Field, Json, closed, fields, name_in, spoken, within
from infra.registry.published import Publication
from wild_rydes_contracts import Compatibility

CLASS: Final = "the class"
"""What messages call the schema that is not published yet."""

CHOICE_REMOVED = "CHOICE_REMOVED"
REMOVED, ABSENT, CLOSED = "FIELD_REMOVED", "FIELD_NO_LONGER_REQUIRED", "MODEL_CLOSED"
WANTED = "REQUIRED_ATTRIBUTE_ADDED"  # the registry's name
_OF_CHOICES: Final = {"SUM_TYPE_NARROWED", "COMBINED_TYPE_SUBSCHEMAS_CHANGED"}
_AS_ASKED: Final = (
    "Leave `answered_with` as it is published: metadata have {} always where an answer is wanted"
)
_DEPTH: Final = 4
"""How many choices in choices are looked into, for a schema may contain itself."""


@dataclass(frozen=True)
class Break:
    """A change that somebody cannot read: the field's path, the rule, what was and is, and what to do."""

    field: str
    rule: str
    why: str
    to_do: str


def breaks(schema: Json, before: Sequence[Publication], compatibility: Compatibility) -> list[Break]:
    """Find what a schema breaks of the revisions before it, the oldest first.

    The newest alone counts, or all if the mode is transitive. What breaks several is told once.
    """
    if compatibility == "NONE":
        return []
    held = before if compatibility.endswith("_TRANSITIVE") else before[-1:]
    mode = Mode(compatibility.removesuffix("_TRANSITIVE").lower())
    found: dict[tuple[str, str], Break] = {}
    for revision in reversed(held):
        for each in _against(revision, schema, mode):
            found.setdefault((each.field, each.rule), each)
    return sorted(found.values(), key=lambda each: (each.field, each.rule))


def widened(newest: Publication, schema: Json) -> list[Break]:
    """Find what the class may write that readers of the newest revision refuse: they should be deployed first."""
    found = _in_mode(newest.schema, schema, Mode.FORWARD, newest.number)
    return [replace(each, rule=_turned(each.rule)) for each in found]


_TURNED: Final = (
    ("DECREASED", "INCREASED"), ("INCREASED", "DECREASED"), ("NARROWED", "EXTENDED"), ("EXTENDED", "NARROWED"),
    ("REMOVED", "ADDED"), ("ADDED", "REMOVED"),
)  # fmt: skip


def _turned(rule: str) -> str:
    """Name a change by what the class does, and not by what its reader of the revision before would have to undo."""
    for one, other in _TURNED:
        if one in rule:
            return rule.replace(one, other)
    return rule


def unread(written: Json, schema: Json) -> list[Difference]:
    """Find what keeps a consumer that takes a field to be of a schema from reading what is written."""
    return list(compare(closed(written), schema, Mode.BACKWARD, (CLASS, "the consumer")).differences)


def _against(revision: Publication, schema: Json, mode: Mode) -> Iterator[Break]:
    compared = list(_in_mode(revision.schema, schema, mode, revision.number))
    before, now = fields(revision.schema), fields(schema)
    own = list(_of_our_own(before, now, revision.number))
    if mode is not Mode.FORWARD:
        own += _wanted(before, now, revision.number)
    own = [each for each in own if not any(within(each.field, other.field) for other in compared)]
    yield from _folded([*compared, *own], before, now, revision.number, mode)


def _folded(
    found: list[Break], before: dict[str, Field], now: dict[str, Field], number: str, mode: Mode
) -> Iterator[Break]:
    """Put what one change breaks in several places into one finding, whose advice holds."""
    gone = [] if mode is Mode.FORWARD else list(_choices_gone(found, before, now))
    for choice in gone:
        label = choice.path.removeprefix(choice.parent)
        why = f"{number} has the choice {label}; {CLASS} has none that is called so."
        to_do = f"Keep the choice {label}: what is published stays in its version, and another can stand beside it"
        yield Break(choice.path, CHOICE_REMOVED, why, to_do)
    renamed = {
        each.path
        for broken in found
        if broken.rule == REMOVED
        for each in _alike(before[broken.field], before, now)[:1]
    }
    for each in found:
        under = [choice for choice in gone if within(_plain(each.field), choice.parent)]
        stays = any(
            field.chosen and path in before and within(each.field, path) for path, field in now.items()
        )
        if (not under or stays) and not (each.field in renamed and each.rule.startswith("REQUIRED_")):
            yield each


def _choices_gone(found: list[Break], before: dict[str, Field], now: dict[str, Field]) -> Iterator[Field]:
    """Find what a value could be one of, by name, where readers suffer from what it may be now."""
    for path, choice in before.items():
        label = path.removeprefix(choice.parent)
        named = choice.chosen and not label.strip("[]").isdigit()
        if not named or path in now or not (choice.parent in now or f"{choice.parent}[]" in now):
            continue
        alone = [now[each] for each in (choice.parent, f"{choice.parent}[]") if each in now]
        still = any(field.called == label.strip("[]") for field in alone)
        if not still and any(within(_plain(each.field), choice.parent) for each in found):
            yield choice


def _plain(path: str) -> str:
    return path.removesuffix("[]")


def _in_mode(old: Json, new: Json, mode: Mode, number: str, depth: int = _DEPTH) -> Iterator[Break]:
    """Compare in one mode. Whoever writes has only fields that its class describes."""
    for one_way, reader in ((Mode.BACKWARD, new), (Mode.FORWARD, old)):
        if mode not in (one_way, Mode.FULL):
            continue
        pair = (closed(old), new) if one_way is Mode.BACKWARD else (old, closed(new))
        for each in compare(*pair, one_way, (number, CLASS)).differences:
            path = spoken(each.path, reader)
            inner: list[Break] = []
            if each.rule in _OF_CHOICES and depth:
                for choice, before, now in _choices(path, old, new):
                    inner += [
                        replace(found, field=choice if found.field == ROOT else f"{choice}.{found.field}")
                        for found in _in_mode(before, now, one_way, number, depth - 1)
                    ]
            yield from inner or [Break(path, each.rule, each.why, _to_do(each.rule, path))]


def _choices(path: str, old: Json, new: Json) -> Iterator[tuple[str, Json, Json]]:
    """Go through what a value may be one of, where it is called the same before and after."""
    now = fields(new)
    for choice in fields(old).values():
        if choice.chosen and choice.parent == path.removesuffix("[]") and choice.path in now:
            yield choice.path, choice.alone(old), now[choice.path].alone(new)


def _to_do(rule: str, path: str) -> str:
    if path.startswith("metadata."):
        return _AS_ASKED.format(name_in(path))
    if rule.startswith("REQUIRED_"):
        return f"Give {name_in(path)} the default None: what was written until now does not have it"
    return f"Leave {name_in(path)} as it is published, and add an optional field beside it"


def _of_our_own(before: dict[str, Field], now: dict[str, Field], number: str) -> Iterator[Break]:
    for path, field in before.items():
        here = now.get(path)
        if here is None:
            if not field.chosen and field.parent in now:
                yield _removed(field, before, now, number)
        elif field.required and not here.required:
            why = f"{number} always has it; {CLASS} leaves it out where it is None."
            to_do = f"Keep {name_in(path)} required: who reads it does not ask whether it is there"
            if path.startswith("metadata."):
                to_do = _AS_ASKED.format(name_in(path))
            yield Break(path, ABSENT, why, to_do)
        elif field.open and not here.open:
            why = f"{number} allows more fields than it names; {CLASS} forbids them."
            to_do = (
                'Keep extra="ignore": readers pass over what they do not know, so that a field can be added'
            )
            yield Break(path or ROOT, CLOSED, why, to_do)


def _wanted(before: dict[str, Field], now: dict[str, Field], number: str) -> Iterator[Break]:
    """Find fields that are required now. The comparer, as the registry, passes over those that another part describes.

    Such are `reply_to` and `deadline`, which metadata have in any case, and which an event requires that wants an answer.
    """
    for path, field in now.items():
        if field.required and path in before and not before[path].required:
            why = f"{CLASS[:1].upper()}{CLASS[1:]} requires {name_in(path)}, and {number} does not."
            yield Break(path, WANTED, why, _to_do(WANTED, path))


def _removed(field: Field, before: dict[str, Field], now: dict[str, Field], number: str) -> Break:
    name = name_in(field.path)
    alike = next((name_in(each.path) for each in _alike(field, before, now)), None)
    kind = "required" if field.required else "optional"
    instead = f", but {alike}, which is alike" if alike else ""
    why = f"{number} has it ({field.text}; {kind}); {CLASS} has no such field{instead}."
    beside = f" beside {alike}, and make that one optional" if alike else ""
    return Break(field.path, REMOVED, why, f"Keep {name}{beside}: what is published stays in its version")


def _alike(field: Field, before: dict[str, Field], now: dict[str, Field]) -> list[Field]:
    """List fields that are new beside one that is gone, and say the same: it may have been renamed."""
    added = [each for each in now.values() if each.path not in before and each.parent == field.parent]
    return [each for each in added if each.text == field.text]
