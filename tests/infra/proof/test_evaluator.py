"""The evaluator decides as IAM documents it."""

from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.proof.evaluator import Decision, Request, UnknownRule, arn_matches, decide, matches, statements
from infra.proof.grants import overlap

ROLE = "arn:aws:iam::111122223333:role/r"
QUEUE = "arn:aws:sqs:us-east-1:111122223333:q"
KEY = "arn:aws:kms:us-east-1:111122223333:key/k"
ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE}
SEND = Request(ROLE, "sqs:SendMessage", QUEUE)
ROOT = {"AWS": "arn:aws:iam::111122223333:root"}

ACTIONS = st.sampled_from(
    ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:Send*", "sqs:*", "*", "s3:Get?bject"]
)
RESOURCES = st.sampled_from(
    [QUEUE, f"{QUEUE}2", "arn:aws:sqs:us-east-1:111122223333:*", "arn:aws:sqs:*:*:q", "*"]
)
STATEMENTS = st.lists(
    st.fixed_dictionaries(
        {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": ACTIONS, "Resource": RESOURCES}
    ),
    max_size=5,
)
PATTERNS = st.text("ab*?", max_size=6)


def _read(*bodies: dict[str, Any]) -> Any:
    return statements({"Statement": list(bodies)})


def test_nothing_is_allowed_without_a_statement() -> None:
    assert decide(SEND) is Decision.NOT_ALLOWED
    assert decide(SEND, _read(ALLOW)) is Decision.ALLOWED


@given(STATEMENTS, st.randoms(use_true_random=False))
def test_the_order_of_statements_does_not_count(bodies: list[dict[str, Any]], chance: Any) -> None:
    decision = decide(SEND, _read(*bodies))
    chance.shuffle(bodies)
    assert decide(SEND, _read(*bodies)) is decision


@given(STATEMENTS)
def test_a_deny_wins_over_everything(bodies: list[dict[str, Any]]) -> None:
    assert decide(SEND, _read(*bodies, {**ALLOW, "Effect": "Deny"})) is Decision.DENIED


@given(STATEMENTS, STATEMENTS)
def test_more_to_allow_never_takes_away(bodies: list[dict[str, Any]], more: list[dict[str, Any]]) -> None:
    before = decide(SEND, _read(*bodies))
    after = decide(SEND, _read(*bodies, *({**each, "Effect": "Allow"} for each in more)))
    assert before is not Decision.ALLOWED or after is Decision.ALLOWED
    assert (before is Decision.DENIED) is (after is Decision.DENIED)


@given(PATTERNS, st.text("ab", max_size=6))
def test_patterns_mean_what_they_do_elsewhere(pattern: str, text: str) -> None:
    assert matches(pattern, text) is fnmatchcase(text, pattern)


@given(PATTERNS, PATTERNS, st.text("ab", max_size=6))
def test_patterns_overlap_that_match_one_text(one: str, other: str, text: str) -> None:
    assert overlap(one, other) is overlap(other, one)
    assert overlap(one, other) or not (matches(one, text) and matches(other, text))


@given(st.text("ab", max_size=6), PATTERNS)
def test_a_text_overlaps_the_patterns_that_it_matches(text: str, pattern: str) -> None:
    assert overlap(text, pattern) is matches(pattern, text)


def test_a_wildcard_does_not_cross_the_parts_of_an_arn() -> None:
    assert arn_matches("arn:aws:sqs:*:111122223333:q", QUEUE)
    assert not arn_matches("arn:aws:*:q", QUEUE)
    assert arn_matches("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a:b/c")
    assert arn_matches("*", QUEUE)


def test_actions_know_no_case() -> None:
    assert decide(SEND, _read({**ALLOW, "Action": "SQS:sendmessage"})) is Decision.ALLOWED


@pytest.mark.parametrize(
    ("operator", "values", "held_by", "not_held_by"),
    [
        ("StringEquals", "a", ["a"], ["A"]),
        ("StringEquals", ["a", "b"], ["b"], ["c"]),
        ("StringNotEquals", ["a", "b"], ["c"], ["b"]),
        ("StringLike", "a*", ["ab"], ["ba"]),
        ("StringNotLike", "a*", ["ba"], ["ab"]),
        ("ArnLike", "arn:aws:sqs:*:*:q", [QUEUE], [f"{QUEUE}2"]),
        ("ArnEquals", QUEUE, [QUEUE], [f"{QUEUE}2"]),
        ("Bool", "true", ["True"], ["false"]),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], ["a", "c"]),
        ("ForAnyValue:StringLike", "a*", ["b", "ab"], ["b", "c"]),
        ("ForAnyValue:StringNotLike", "a*", ["ab", "b"], ["ab", "a"]),
        ("StringEqualsIfExists", "a", ["a"], ["b"]),
    ],
)
def test_a_condition_holds_for_some_values(
    operator: str, values: Any, held_by: list[str], not_held_by: list[str]
) -> None:
    identity = _read({**ALLOW, "Condition": {operator: {"aws:Some": values}}})

    def allowed(given_: list[str]) -> bool:
        return decide(Request(ROLE, SEND.action, QUEUE, {"aws:some": given_}), identity) is Decision.ALLOWED

    assert allowed(held_by)
    assert not allowed(not_held_by)


