"""What another stack exports is what a stack imports; what nobody exports is said, and hides no other finding."""

from pathlib import Path

import pytest

from infra.assembly import Assembly
from infra.proof import requests
from infra.proof.resolver import Resolver, Unresolved

EXPORTED = {"Outputs": {"Out": {"Value": {"Ref": "Table"}, "Export": {"Name": "RatesTable"}}}}
TABLE = {"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "rates"}}}}
IMPORT = {"Fn::ImportValue": "RatesTable"}


def test_what_another_stack_exports_is_found() -> None:
    assembly = Assembly(Path(), {"Rates": {**TABLE, **EXPORTED}, "Rides": {"Resources": {}}})
    assert Resolver(assembly).text("Rides", IMPORT) == "rates"


def test_what_nobody_exports_is_unresolved() -> None:
    with pytest.raises(Unresolved, match="no stack exports RatesTable"):
        Resolver(Assembly(Path(), {"Rides": {"Resources": {}}})).text("Rides", IMPORT)


def test_a_function_that_is_told_what_nobody_exports_stops_no_checker(aws: Assembly) -> None:
    templates = {**aws.templates}
    stack, template = next(iter(templates.items()))
    function = {"FunctionName": "f", "Environment": {"Variables": {"RATES": IMPORT}}}
    more = {"new": {"Type": "AWS::Lambda::Function", "Properties": function}}
    templates[stack] = {**template, "Resources": {**template["Resources"], **more}}
    assert list(requests.check(Assembly(aws.directory, templates))) == []
