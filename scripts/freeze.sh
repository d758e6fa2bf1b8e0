#!/usr/bin/env bash
# Writes constraints.txt anew: what one full install holds today, and the tests then try.
# Usage: bash scripts/freeze.sh [VENV]     (default: .venv, made by scripts/test.sh)
set -euo pipefail
cd "$(dirname "$0")/.."
venv="${1:-.venv}"
packages=$("$venv/bin/python" -m pip freeze --exclude-editable 2>/dev/null |
    grep -E '^[A-Za-z0-9._-]+==' | sed -E 's/\+[a-z0-9.]+$//' |
    grep -viE '^(torch|triton|napari-skoots)==')
torch=$("$venv/bin/python" -m pip freeze 2>/dev/null |
    sed -nE 's/^torch==([0-9.]+).*/torch==\1/p')
{
    echo "# The exact versions that this commit is tested with, on Linux and Python 3.11."
    echo "# Written by scripts/freeze.sh from a full install."
    echo "$torch"
    echo "# The Triton that the CUDA build of this torch asks for; the CPU build asks for none."
    "$venv/bin/python" -m pip freeze 2>/dev/null | grep '^triton=='
    echo "$packages"
} >constraints.txt
