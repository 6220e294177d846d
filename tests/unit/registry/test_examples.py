"""What is said where the app of an example cannot be synthesized."""

from pathlib import Path

import pytest

from infra.proof.synthesis import Refused
from infra.registry.examples import FAILING, examples


def test_an_example_that_fails_is_named_with_the_last_line_of_its_error(tmp_path: Path) -> None:
    example = tmp_path / "surge"
    example.mkdir()
    (example / "cdk.json").write_text('{"app": "python -c \'raise ValueError(\\"of one version\\")\'"}')
    with pytest.raises(Refused) as refused:
        examples(tmp_path)
    [found] = refused.value.findings
    assert (found.rule, found.where, found.why) == (FAILING, "surge", "ValueError: of one version")
    assert refused.value.assembly.templates == {}
