"""Run scripts, each in a fork of this process, which imports torch once for them all.

A line of JSON on standard input is [what to run, its words, where its output goes]; the
answer is a line with its exit status.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from pathlib import Path

import skoots.inference.pipeline  # a fork would import it by itself
import skoots.train.learner  # noqa: F401 - likewise


def run_script(script: str, words: list[str], said: str) -> int:
    """Run a script in a fork, as Python itself would; give its exit status."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    output = os.open(said, os.O_WRONLY | os.O_CREAT)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.argv[:] = [script, *words]
    sys.path[0] = str(Path(script).parent)
    runpy.run_path(script, run_name="__main__")
    sys.exit()


if __name__ == "__main__":  # doctests import every file
    for line in sys.stdin:
        status = run_script(*json.loads(line))
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()
