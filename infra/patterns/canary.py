"""A new version of a function gets few calls at first, and none any more once it fails."""

from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.patterns.accept import accept

_POLICY: Final = "service-role/AWSCodeDeployRoleForLambdaLimited"


class Canaries(Construct):
    """CodeDeploy moves the aliases of a stack's functions from version to version.

    One call in ten goes to the new version, and all of them after five minutes. If the alarm goes off meanwhile, all go
    to the old one again, and CloudFormation takes back the whole deployment of the stack (decision 47).
    """

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, "Canaries")
        self._application = codedeploy.LambdaApplication(self, "Application")
        self._role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("codedeploy.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(_POLICY)],
        )
        reason = "AWS keeps it up to what CodeDeploy calls: aliases, alarms, and hooks that we do not have"
        accept(
            self._role, {f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{_POLICY}]": reason}
        )

    def watch(self, name: str, alias: lambda_.Alias, alarm: cloudwatch.IAlarm) -> None:
        """Have the alias take a new version in this way, and the alarm tell whether it fails."""
        codedeploy.LambdaDeploymentGroup(
            self,
            name,
            application=self._application,
            role=self._role,
            alias=alias,
            deployment_config=codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES,
            alarms=[alarm],
        )
