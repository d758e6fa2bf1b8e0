#!/usr/bin/env bash
# Sets up .venv and runs the main job on the sample that comes with the package.
# Labels, run folder and a picture land in ./demo. More words are handed on:
# bash scripts/demo.sh --help
set -euo pipefail
source "$(dirname "$0")/setup.sh"

extras=""
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    extras="gui"
    # shellcheck disable=SC2086 # a list of words
    apt_install $screen_packages || say "Going on without them; napari may not open."
fi
setup "$extras"
exec "$python" -m skoots.demo "$@"
