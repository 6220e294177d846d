"""What the root README promises to whoever has just cloned this."""

import re
import shlex

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.settings import ROOT
from infra.rydes.simulators.unicorns import registry
from tests.support.rydes_command import rydes


def test_a_newcomer_holds_a_whole_conversation_by_the_readme_alone(cloud: Cloud) -> None:
    """From the ride over the low score to the call: the lines of "Hold a conversation", with what it says to type."""
    section = (ROOT / "README.md").read_text().partition("## Hold a conversation")[2].partition("\n## ")[0]
    lines = re.findall(r"^uv run rydes (.+)$", section, re.MULTILINE)
    assert [line.split()[0] for line in lines] == ["rfq", "phone", "callbacks", "callbacks", "callbacks"]
    registry.register(cloud, registry.by_rate_card()[:5])  # as `rydes up` does
    typed = "".join(f"{word}\n" for word in ("3", "yes") if f"`{word}`" in section)
    ride, said = "", []
    for line in lines:
        answer = rydes(
            cloud, *shlex.split(line.replace("RIDE", ride)), typed=typed if line == "phone" else ""
        )
        assert answer.returncode == 0, f"{line}: {answer.stderr}"
        said.append(answer.stdout)
        if line == "callbacks":
            assert "score 3, language en" in said[-1]
            ride = re.findall(r"^[0-9a-f-]{36}\.\d+$", said[-1], re.MULTILINE)[-1]
    number = re.findall(r"--phone (\S+)", lines[0])[0]
    assert f"SMS sent to +1 425-555-0143. Answer it: uv run rydes phone --number {number}" in said[0]
    assert "the conversation has ended: score 3, support will call" in said[1]
    assert "Call Bert B., +1 425-555-0143: score 3" in said[3]
    assert "Closed: reached." in said[4]
    assert ride not in rydes(cloud, "callbacks").stdout

    again = rydes(cloud, "rfq", "--book", "--user", "bert")
    assert "No SMS: bert was asked" in again.stdout
    assert "A new user is asked at once: uv run rydes rfq --book --user clara --phone +1" in again.stdout
    assert number in rydes(cloud, "phone", "--list").stdout

    other = "+14255550197"
    assert "until START" in rydes(cloud, "phone", "--number", number, typed="STOP\n").stdout
    rydes(cloud, "phone", "--number", other, typed="STOP\n")
    unwanted = rydes(cloud, "rfq", "--book", "--user", "norma", "--phone", other).stdout
    assert "No SMS: +1 425-555-0197 has opted out" in unwanted
