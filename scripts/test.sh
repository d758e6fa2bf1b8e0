#!/usr/bin/env bash
# Sets up .venv and passes the tests: bash scripts/test.sh [PYTEST WORDS...]
# With words of its own it runs pytest with them and leaves the Triton tests out.
set -euo pipefail
source "$(dirname "$0")/setup.sh"

# shellcheck disable=SC2086 # a list of words
apt_install $screen_packages || say "Going on without them; tests with a window may fail."
setup "${SKOOTS_EXTRAS:-test-gui}"
cd "$root"

# Two test processes on two cores: a thread pool in each would only get in the way.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
# Two processes of pytest and some sixty others import the same files: compile these once.
unset PYTHONDONTWRITEBYTECODE
screen=()
if [ -z "${DISPLAY:-}" ]; then
    if command -v xvfb-run >/dev/null; then
        screen=(xvfb-run -a -s "-screen 0 1280x1024x24")
    else
        export QT_QPA_PLATFORM=offscreen
    fi
fi

if [ $# -gt 0 ]; then
    exec "${screen[@]}" "$python" -m pytest "$@"
fi
failed=0
say "Tests"
# A worker takes half of all tests in their order, then steals what the other has left:
# what a module or a package sets up is mostly set up once.
"${screen[@]}" "$python" -m pytest -n "${SKOOTS_TEST_PROCESSES:-2}" --dist worksteal \
    -m "not triton" || failed=1
say "Triton kernels under the interpreter"
# The interpreter is chosen when Triton is imported, hence a process of their own. pytest
# leaves with 5 where it finds none, as on systems without Triton.
TRITON_INTERPRET=1 "$python" -m pytest -m triton tests || [ $? = 5 ] || failed=1
exit $failed
