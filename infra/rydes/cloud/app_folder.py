"""Deploy a folder's own CDK app to a running local cloud, beside the stacks of this repository."""

import hashlib
import json
import os
import re
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from botocore.exceptions import ClientError
from pydantic import BaseModel, Field, ValidationError

from infra import artifacts
from infra.naming import BUS_NAME_PARAMETER
from infra.rydes.cloud import deploy
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.progress import Progress
from infra.rydes.cloud.settings import ACCOUNT, REGION, aws_environment
from infra.rydes.cloud.takeover import refuse_takeover
from infra.rydes.cloud.toolchain import find_uv, install_cdk
from infra.rydes.cloud.up import alone


class _CdkJson(BaseModel):
    """What is read of a `cdk.json`, which may say more to the CDK command line."""

    app: Annotated[str, Field(min_length=1)]
    context: dict[str, Any] = {}


class AppFolder:
    """A folder with a CDK app: its `cdk.json` says how to start it, as for the CDK command line.

    The app gets the context `stage` (`local`), `env` (the environment, or an empty text), and `artifact`: the zip file
    of its Lambda functions, made of the folder's `pyproject.toml`, if there is one.

    Raises:
        LocalCloudError: there is no such folder, or no CDK app in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not folder.is_dir():
            raise LocalCloudError(
                f"There is no folder {folder}.", "Name one with a CDK app: docs/examples/surge"
            )
        try:
            self._cdk = _CdkJson.model_validate_json((folder / "cdk.json").read_bytes())
        except OSError as error:
            raise LocalCloudError(
                f"{folder} has no stack: it needs a cdk.json whose `app` starts a CDK app.",
                "See docs/examples/surge/cdk.json",
            ) from error
        except ValidationError as error:
            first = error.errors()[0]
            where = "/".join(["cdk.json", *map(str, first["loc"])])
            raise LocalCloudError(
                f"{folder} has no stack: {where}: {first['msg']}.", "See docs/examples/surge/cdk.json"
            ) from error

    def deploy(self, cloud: Cloud, progress: Progress) -> dict[str, dict[str, str]]:
        """Deploy the app's stacks, and return their outputs by stack, with URLs that work on this cloud.

        Raises:
            LocalCloudError: the environment is not deployed, a stack or a resource is another's, or a step fails. Of
                a stack that fails the error has the first reason that CloudFormation gives.
        """
        if BUS_NAME_PARAMETER not in cloud.parameters:
            raise LocalCloudError(
                "This environment is not deployed yet.", f"Deploy it: {cloud.HOW_TO_DEPLOY}"
            )
        with alone(cloud.settings):
            cdk = progress.start("CDK command line", install_cdk)
            context = {"stage": "local", "env": cloud.names.environment}
            if (self.folder / "pyproject.toml").exists():
                with progress("build the Lambda artifact"):
                    context["artifact"] = str(self._build())
            with progress(f"synthesize {self.folder}"):
                self._synthesize(cloud, context)
            names = self._stacks(cloud)
            refuse_takeover(cloud.client("cloudformation"), self._assembly(cloud), own=names)
            self._note(cloud, names)
            with progress(f"deploy {', '.join(names)}"):
                deploy.deploy(cloud.settings, cdk.result(), self._assembly(cloud), self._log(cloud, "deploy"))
        return {name: self._outputs(cloud, name) for name in names}

    def destroy(self, cloud: Cloud, progress: Progress) -> list[str]:
        """Delete the stacks that were ever deployed from here, whatever the app makes now, and return their names.

        Raises:
            LocalCloudError: none is there, or one cannot be deleted.
        """
        cloudformation = cloud.client("cloudformation")
        with alone(cloud.settings):
            there = [
                name
                for name, folder in self._deployed(cloud).items()
                if folder == self._path and self._is_there(cloud, name)
            ]
            if not there:
                raise LocalCloudError(f"{self.folder} is not deployed here.", "Nothing was deleted.")
            with progress(f"delete {', '.join(there)}"):
                for name in reversed(there):
                    cloudformation.delete_stack(StackName=name)
                    cloudformation.get_waiter("stack_delete_complete").wait(
                        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
                    )
        return there

    def _build(self) -> Path:
        os.environ["UV"] = find_uv()  # where the builder looks for uv
        try:
            project = tomllib.loads((self.folder / "pyproject.toml").read_text())["project"]
            return artifacts.build_package(project["name"], artifacts.local_target())
        except (ValueError, KeyError) as error:
            raise LocalCloudError(
                f"{self.folder}/pyproject.toml names no project.", "See docs/examples/surge/pyproject.toml"
            ) from error
        except artifacts.BuildError as error:
            raise LocalCloudError(
                f"The Lambda artifact cannot be built: {error}.", "Building needs the PyPI registry."
            ) from error

    def _synthesize(self, cloud: Cloud, context: Mapping[str, str]) -> None:
        """Run the app as the CDK command line would, so that an error of the app is seen to be one."""
        settings, assembly = cloud.settings, self._assembly(cloud)
        shutil.rmtree(assembly, ignore_errors=True)
        env = {
            **aws_environment(settings),
            "CDK_OUTDIR": str(assembly),
            "CDK_CONTEXT_JSON": json.dumps({**self._cdk.context, **context}),
            "CDK_DEFAULT_ACCOUNT": ACCOUNT,
            "CDK_DEFAULT_REGION": REGION,
            "CDK_VALIDATION": "false",  # takes half of the time; `cdk deploy` to AWS does it
        }
        log = self._log(cloud, "synth")
        if not deploy.logged(["sh", "-c", self._cdk.app], env, log, cwd=self.folder):
            raise LocalCloudError(f"{self._cdk.app} fails: {deploy.last_line(log)}.", f"See {log}")
        if not (assembly / "manifest.json").exists() or not deploy.stacks(assembly):
            raise LocalCloudError(f"{self._cdk.app} makes no stack.", f"See {log}")

    def _stacks(self, cloud: Cloud) -> list[str]:
        """Name the stacks of this synthesis, none of which may be another's: of this repository or another folder."""
        names = [*deploy.stacks(self._assembly(cloud)).values()]
        if taken := {*names} & {*deploy.stacks(cloud.settings.assembly).values()}:
            raise LocalCloudError(f"{', '.join(taken)} is a stack of Wild Rydes.", "Give yours another name.")
        deployed = self._deployed(cloud)
        for name in names:
            folder = deployed.get(name, self._path)
            if folder != self._path and Path(folder).is_dir() and self._is_there(cloud, name):
                raise LocalCloudError(f"{name} is a stack of {folder}.", "Give yours another name.")
        return names

    def _deployed(self, cloud: Cloud) -> dict[str, str]:
        """Read the folder that each stack was last deployed from. A cloud that is new has none of the stacks yet."""
        file = self._deployed_file(cloud)
        found: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        return found

    def _note(self, cloud: Cloud, names: list[str]) -> None:
        """Note stacks as deployed from here: before the deployment, as one that fails half-way leaves some, too."""
        deployed = self._deployed(cloud) | dict.fromkeys(names, self._path)
        self._deployed_file(cloud).write_text(json.dumps(deployed, indent=1))

    def _is_there(self, cloud: Cloud, stack: str) -> bool:
        try:
            cloud.client("cloudformation").describe_stacks(StackName=stack)
        except ClientError:
            return False
        return True

    def _outputs(self, cloud: Cloud, stack: str) -> dict[str, str]:
        [found] = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return {
            each["OutputKey"]: _reachable(each["OutputValue"], cloud.settings.endpoint)
            for each in found.get("Outputs", [])
        }

    @property
    def _path(self) -> str:
        return str(self.folder.resolve())

    @property
    def _key(self) -> str:
        """Name the folder in a file name. Two folders of one name have two."""
        return f"{self.folder.resolve().name}-{hashlib.sha256(self._path.encode()).hexdigest()[:8]}"

    def _deployed_file(self, cloud: Cloud) -> Path:
        return cloud.settings.run_dir / cloud.names.of("deployed-folders.json")

    def _assembly(self, cloud: Cloud) -> Path:
        return cloud.settings.run_dir / cloud.names.of(f"cdk.out.{self._key}")

    def _log(self, cloud: Cloud, step: str) -> Path:
        return cloud.settings.log(f"{step}-{self._key}")


def _reachable(value: str, endpoint: str) -> str:
    """Write the URL of an API of this cloud: no host has the API's name here."""
    return re.sub(r"https?://(\w+)\.execute-api\.[\w.:-]+", rf"{endpoint}/_aws/execute-api/\1", value)