@pytest.mark.parametrize(
    ("operator", "holds"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("StringEqualsIfExists", True),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotLike", False),
        ("Bool", False),
    ],
)
def test_a_condition_on_a_key_that_is_not_there(operator: str, *, holds: bool) -> None:
    identity = _read({**ALLOW, "Condition": {operator: {"aws:Some": "a"}}})
    assert (decide(SEND, identity) is Decision.ALLOWED) is holds


def test_several_values_need_a_quantifier() -> None:
    identity = _read({**ALLOW, "Condition": {"StringEquals": {"aws:Some": "a"}}})
    with pytest.raises(UnknownRule):
        decide(Request(ROLE, SEND.action, QUEUE, {"aws:some": ["a", "b"]}), identity)


def test_a_resource_lets_in_whom_it_names() -> None:
    policy = _read({**ALLOW, "Principal": {"Service": "events.amazonaws.com"}})
    rule = Request("events.amazonaws.com", SEND.action, QUEUE)
    assert decide(rule, resource=policy) is Decision.ALLOWED
    assert decide(SEND, resource=policy) is Decision.NOT_ALLOWED
    assert decide(SEND, resource=_read({**ALLOW, "Principal": {"AWS": ROLE}})) is Decision.ALLOWED


def test_a_resource_that_names_the_account_leaves_it_to_the_roles() -> None:
    policy = _read({**ALLOW, "Principal": ROOT})
    assert decide(SEND, resource=policy) is Decision.NOT_ALLOWED
    assert decide(SEND, _read(ALLOW), policy) is Decision.ALLOWED
    denied = _read({**ALLOW, "Effect": "Deny", "Principal": ROOT})
    assert decide(SEND, _read(ALLOW), denied) is Decision.DENIED


def test_a_resource_denies_to_everybody() -> None:
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    policy = _read({**ALLOW, "Effect": "Deny", "Principal": "*", "Condition": plain})
    secure = Request(ROLE, SEND.action, QUEUE, {"aws:securetransport": ["true"]})
    insecure = Request(ROLE, SEND.action, QUEUE, {"aws:securetransport": ["false"]})
    assert decide(secure, _read(ALLOW), policy) is Decision.ALLOWED
    assert decide(insecure, _read(ALLOW), policy) is Decision.DENIED


def test_a_key_asks_its_own_policy_first() -> None:
    decrypt = Request(ROLE, "kms:Decrypt", KEY)
    identity = _read({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY})
    everything = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    assert decide(decrypt, identity, _read({**everything, "Principal": ROOT})) is Decision.ALLOWED
    assert (
        decide(decrypt, identity, _read({**everything, "Principal": {"AWS": f"{ROLE}2"}}))
        is Decision.NOT_ALLOWED
    )
    assert decide(decrypt, (), _read({**everything, "Principal": ROOT})) is Decision.NOT_ALLOWED
