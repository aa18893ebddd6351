"""How a torture run begins."""

import sys
from pathlib import Path

import pytest

from local.torture.__main__ import main


def test_what_another_run_left_is_not_counted_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "azure_devops.db").touch()
    monkeypatch.setattr(sys, "argv", ["torture", "--state", str(tmp_path)])

    with pytest.raises(SystemExit, match="is not empty"):
        main()
