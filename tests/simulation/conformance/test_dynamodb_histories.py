"""Whatever is done to a table in whatever order: the model answers as the emulator does, and has the same in the end."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulation.conformance.tables import Tables, in_order, n, outcome, s

NUMBERS = st.sampled_from(["0", "1", "-1", "2", "10", "9", "0.5"])
"""As they are kept: `test_number` knows the others, which the emulator keeps as they come in transactions."""
TEXTS = st.sampled_from(["", "a", "b", "ab", "ä"])
SCALARS = st.one_of(
    NUMBERS.map(n),
    TEXTS.map(s),
    st.sampled_from([b"", b"a", b"\xff"]).map(lambda octets: {"B": octets}),
    st.booleans().map(lambda yes: {"BOOL": yes}),
    st.just({"NULL": True}),
)
SETS = st.one_of(
    st.sets(st.sampled_from(["a", "b", "c"]), min_size=1).map(lambda each: {"SS": sorted(each)}),
    st.sets(st.sampled_from(["1", "2", "10"]), min_size=1).map(lambda each: {"NS": sorted(each)}),
)
VALUES = st.recursive(
    SCALARS | SETS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda each: {"L": each}),
        st.dictionaries(st.sampled_from(["x", "y"]), inner, max_size=2).map(lambda each: {"M": each}),
    ),
    max_leaves=4,
)
ORDERED = NUMBERS.map(n) | TEXTS.map(s) | st.just(n("2.0"))
ATTRIBUTES = ("v", "w", "z")
ITEMS = st.dictionaries(st.sampled_from(ATTRIBUTES), VALUES)
INDEXED = st.fixed_dictionaries({}, optional={"place": NUMBERS.map(n), "note": SCALARS})

PATHS = st.sampled_from(["v", "w", "z", "#v", "v.x", "w.#y", "v[0]", "w[1]", "v.x.y", "v[0].x"])
SCALAR_PATHS = st.sampled_from(["v", "w", "z", "#v"])
NAMES = {"#v": "v", "#y": "y"}


class Text(NamedTuple):
    """An expression, with the values that it has."""

    text: str
    values: dict[str, Any]

    def used(self) -> dict[str, Any]:
        """What a request says besides."""
        names = {name: NAMES[name] for name in NAMES if name in self.text}
        return {
            **({"ExpressionAttributeNames": names} if names else {}),
            **({"ExpressionAttributeValues": self.values} if self.values else {}),
        }


@st.composite
def comparisons(draw: st.DrawFn, number: int) -> Text:
    """A comparison or a function that the emulator knows as AWS does."""
    path, value = draw(PATHS), f":c{number}"
    kind = draw(st.sampled_from(["compare", "compare", "exists", "not_exists", "contains", "size", "in"]))
    sign = draw(st.sampled_from(["=", "<>", "<", "<=", ">", ">="]))
    ways: dict[str, tuple[str, dict[str, Any]]] = {
        "exists": (f"attribute_exists({path})", {}),
        "not_exists": (f"attribute_not_exists({path})", {}),
        "size": (f"size({path}) > {value}", {value: n(1)}),
        "contains": (f"contains({path}, {value})", {value: draw(st.sampled_from([s("a"), n(1)]))}),
        "in": (f"{path} IN ({value}, {value}x)", {value: draw(SCALARS), f"{value}x": draw(SCALARS)}),
        "compare": (
            f"{path} {sign} {value}",
            {value: draw(VALUES if sign in ("=", "<>") else ORDERED)},
        ),
    }
    return Text(*ways[kind])


@st.composite
def conditions(draw: st.DrawFn) -> Text:
    found = draw(comparisons(0))
    for number in range(1, draw(st.integers(1, 3))):
        more, word = draw(comparisons(number)), draw(st.sampled_from(["AND", "OR"]))
        text = draw(
            st.sampled_from(
                [
                    f"{found.text} {word} {more.text}",
                    f"NOT {more.text} {word} {found.text}",
                    f"{more.text} {word} NOT ({found.text})",
                ]
            )
        )
        found = Text(text, found.values | more.values)
    return found


@st.composite
def updates(draw: st.DrawFn) -> Text:
    """An update of some attributes, each once."""
    clauses: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    for number, name in enumerate(draw(st.permutations(ATTRIBUTES))[: draw(st.integers(1, 3))]):
        value, target = f":u{number}", draw(st.sampled_from([name, name, f"{name}.x", f"{name}[0]"]))
        kind = draw(st.sampled_from(["set", "copy", "default", "add", "append", "REMOVE", "ADD", "DELETE"]))
        if kind == "REMOVE":
            clauses.setdefault("REMOVE", []).append(name)
            continue
        if kind in ("ADD", "DELETE"):
            values[value] = draw(SETS if kind == "DELETE" else SETS | NUMBERS.map(n))
            clauses.setdefault(kind, []).append(f"{name} {value}")
            continue
        right = {
            "set": value,
            "copy": draw(PATHS),
            "default": f"if_not_exists({draw(PATHS)}, {value})",
            "add": f"if_not_exists({name}, {value}) + {value}",
            "append": f"list_append(if_not_exists({name}, {value}), {value})",
        }[kind]
        if value in right:
            values[value] = draw(
                {
                    "add": NUMBERS.map(n),
                    "append": st.lists(SCALARS, max_size=2).map(lambda each: {"L": each}),
                }.get(kind, VALUES)
            )
        clauses.setdefault("SET", []).append(f"{target if kind in ('set', 'copy') else name} = {right}")
    return Text(" ".join(f"{word} {', '.join(parts)}" for word, parts in clauses.items()), values)


class Step(NamedTuple):
    """A call of the client, but for the keys, which are those of the example."""

    kind: str
    key: str
    item: dict[str, Any]
    update: Text
    condition: Text | None
    returned: str


STEPS = st.builds(
    Step,
    st.sampled_from(["Put", "Update", "Update", "Update", "Delete"]),
    st.sampled_from(["a", "b"]),
    st.builds(lambda one, other: one | other, ITEMS, INDEXED),
    updates(),
    st.none() | conditions(),
    st.sampled_from(["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_NEW"]),
)
ACTIONS = st.lists(STEPS | st.lists(STEPS, min_size=2, max_size=2), min_size=1, max_size=6)


def call(step: Step, kin: str) -> dict[str, Any]:
    """The arguments of a step's call, without what it returns."""
    key = {"id": s(kin + step.key)}
    condition = step.condition
    if step.kind == "Update" and "if_not_exists" not in step.update.text:
        # The emulator makes an item of nothing where AWS makes none.
        condition = condition or Text("attribute_exists(id)", {})
        condition = Text(f"attribute_exists(id) AND ({condition.text})", condition.values)
    update = step.update if step.kind == "Update" else Text("", {})
    used = Text(
        f"{update.text} {condition.text if condition else ''}",
        update.values | (condition.values if condition else {}),
    )
    return {
        "TableName": "things",
        **({"Item": {**step.item, **key, "kin": s(kin)}} if step.kind == "Put" else {"Key": key}),
        **({"UpdateExpression": update.text} if update.text else {}),
        **({"ConditionExpression": condition.text} if condition else {}),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        **used.used(),
    }


