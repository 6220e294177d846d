"""Parameters of SSM, and secrets of Secrets Manager: texts by their names."""

from collections.abc import Mapping
from typing import Any

from infra.proof.resolver import ACCOUNT, REGION
from tests.simulation.aws.client import Answer, refused


class Ssm:
    """The parameters of one world. Actors write them."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self.parameters = dict(parameters)

    def get_parameter(self, arguments: Mapping[str, Any]) -> Answer:
        """Read a parameter."""
        name = arguments["Name"]
        if name not in self.parameters:
            raise refused("GetParameter", "ParameterNotFound")
        arn = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{name.removeprefix('/')}"
        return {"Parameter": {"Name": name, "Type": "String", "Value": self.parameters[name], "ARN": arn}}


class SecretsManager:
    """The secrets of one world, by ARN. Actors write them."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self.secrets = dict(secrets)

    def get_secret_value(self, arguments: Mapping[str, Any]) -> Answer:
        """Read a secret by its ARN or its name."""
        id_ = arguments["SecretId"]
        for arn, text in self.secrets.items():
            name = arn.rpartition(":")[2].rpartition("-")[0]  # AWS puts a dash and six characters at the end
            if id_ in (arn, name):
                return {"ARN": arn, "Name": name, "SecretString": text, "VersionStages": ["AWSCURRENT"]}
        raise refused(
            "GetSecretValue", "ResourceNotFoundException", "Secrets Manager can't find the specified secret."
        )
