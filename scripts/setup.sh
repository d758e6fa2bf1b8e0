# Shared by the other scripts: `setup EXTRAS` makes .venv and installs the package in it.
# Sourced, not run. A second call with nothing changed takes no time.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv="${SKOOTS_VENV:-$root/.venv}"
python="$venv/bin/python"

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# What PyQt6 and a virtual screen need on Debian and Ubuntu, beyond the bare system.
screen_packages="xvfb xauth libegl1 libgl1 libopengl0 libglib2.0-0 libfontconfig1 libdbus-1-3
    libxkbcommon0 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0
    libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-sync1
    libxcb-xfixes0 libxcb-xinerama0 libxcb-xkb1"

# apt_install PACKAGE...: installs what is missing where it may, and says so where not.
apt_install() {
    local missing=() package
    command -v dpkg-query >/dev/null || return 0
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" = 0 ]; then
        say "Installing system packages: ${missing[*]}"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" \
            >/dev/null
    else
        printf 'These system packages are missing:\n    sudo apt-get install %s\n' \
            "${missing[*]}" >&2
        return 1
    fi
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is needed. Install it, or name one: PYTHON=/path/to/python"
}

make_venv() {
    local base
    [ -x "$python" ] && "$python" -m pip --version >/dev/null 2>&1 && return
    base=$(find_python) || exit 1
    say "Making a virtual environment with $("$base" --version)"
    if ! "$base" -m venv --clear "$venv" >/dev/null 2>&1; then
        # Debian keeps the module in a package of its own.
        apt_install python3-venv || fail "Install python3-venv, then run this again."
        "$base" -m venv --clear "$venv"
    fi
}

# setup [EXTRAS]: the package, editable, with its tested versions.
setup() {
    local extras="${1:-}" stamp wanted
    make_venv
    stamp="$venv/.installed-${extras:-plain}"
    wanted=$(cat "$root/pyproject.toml" "$root/constraints.txt" | cksum)
    if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        say "Installing napari-skoots${extras:+[$extras]} (the first time takes some minutes)"
        # torch by itself first: it is the largest part, and the tested version decides
        # which build is taken (a CPU build where the machine offers one).
        "$python" -m pip install --quiet --disable-pip-version-check \
            -c "$root/constraints.txt" torch
        "$python" -m pip install --quiet --disable-pip-version-check \
            -c "$root/constraints.txt" -e "$root${extras:+[$extras]}"
        echo "$wanted" >"$stamp"
    fi
}
