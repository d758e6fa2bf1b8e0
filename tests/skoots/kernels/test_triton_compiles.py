"""The kernels compile for a real GPU, which needs none.

The interpreter cannot show that: it takes more than the compiler does.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

triton = pytest.importorskip("triton")
nearest = pytest.importorskip("skoots.kernels.nearest_point.triton_kernel")
follow = pytest.importorskip("skoots.kernels.follow_vectors.triton_kernel")

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

HOPPER = 90


@pytest.fixture
def compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    if os.environ.get("TRITON_INTERPRET") == "1":
        pytest.skip("under the interpreter nothing is compiled")
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    return pytest.importorskip("triton.compiler")


def _ptx(compiler: ModuleType, kernel: object, types: dict[str, object]) -> str:
    """Compile; a value that is no type name is a constant."""
    target = pytest.importorskip("triton.backends.compiler").GPUTarget(
        "cuda", HOPPER, 32
    )
    named = {n: t if isinstance(t, str) else "constexpr" for n, t in types.items()}
    fixed = {n: t for n, t in types.items() if not isinstance(t, str)}
    source = compiler.ASTSource(fn=kernel, signature=named, constexprs=fixed)
    options = {"enable_fp_fusion": False}
    return str(triton.compile(source, target=target, options=options).asm["ptx"])


def _signature(kernel: object, plain: dict[str, object]) -> dict[str, object]:
    """Types in the order of the arguments; what is not named is an int32."""
    return {name: plain.get(name, "i32") for name in kernel.arg_names}


@pytest.mark.parametrize("distance", [False, True])
def test_nearest_point_compiles(compiler: ModuleType, distance: bool) -> None:
    places = ("voxels", "group_slot", "group_start", "group_stop")
    plain: dict[str, object] = {
        **dict.fromkeys((*places, "offsets", "box_offsets"), "*i64"),
        **dict.fromkeys(("planes", "boxes", "nearest", "distance"), "*fp32"),
        **dict.fromkeys(("sx", "sy", "sz"), "fp32"),
        "n_volume": "i64",
        "Z": 1,  # Triton makes a constant of a one
        "DISTANCE": distance,
        "GROUP": 128,
        "BLOCK": 32,
    }
    signature = _signature(nearest._nearest_point_kernel, plain)
    # fused products would round unlike the reference
    assert "fma." not in _ptx(compiler, nearest._nearest_point_kernel, signature)


@pytest.mark.parametrize("first_hit", [False, True])
@pytest.mark.parametrize("stored", ["*i8", "*fp32"])
def test_follow_vectors_compiles(
    compiler: ModuleType, first_hit: bool, stored: str
) -> None:
    plain: dict[str, object] = {
        "vectors": stored,
        "labels": "*i32",
        "foreground": "*u8",
        "ids": "*i32",
        **dict.fromkeys(("scale_a", "scale_b", "scale_c"), "fp32"),
        **dict.fromkeys(("A", "core_c", "hops", "last_a"), 1),
        "FIRST_HIT": first_hit,
        "ESCAPED": -1,
        "FAR": 2.0**30,
        "BLOCK": 256,
    }
    signature = _signature(follow._follow_vectors_kernel, plain)
    assert "fma." not in _ptx(compiler, follow._follow_vectors_kernel, signature)
