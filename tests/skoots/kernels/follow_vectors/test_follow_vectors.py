"""The definition against pen and paper, numba against the definition."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from follow_cases import CASES, Case
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.errors import SettingsError, ShapeError
from skoots.kernels.follow_vectors import ESCAPED, cpu, follow_vectors, op
from skoots.kernels.follow_vectors.cpu import follow_vectors_cpu
from skoots.kernels.follow_vectors.reference import follow_vectors_reference

if TYPE_CHECKING:
    from numpy.typing import NDArray

EACH_CASE = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
EACH_TYPE = pytest.mark.parametrize("dtype", [torch.int8, torch.float32], ids=str)
EACH_RULE = pytest.mark.parametrize("first_hit", [False, True], ids=["hops", "hit"])
ONE = (1.0, 1.0, 1.0)


@pytest.fixture(params=["reference", "cpu"])
def _twin(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(op, "choose_twin", lambda *_: request.param)


def _row(steps: list[float], ids: list[int], **rules: object) -> list[int]:
    """Walk along one row, every voxel of which is foreground."""
    vectors = torch.zeros((3, 1, 1, len(steps)))
    vectors[2, 0, 0] = torch.tensor(steps)
    labels = torch.tensor([[ids]], dtype=torch.int32)
    found = follow_vectors(
        vectors,
        labels,
        torch.ones((1, 1, len(steps)), dtype=torch.bool),
        ONE,
        **{"hops": 1, "first_hit": False, **rules},
    )
    return found[0, 0].tolist()


@pytest.mark.usefixtures("_twin")
class TestByHand:
    def test_a_voxel_takes_the_id_where_its_vector_ends(self) -> None:
        assert _row([3, 0, 1, 0], [0, 0, 0, 7]) == [7, 0, 7, 7]

    def test_background_takes_none(self) -> None:
        found = follow_vectors(
            torch.zeros((3, 1, 1, 2)),
            torch.tensor([[[5, 5]]], dtype=torch.int32),
            torch.tensor([[[0, 200]]], dtype=torch.uint8),
            ONE,
            hops=1,
            first_hit=False,
        )
        assert found.tolist() == [[[0, 5]]]

    def test_a_second_hop_reads_the_vector_where_the_first_arrived(self) -> None:
        assert _row([1, 2, 0, 0], [0, 0, 0, 7], hops=1)[0] == 0
        assert _row([1, 2, 0, 0], [0, 0, 0, 7], hops=2)[0] == 7

    def test_fractions_add_up_over_hops(self) -> None:
        # 0.4 goes nowhere, 0.8 arrives at 1, and 1 + 0.4 is 1.2 from the start
        steps = [0.4, 0.4, 0, 0]
        assert _row(steps, [1, 2, 3, 4], hops=1)[0] == 1
        assert _row(steps, [1, 2, 3, 4], hops=2)[0] == 2
        assert _row(steps, [1, 2, 3, 4], hops=4)[0] == 3  # 1.6, so 2

    def test_halves_go_to_the_even_displacement(self) -> None:
        ids = [1, 2, 3, 4, 5, 6]
        assert _row([0.5, 0.5, 1.5, -0.5, -1.5, -2.5], ids) == [1, 2, 5, 4, 3, 4]

    def test_a_voxel_of_a_skeleton_is_a_hit_before_any_hop(self) -> None:
        assert _row([1, 0], [5, 6], first_hit=False)[0] == 6
        assert _row([1, 0], [5, 6], first_hit=True)[0] == 5

    def test_the_first_hit_ends_the_walk(self) -> None:
        steps, ids = [1, 1, 1, 0], [0, 0, 8, 9]
        assert _row(steps, ids, hops=3, first_hit=False)[0] == 9
        assert _row(steps, ids, hops=3, first_hit=True)[0] == 8
        assert _row(steps, ids, hops=1, first_hit=True)[0] == 0

    def test_a_vector_of_zero_ends_the_walk(self) -> None:
        assert _row([2, 9, 0, 0], [0, 0, 4, 5], hops=50)[0] == 4

    def test_walks_are_held_at_both_faces(self) -> None:
        assert _row([-50, 0, 50], [3, 0, 4]) == [3, 0, 4]
        assert _row([0, -1e30, 0], [3, 0, 4]) == [3, 3, 4]

    def test_no_hops_give_what_is_there(self) -> None:
        assert _row([1, 1], [3, 4], hops=0) == [3, 4]

    def test_a_vector_that_is_no_number_gives_none(self) -> None:
        nan, inf = float("nan"), float("inf")
        assert _row([nan, 0, inf, -inf], [3, 3, 3, 3]) == [0, 3, 0, 0]
        assert _row([1, nan], [3, 3], hops=1) == [3, 0]
        assert _row([1, nan], [3, 3], hops=2) == [0, 0]

    def test_a_skeleton_of_the_first_hit_needs_no_vector(self) -> None:
        assert _row([float("nan")], [3], first_hit=True) == [3]

    def test_int8_counts_in_127ths(self) -> None:
        vectors = torch.zeros((3, 1, 1, 4), dtype=torch.int8)
        vectors[2, 0, 0] = torch.tensor([127, 64, 0, -127])
        found = follow_vectors(
            vectors,
            torch.tensor([[[1, 2, 3, 4]]], dtype=torch.int32),
            torch.ones((1, 1, 4), dtype=torch.bool),
            (1.0, 1.0, 3.0),
            hops=1,
            first_hit=False,
        )
        assert found.tolist() == [[[4, 4, 3, 1]]]

    def test_leaving_the_region_is_not_leaving_the_volume(self) -> None:
        steps, ids = [-1, 0, 0, 1], [3, 0, 0, 4]
        assert _row(steps, ids) == [3, 0, 0, 4]
        place = {"origin": (0, 0, 1), "volume_shape": (1, 1, 6)}
        assert _row(steps, ids, **place) == [ESCAPED, 0, 0, ESCAPED]
        near = {"origin": (0, 0, 0), "volume_shape": (1, 1, 5)}
        assert _row(steps, ids, **near) == [3, 0, 0, ESCAPED]

    def test_each_component_goes_along_its_own_axis(self) -> None:
        vectors = torch.zeros((3, 5, 5, 5))
        vectors[:, 0, 0, 0] = torch.tensor([1.0, 2.0, 3.0])
        labels = torch.zeros((5, 5, 5), dtype=torch.int32)
        labels[1, 4, 3] = 9
        found = follow_vectors(
            vectors, labels, labels == 0, (1.0, 2.0, 1.0), hops=1, first_hit=False
        )
        assert found[0, 0, 0] == 9
        assert found.count_nonzero() == 1


@EACH_RULE
@EACH_TYPE
@EACH_CASE
def test_numba_agrees_with_the_reference(
    case: Case, dtype: torch.dtype, first_hit: bool
) -> None:
    for hops in (0, 1, 2, 6):
        walk = case.walk(dtype, hops, first_hit)
        expected = follow_vectors_reference(walk)
        assert torch.equal(follow_vectors_cpu(walk), expected), hops
        assert expected.shape == walk.core_shape


@settings(deadline=None, max_examples=60)
@given(
    st.tuples(*[st.integers(1, 12)] * 3),
    st.tuples(*[st.floats(-30, 30, width=32)] * 3),
    st.sampled_from([torch.int8, torch.float32]),
    st.integers(0, 4),
    st.booleans(),
)
def test_numba_agrees_with_the_reference_anywhere(
    shape: tuple[int, int, int],
    scale: tuple[float, float, float],
    dtype: torch.dtype,
    hops: int,
    first_hit: bool,
) -> None:
    walk = Case(shape, scale, labelled=0.2).walk(dtype, hops, first_hit)
    assert torch.equal(follow_vectors_cpu(walk), follow_vectors_reference(walk))


@settings(deadline=None, max_examples=60)
@given(st.data(), st.sampled_from([torch.int8, torch.float32]), st.booleans())
def test_a_region_gives_what_the_volume_gives_or_says_that_it_cannot(
    data: st.DataObject, dtype: torch.dtype, first_hit: bool
) -> None:
    case = Case(halves=True, scale=(4.0, 4.0, 4.0))
    whole = case.walk(dtype, 3, first_hit)
    expected = follow_vectors_reference(whole)
    spans = [sorted(data.draw(st.tuples(*[st.integers(0, n)] * 2))) for n in case.shape]
    here = tuple(slice(*span) for span in spans)
    part = replace(
        whole,
        vectors=whole.vectors[:, *here].contiguous(),
        labels=whole.labels[here].contiguous(),
        foreground=whole.foreground[here].contiguous(),
        core=tuple((0, stop - start) for start, stop in spans),
        origin=tuple(start for start, _ in spans),
        volume_shape=case.shape,
    )
    found = follow_vectors_cpu(part)
    resolved = torch.where(found == ESCAPED, expected[here], found)
    assert torch.equal(resolved, expected[here])
    assert torch.equal(found, follow_vectors_reference(part))


def test_a_halo_as_wide_as_the_walk_lets_nobody_escape() -> None:
    case = Case(shape=(15, 15, 15), scale=(2.0, 2.0, 2.0))
    whole = follow_vectors_reference(case.walk(torch.int8, 2, first_hit=False))
    core = ((4, 8), (4, 8), (4, 8))
    part = replace(
        case.walk(torch.int8, 2, first_hit=False),
        core=core,
        origin=(20, 20, 20),
        volume_shape=(60, 60, 60),
    )
    found = follow_vectors_cpu(part)
    assert (found != ESCAPED).all()
    assert torch.equal(found, whole[4:8, 4:8, 4:8])


@pytest.mark.parametrize("n_threads", [1, 2])
def test_threads_do_not_change_the_answer(
    n_threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = torch.get_num_threads()
    walk = Case().walk(torch.int8, 3, first_hit=True)
    expected = follow_vectors_reference(walk)
    monkeypatch.setattr(cpu, "_SMALL", 0)
    torch.set_num_threads(n_threads)
    found = follow_vectors_cpu(walk)
    torch.set_num_threads(before)
    assert torch.equal(found, expected)


def test_no_voxel_is_left_unwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    walk = Case().walk(torch.int8, 2, first_hit=False)
    expected = follow_vectors_cpu(walk)
    empty = np.empty

    def poisoned(shape: object, dtype: type = float) -> NDArray[np.int32]:
        array = empty(shape, dtype)
        array.fill(77)
        return array

    monkeypatch.setattr(np, "empty", poisoned)
    assert torch.equal(follow_vectors_cpu(walk), expected)


@pytest.mark.usefixtures("_twin")
def test_tensors_may_be_views() -> None:
    case = Case()
    vectors, labels, foreground = (
        case.vectors(torch.int8),
        case.labels(),
        case.foreground(),
    )
    rules = {"scale": ONE, "hops": 2, "first_hit": False}
    expected = follow_vectors(vectors, labels, foreground, **rules)
    turned = follow_vectors(
        vectors[[2, 1, 0]].permute(0, 3, 2, 1),
        labels.permute(2, 1, 0),
        foreground.permute(2, 1, 0),
        **rules,
    )
    assert torch.equal(turned.permute(2, 1, 0), expected)


@pytest.mark.usefixtures("_twin")
def test_vectors_that_ask_for_a_gradient_are_followed() -> None:
    vectors = torch.zeros((3, 1, 1, 1), requires_grad=True)
    ids = torch.ones((1, 1, 1), dtype=torch.int32)
    assert follow_vectors(vectors, ids, ids > 0, ONE, hops=1, first_hit=False) == 1


@pytest.mark.usefixtures("_twin")
def test_uint32_ids_keep_their_bits() -> None:
    ids = torch.from_numpy(np.array([[[2**32 - 2]]], np.uint32))
    found = follow_vectors(
        torch.zeros((3, 1, 1, 1)),
        ids,
        torch.ones((1, 1, 1), dtype=torch.bool),
        ONE,
        hops=1,
        first_hit=False,
    )
    assert found.dtype == torch.int32
    assert found.numpy().view(np.uint32).tolist() == [[[2**32 - 2]]]


_VECTORS = torch.zeros((3, 2, 3, 4))
_LABELS = torch.zeros((2, 3, 4), dtype=torch.int32)
_FOREGROUND = torch.zeros((2, 3, 4), dtype=torch.bool)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"vectors": _VECTORS[:2]}, r"\(3, A, B, C\)", id="components"),
        pytest.param({"labels": _LABELS[0]}, r"\(A, B, C\)", id="labels' axes"),
        pytest.param({"foreground": _FOREGROUND[:1]}, "same region", id="foreground"),
        pytest.param({"vectors": _VECTORS.double()}, "torch.int8", id="vectors' type"),
        pytest.param({"labels": _LABELS.long()}, "torch.int32", id="labels' type"),
        pytest.param({"foreground": _LABELS}, "torch.bool", id="foreground's type"),
        pytest.param({"core": ((0, 3), (0, 3), (0, 4))}, "does not lie", id="core"),
        pytest.param({"core": ((0, 2), (0, 3))}, "does not lie", id="core's axes"),
        pytest.param({"core": ((2, 1), (0, 3), (0, 4))}, "does not lie", id="turned"),
        pytest.param({"origin": (1, 0, 0)}, "first voxel", id="origin"),
        pytest.param({"origin": (-1, 0, 0)}, "first voxel", id="negative origin"),
        pytest.param({"volume_shape": (2, 3, 3)}, "first voxel", id="volume"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    changes: dict[str, object], says: str
) -> None:
    arguments = {
        "vectors": _VECTORS,
        "labels": _LABELS,
        "foreground": _FOREGROUND,
        "scale": ONE,
        "hops": 1,
        "first_hit": False,
    }
    with pytest.raises(ShapeError, match=says):
        follow_vectors(**{**arguments, **changes})


@pytest.mark.parametrize(
    "rules",
    [
        {"scale": (1.0, float("nan"), 1.0), "hops": 1},
        {"scale": (1.0, 1.0), "hops": 1},
        {"scale": ONE, "hops": -1},
    ],
    ids=["scale", "scale's axes", "hops"],
)
def test_rules_that_cannot_be_followed_are_refused(rules: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match="Give"):
        follow_vectors(_VECTORS, _LABELS, _FOREGROUND, **rules, first_hit=False)
