"""What is deployed has passed CI, in dev before prod, and credentials meet no code that could abuse them."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.architecture.rules import modules, sources

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
NAMES = sorted(path.name for path in WORKFLOWS.glob("*.yml"))
STACKS = {
    found.module.split(".")[2]
    for module in modules(sources(ROOT))
    if module.name == "infra.app"
    for found in module.imports
    if found.module.startswith("infra.stacks.")
}
"""The modules with a stack. Others beside them hold parts of one."""
USES = re.compile(r"uses: (.+)")
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
LOCAL = "./.github/workflows/"
CREDENTIALS = "aws-actions/configure-aws-credentials"
NO_FORKS = "github.event.pull_request.head.repo.full_name == github.repository"

Job = dict[str, Any]


@cache
def workflow(name: str) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load((WORKFLOWS / name).read_text())
    found["on"] = found.pop(True)  # YAML 1.1 reads a plain `on` so
    return found


def jobs(name: str) -> dict[str, Job]:
    found: dict[str, Job] = workflow(name)["jobs"]
    return found


def needed(job: Job) -> list[str]:
    needs = job.get("needs", [])
    return [needs] if isinstance(needs, str) else needs


def before(name: str, job: str) -> Iterator[Job]:
    """The jobs of a workflow that have to succeed before one of them."""
    for each in needed(jobs(name)[job]):
        yield jobs(name)[each]
        yield from before(name, each)


def called(job: Job) -> str | None:
    """The workflow of this repository that a job is."""
    uses = str(job.get("uses", ""))
    return uses.removeprefix(LOCAL) if uses.startswith(LOCAL) else None


def takes_credentials(job: Job) -> bool:
    return any(str(step.get("uses", "")).startswith(CREDENTIALS) for step in job.get("steps", []))


def may_deploy(job: Job) -> bool:
    """Whether a job has the role that deploys, itself or in a workflow that it calls."""
    name = called(job)
    return "AWS_DEPLOY_ROLE" in str(job) or bool(name and any(map(may_deploy, jobs(name).values())))


def with_credentials() -> list[tuple[str, str]]:
    return [(name, job) for name in NAMES for job, body in jobs(name).items() if takes_credentials(body)]


def test_actions_are_pinned_to_commits_and_say_which_version_that_is() -> None:
    """Whoever takes over an action's repository can move its tags, but not its commits."""
    used = {action for name in NAMES for action in USES.findall((WORKFLOWS / name).read_text())}
    remote = {action for action in used if not action.startswith("./")}
    assert remote
    assert [action for action in remote if not PINNED.fullmatch(action)] == []
    assert len({action.split("@")[0] for action in remote}) == len(remote), "one version of each"


def test_nothing_is_deployed_that_ci_has_not_passed() -> None:
    deploying = [
        (name, job)
        for name in NAMES
        if set(workflow(name)["on"]) - {"workflow_call"}
        for job, body in jobs(name).items()
        if may_deploy(body)
    ]
    assert deploying
    for name, job in deploying:
        assert "ci.yml" in {called(earlier) for earlier in before(name, job)}, f"{name}: {job}"
        assert set(workflow(name)["on"]) == {"push", "workflow_dispatch"}
    assert {workflow(name)["on"]["push"]["branches"][0] for name, _ in deploying} == {"main"}


def test_every_stack_is_deployed_and_no_team_waits_for_another() -> None:
    strategy = jobs("main.yml")["deploy"]["strategy"]
    assert set(strategy["matrix"]["service"]) == {stack.replace("_", "-") for stack in STACKS}
    assert strategy["fail-fast"] is False


def test_prod_comes_after_dev_each_where_there_is_one() -> None:
    chain = jobs("deploy.yml")
    assert list(chain) == ["dev", "prod"]
    assert (needed(chain["dev"]), needed(chain["prod"])) == ([], ["dev"])
    for environment, job in chain.items():
        assert job["with"] == {"service": "${{ inputs.service }}", "environment": environment}
        assert job["if"] == f"contains(fromJSON(vars.ENVIRONMENTS || '[]'), '{environment}')"
        group = f"deploy-{environment}-${{{{ inputs.service }}}}"
        assert job["concurrency"] == {"group": group, "cancel-in-progress": False}


