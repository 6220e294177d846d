"""Templates without the environment: tests read the names that stand in the documents."""

import json
import re
from dataclasses import replace

from infra.assembly import Assembly


def plain(assembly: Assembly, environment: str) -> Assembly:
    """The assembly of an environment as if it had none: with plain names."""
    text = json.dumps(assembly.templates)
    # It comes first in each name, and last in the namespace of metrics.
    text = re.sub(rf"(?<![\w-]){environment}[-/]|(?<=WildRydes)/{environment}\b", "", text)
    # CDK makes the logical id of what it reads from a parameter of that parameter's name.
    text = text.replace(f"SsmParameterValue{environment}", "SsmParameterValue")
    return replace(assembly, templates=json.loads(text))
