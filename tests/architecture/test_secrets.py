"""A secret in what git keeps, or a vulnerable package in a lock file, would be noticed: by `make check`, and `make audit`."""

import sys
from pathlib import Path

import pytest

from infra.audit import COMMANDS, audit
from infra.secret_scan import ROOT, scan, tracked

PLANTED = {
    "AKIA": "AKIA" + "IOSFODNN7EXAMPLE",
    "github": "ghp_" + "a1B2" * 9,
    "slack": "xoxb-" + "123456789012-abcdefABCDEF",
    "stripe": "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "jwt": ".".join(
        ("eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P")
    ),
    "basic": "https://user:" + "hunter22@example.com",
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_key_is_found(tmp_path: Path, kind: str) -> None:
    planted = tmp_path / "settings.py"
    planted.write_text(f'FIRST = 1\nKEY = "{PLANTED[kind]}"\n')
    [found, *_] = scan([planted], tmp_path)
    assert found.startswith("settings.py:2: ")
    assert PLANTED[kind] not in found
    planted.write_text(f'KEY = "{PLANTED[kind]}"  # pragma: allowlist secret\n')
    assert list(scan([planted], tmp_path)) == []


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="git says which files are kept")
def test_every_lock_file_is_audited() -> None:
    locks = {
        str(path.relative_to(ROOT)) for path in tracked() if path.name in {"uv.lock", "package-lock.json"}
    }
    assert locks == {*COMMANDS}


@pytest.mark.parametrize(
    ("says", "status", "word"),
    [
        ("Found no known vulnerabilities", 0, "nothing known"),
        ("GHSA-1234: urllib3 2.0.1", 1, "GHSA-1234"),
        ("error sending request for url (https://api.osv.dev/v1/querybatch)", 2, "SKIPPED"),
        ("npm error audit endpoint returned an error", 1, "SKIPPED"),
    ],
)
def test_a_vulnerability_fails_and_a_database_out_of_reach_is_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, says: str, status: int, word: str
) -> None:
    command = [sys.executable, "-c", f"import sys; print({says!r}); sys.exit({status})"]
    assert audit("a.lock", command, tmp_path) is (word != "GHSA-1234")
    said = capsys.readouterr()
    assert word in said.out + said.err