def test_a_deployment_is_built_compared_and_waits_for_the_platform() -> None:
    chain = jobs("deploy-to.yml")
    assert (needed(chain["diff"]), needed(chain["deploy"])) == (["build"], ["diff"])
    assert chain["deploy"]["if"] == "needs.diff.outputs.changed == 'true'"
    assert "--context env=" in chain["build"]["steps"][-2]["run"]
    *_, wait, deploy = (step.get("run", "") for step in chain["deploy"]["steps"])
    assert "infra.wait_for_parameters infra/cdk.out" in wait
    assert "cdk deploy --app cdk.out" in deploy
    assert "dispatch" not in str(workflow("deploy-to.yml")["on"])


def test_who_deploys_has_an_environment_of_service_and_stage_and_who_compares_one_that_reads() -> None:
    environments = {(name, job): jobs(name)[job]["environment"] for name, job in with_credentials()}
    assert environments == {
        ("deploy-to.yml", "diff"): "${{ inputs.environment }}-diff",
        ("deploy-to.yml", "deploy"): "${{ inputs.environment }}-${{ inputs.service }}",
        ("diff.yml", "diff"): "dev-diff",
    }
    for name, job in with_credentials():
        assert ("AWS_DEPLOY_ROLE" in str(jobs(name)[job])) == (job == "deploy")


@pytest.mark.parametrize(("name", "job"), with_credentials())
def test_a_job_that_can_get_credentials_installs_no_package_and_builds_nothing(name: str, job: str) -> None:
    """What a package or a pull request brings could ask for them as well as we do."""
    runs = [step["run"] for step in jobs(name)[job]["steps"] if "run" in step]
    for run in runs:
        assert not re.search(r"\bmake\b|\bpip\b|\buv\b|cdk synth", run), run
        assert "npm ci" not in run or "--ignore-scripts" in run, run
    assert "--app cdk.out" in runs[-1]


@pytest.mark.parametrize("name", NAMES)
def test_permissions_are_the_least(name: str) -> None:
    whole = workflow(name)["permissions"]
    assert whole in ({}, {"contents": "read"})
    for job, body in jobs(name).items():
        wanted = {"contents": "read"}
        if takes_credentials(body) or may_deploy(body):
            wanted["id-token"] = "write"
        if "gh pr comment" in str(body):
            wanted["pull-requests"] = "write"
        assert body.get("permissions", whole) == wanted, f"{name}: {job}"


@pytest.mark.parametrize("name", NAMES)
def test_a_fork_gets_no_credentials(name: str) -> None:
    on = set(workflow(name)["on"])
    assert not on & {"pull_request_target", "workflow_run"}, (
        "they run with our rights, on whatever a fork sends"
    )
    for job, body in jobs(name).items():
        if "pull_request" in on and takes_credentials(body):
            earlier = [body, *before(name, job)]
            assert any(NO_FORKS in str(each.get("if")) for each in earlier), f"{name}: {job}"


def test_a_pull_requests_diff_is_one_comment() -> None:
    steps = jobs("diff.yml")["diff"]["steps"]
    assert steps[0]["with"]["ref"] == "${{ github.event.pull_request.base.sha }}", "main's command line"
    assert "gh pr comment" in steps[-1]["run"]
    assert "--edit-last --create-if-none" in steps[-1]["run"]


@pytest.mark.parametrize("name", NAMES)
def test_shell_steps_take_no_expression(name: str) -> None:
    """An expression in a script is code from outside; the environment is not."""
    for job in jobs(name).values():
        for step in job.get("steps", []):
            assert "${{" not in step.get("run", "")


def test_pull_requests_run_what_everybody_runs_on_both_pythons() -> None:
    ci = workflow("ci.yml")
    assert set(ci["on"]) == {"pull_request", "workflow_call"}
    (job,) = ci["jobs"].values()
    assert job["strategy"]["matrix"]["python"] == ["3.13", "3.11"]
    assert {"run": ".ci/run"} in job["steps"]


def test_pre_commit_locks_with_the_uv_that_make_installs() -> None:
    (version,) = re.findall(r"^UV_VERSION := (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = {hook["id"]: hook for repo in config["repos"] for hook in repo["hooks"]}
    assert hooks["uv-lock"]["additional_dependencies"] == [f"uv=={version}"]
