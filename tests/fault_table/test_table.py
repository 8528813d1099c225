"""The table of bad input and faults, against reality: every row has tests, and they are there."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "faults.md"
ROWS = 30


def _rows() -> dict[str, list[str]]:
    """The tests of each row, by its id."""
    lines = re.findall(
        r"^\| (F[0-9]{2}) \|.*\| ([^|]+) \|$", TABLE.read_text("utf-8"), re.MULTILINE
    )
    return {row: re.findall(r"`([^`]+)`", tests) for row, tests in lines}


def test_every_row_has_a_test() -> None:
    """From F01 to F30, each once, in order."""
    rows = _rows()

    assert list(rows) == [f"F{number:02}" for number in range(1, ROWS + 1)]
    assert [row for row, tests in rows.items() if not tests] == []


def test_every_test_of_the_table_is_there() -> None:
    """Collected by its node id, without running it, those for `-m long` too."""
    named = sorted({test for tests in _rows().values() for test in tests})
    found = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n0", "-m", "", *named],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.returncode == 0, found.stdout[-2000:] + found.stderr[-2000:]
    collected = {line.partition("[")[0] for line in found.stdout.splitlines() if "::" in line}
    assert collected == set(named)


def test_no_test_of_a_row_is_left_out_of_the_table() -> None:
    """The tests beside this file bear the ids of their rows."""
    rows = _rows()
    for file in sorted(Path(__file__).parent.glob("test_*_guided_restore.py")):
        for name, ids in re.findall(r"def (test_((?:f[0-9]{2}_)+)\w+)", file.read_text("utf-8")):
            node = f"tests/fault_table/{file.name}::{name}"
            for row in ids.strip("_").upper().split("_"):
                assert node in rows[row], node
