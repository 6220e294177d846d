import zipfile
from pathlib import Path

import pytest

from infra.rydes.cloud.emulator_main import share_code


@pytest.fixture
def _shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile.ZipFile, "extractall", zipfile.ZipFile.extractall)  # put back afterwards
    share_code(tmp_path)


def unpack(archive: Path, target: Path) -> Path:
    target.mkdir(parents=True)
    with zipfile.ZipFile(archive) as content:
        content.extractall(str(target))
    return target


def artifact(path: Path, text: str) -> Path:
    with zipfile.ZipFile(path, "w") as content:
        content.writestr("package/module.py", text)
        content.writestr("handler.py", "")
    return path


@pytest.mark.usefixtures("_shared")
def test_workers_of_one_artifact_read_the_same_copy_and_those_of_another_do_not(tmp_path: Path) -> None:
    one, other = artifact(tmp_path / "1.zip", "ONE"), artifact(tmp_path / "2.zip", "OTHER")
    found = [
        unpack(z, tmp_path / str(i) / "code") / "package/module.py" for i, z in enumerate([one, one, other])
    ]
    assert [path.read_text() for path in found] == ["ONE", "ONE", "OTHER"]
    first, second, third = (path.resolve() for path in found)
    assert first == second != third


@pytest.mark.usefixtures("_shared")
def test_what_is_not_a_workers_code_is_unpacked_as_ever(tmp_path: Path) -> None:
    layer = unpack(artifact(tmp_path / "1.zip", "LAYER"), tmp_path / "layer_0")
    assert not (layer / "package").is_symlink()
    assert (layer / "package/module.py").read_text() == "LAYER"
