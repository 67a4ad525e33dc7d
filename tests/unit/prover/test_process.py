"""Children: what they leave, and that none outlives its call."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from zkpot.prover import process
from zkpot.prover.errors import ToolFailed, ToolMissing, ToolTimeout


def shell(script: str, cwd: Path, **options: object) -> process.Completed:
    settings = {"timeout_s": 60.0, "what": "the job", **options}
    return process.run(["sh", "-c", script], cwd=cwd, **settings)


def is_running(pid_file: Path) -> bool:
    """Whether the process is there and not a zombie that nobody waits for."""
    stat = Path("/proc") / pid_file.read_text().strip() / "stat"
    for _ in range(100):
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return False
        time.sleep(0.05)
    return True


def test_reports_what_the_child_printed_and_used(tmp_path: Path) -> None:
    work = "import sys; x = bytearray(64 << 20); sum(range(10**6)); print(len(x)); sys.exit(3)"
    done = process.run([sys.executable, "-c", work], cwd=tmp_path, timeout_s=60, what="work")
    assert (done.stdout, done.stderr, done.returncode) == ("67108864\n", "", 3)
    assert done.cpu_s > 0
    assert done.peak_rss > 64 << 20


def test_runs_in_the_given_folder_with_the_given_input_and_heap(tmp_path: Path) -> None:
    env = {"EXTRA": "more", "NODE_OPTIONS": "--no-warnings"}
    script = "pwd; cat; echo $NODE_OPTIONS $EXTRA"
    done = shell(script, tmp_path, stdin="a line\n", heap_mb=99, env=env)
    assert done.stdout == f"{tmp_path}\na line\n--no-warnings --max-old-space-size=99 more\n"


def test_a_child_that_reads_nothing_is_no_error(tmp_path: Path) -> None:
    assert shell("exit 0", tmp_path, stdin="x" * 1000).returncode == 0


def test_keeps_the_end_of_endless_output(tmp_path: Path) -> None:
    work = f"import sys; sys.stdout.write('x' * {2 * process.OUTPUT_CAP} + 'end')"
    done = process.run([sys.executable, "-c", work], cwd=tmp_path, timeout_s=60, what="work")
    assert len(done.stdout) == process.OUTPUT_CAP
    assert done.stdout.endswith("xend")


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match=r"the job: can't start no-such-tool(.|\n)*remedy"):
        process.run(["no-such-tool"], cwd=tmp_path, timeout_s=5, what="the job")


def test_the_time_limit_ends_the_whole_group(tmp_path: Path) -> None:
    with pytest.raises(ToolTimeout, match=r"the job did not end within 1 s(.|\n)*started"):
        shell("sleep 600 & echo $! > pid; echo started; sleep 600", tmp_path, timeout_s=1.0)
    assert not is_running(tmp_path / "pid")


@pytest.fixture
def interrupts() -> Iterator[None]:
    """As at a terminal: what a shell starts in the background ignores interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupts")
def test_an_interrupt_ends_the_whole_group(tmp_path: Path) -> None:
    threading.Timer(1.0, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        shell("sleep 600 & echo $! > pid; sleep 600", tmp_path)
    assert not is_running(tmp_path / "pid")


def test_a_grandchild_that_keeps_the_pipe_does_not_keep_the_caller(tmp_path: Path) -> None:
    done = shell("sleep 600 & echo $! > pid; echo done", tmp_path)
    assert done.stdout == "done\n"
    assert not is_running(tmp_path / "pid")


@pytest.mark.parametrize(
    ("script", "reason", "remedy"),
    [
        ("exit 4", "exit code 4", "message above"),
        ("kill -SEGV $$", "signal SIGSEGV", "message above"),
        ("echo 'write: ENOSPC' >&2; exit 1", "ENOSPC", "free disk space"),
        ("echo 'JavaScript heap out of memory'; exit 1", "heap", "more memory"),
    ],
)
def test_a_failure_quotes_the_tool_and_names_the_remedy(
    tmp_path: Path, script: str, reason: str, remedy: str
) -> None:
    done = shell(script, tmp_path)
    with pytest.raises(ToolFailed) as caught:
        process.require_success(done, "the job")
    assert reason in caught.value.why
    assert remedy in caught.value.remedy
    assert caught.value.exit_code == 3