def conditions_first(answer: dict[str, Any]) -> dict[str, Any]:
    """Pass over updates that cannot be where a condition does not hold: AWS does not say whether it tells of both."""
    reasons = answer.get("reasons", ())
    if not any(code == "ConditionalCheckFailed" for code, _ in reasons):
        return answer
    told = [("None", None) if code == "ValidationError" else (code, item) for code, item in reasons]
    return {**answer, "reasons": told}


def told(tables: Tables, kin: str, actions: list[Any]) -> Iterator[Any]:
    """What comes of the actions, and of reads at the end."""
    client = tables.client
    for action in actions:
        if isinstance(action, Step):
            method = getattr(client, f"{action.kind.lower()}_item")
            returned = action.returned if action.kind == "Update" or action.returned == "ALL_OLD" else "NONE"
            yield outcome(method, **call(action, kin), ReturnValues=returned)
        elif action[0].key != action[1].key:
            writes = [{step.kind: call(step, kin)} for step in action]
            yield conditions_first(outcome(client.transact_write_items, TransactItems=writes))
    yield [tables.thing({"id": s(kin + key)}) for key in ("a", "b")]
    for index in ("by-kin", "of-kin"):
        query = {"KeyConditionExpression": "kin = :kin", "ExpressionAttributeValues": {":kin": s(kin)}}
        found = in_order(client.query(TableName="things", IndexName=index, **query))["Items"]
        yield found if index == "by-kin" else sorted(found, key=str)


# Each example is a dozen calls of the emulator.
@settings(
    max_examples=settings().max_examples // 2,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(ACTIONS)
def test_model_and_emulator_tell_the_same(both_tables: dict[bool, Tables], actions: list[Any]) -> None:
    kin = both_tables[True].new("kin")
    model, emulator = (list(told(both_tables[side], kin, actions)) for side in (True, False))
    for action, ours, its in zip([*actions, "read", "by-kin", "of-kin"], model, emulator, strict=False):
        assert ours == its, action
