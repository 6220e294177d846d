"""What all commands have in common."""

import pytest
import typer
from botocore.exceptions import ClientError, NoCredentialsError

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.commands.terminal import one_line_errors


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (LocalCloudError("It is down.", "Start it."), "✗ It is down. Start it."),
        (NoCredentialsError(), "✗ AWS cannot be reached, or refuses: Unable to locate credentials"),
        (ClientError({"Error": {"Code": "AccessDenied", "Message": "not\nyou"}}, "Call"), "not you Check"),
    ],
)
def test_an_error_is_told_on_one_line(
    error: Exception, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, one_line_errors():
        raise error
    assert ended.value.exit_code == 1
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
