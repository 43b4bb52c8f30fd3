"""How pycolmap is imported."""

from __future__ import annotations

import os
import signal
import subprocess
import sys


def test_a_step_that_is_told_to_end_prints_no_stack():
    code = f"import os, steps.reconstruction.colmap; os.kill(os.getpid(), {int(signal.SIGTERM)})"

    ended = subprocess.run([sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, check=False)

    assert ended.returncode == -signal.SIGTERM
    assert ended.stderr == ""
