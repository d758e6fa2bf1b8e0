"""The definition against pen and paper and a tree, numba against the definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from nearest_cases import CASES, Case
from scipy.spatial import cKDTree

from skoots.errors import SettingsError, ShapeError
from skoots.kernels.nearest_point import cpu, nearest_point, op, pack_points
from skoots.kernels.nearest_point.cpu import nearest_point_cpu
from skoots.kernels.nearest_point.reference import nearest_point_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from torch import Tensor

    Twin = type(nearest_point_reference)

BOTH = pytest.mark.parametrize(
    "twin", [nearest_point_reference, nearest_point_cpu], ids=["reference", "cpu"]
)
EACH_CASE = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
ONE = (1.0, 1.0, 1.0)


@pytest.fixture
def two_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    monkeypatch.setattr(cpu, "_SMALL", 0)
    yield
    torch.set_num_threads(before)


@BOTH
def test_by_hand(twin: Twin) -> None:
    packed = pack_points({2: np.array([[3.0, 0, 0], [0, 0, 1]]), 9: np.ones((1, 3))})
    labels = torch.tensor([[[2, 0, 9]]])
    nearest, distance = twin(labels, packed, (1.0, 1.0, 5.0), distance=True)
    # one step in Z is five long, so the point three away in X wins
    assert nearest[:, 0, 0].T.tolist() == [[3.0, 0, 0], [0, 0, 0], [1, 1, 1]]
    assert distance[0, 0].tolist() == pytest.approx([3.0, 0.0, 27**0.5])


@BOTH
@EACH_CASE
def test_the_answer_is_the_nearest_of_a_tree(case: Case, twin: Twin) -> None:
    labels, skeletons = case.labels(torch.int64), case.skeletons()
    packed = pack_points(skeletons)
    nearest, distance = twin(labels, packed, case.spacing, distance=True)
    expected = np.zeros(case.shape)
    own = np.zeros(case.shape, bool)
    scale = np.array(case.spacing)
    for label, points in skeletons.items():
        mine = (labels == label).numpy()
        tree = cKDTree(points * scale)
        expected[mine] = tree.query(np.argwhere(mine) * scale)[0]
        chosen = nearest.numpy()[:, mine].T
        assert {*map(tuple, chosen)} <= {*map(tuple, points.astype(np.float32))}
        own |= mine
    np.testing.assert_allclose(distance.numpy(), expected, rtol=1e-5, atol=1e-5)
    gap = (nearest.numpy() - np.indices(case.shape)) * scale[:, None, None, None]
    np.testing.assert_allclose(
        np.linalg.norm(gap, axis=0)[own], expected[own], rtol=1e-5, atol=1e-5
    )
    assert not nearest.numpy()[:, ~own].any()


@EACH_CASE
def test_numba_agrees_with_the_reference_point_for_point(case: Case) -> None:
    labels, packed = case.labels(), pack_points(case.skeletons())
    nearest, distance = nearest_point_cpu(labels, packed, case.spacing, distance=True)
    expected, gap = nearest_point_reference(labels, packed, case.spacing, distance=True)
    assert torch.equal(nearest, expected)
    torch.testing.assert_close(distance, gap, rtol=1e-6, atol=0)


@pytest.mark.usefixtures("two_threads")
@EACH_CASE
def test_threads_do_not_change_the_answer(case: Case) -> None:
    labels, packed = case.labels(), pack_points(case.skeletons())
    nearest, _ = nearest_point_cpu(labels, packed, case.spacing)
    assert torch.equal(
        nearest, nearest_point_reference(labels, packed, case.spacing)[0]
    )


@settings(deadline=None, max_examples=40)
@given(
    st.tuples(*[st.integers(1, 18)] * 3),
    st.lists(st.integers(1, 80), max_size=4),
    st.booleans(),
    st.booleans(),
    st.tuples(*[st.floats(0.01, 100)] * 3),
)
def test_numba_agrees_with_the_reference_anywhere(
    shape: tuple[int, int, int],
    sizes: list[int],
    whole: bool,
    clumped: bool,
    spacing: tuple[float, float, float],
) -> None:
    case = Case(shape, tuple(sizes), whole=whole, clumped=clumped)
    labels, packed = case.labels(), pack_points(case.skeletons())
    nearest, _ = nearest_point_cpu(labels, packed, spacing)
    assert torch.equal(nearest, nearest_point_reference(labels, packed, spacing)[0])


@BOTH
def test_of_equals_the_first_packed_wins(twin: Twin) -> None:
    packed = pack_points({1: np.array([[2.0, 0, 0], [0, 0, 0], [0, 2, 0], [1, 1, 0]])})
    nearest, _ = twin(torch.tensor([[[0]], [[1]]]), packed, ONE)
    square = ((packed.points - torch.tensor([1.0, 0, 0])) ** 2).sum(1)
    assert nearest[:, 1, 0, 0].tolist() == packed.points[square.argmin()].tolist()


@BOTH
def test_points_far_outside_the_crop_are_found(twin: Twin) -> None:
    packed = pack_points({1: np.array([[-5000.5, 4, 4], [9000, 4, 4]])})
    nearest, _ = twin(torch.ones((2, 2, 2), dtype=torch.int32), packed, ONE)
    assert (nearest[0] == -5000.5).all()


@BOTH
def test_points_too_far_to_be_squared_still_give_a_point(twin: Twin) -> None:
    packed = pack_points({1: np.array([[1e30, 0, 0], [0, 1e30, 0]])})
    nearest, distance = twin(torch.ones((1, 1, 1)).int(), packed, ONE, distance=True)
    assert nearest.max() == np.float32(1e30)
    assert distance.isinf().all()


@pytest.mark.parametrize(
    "dtype",
    [
        torch.int8,
        torch.uint8,
        torch.int16,
        torch.uint16,
        torch.int32,
        torch.uint32,
        torch.int64,
    ],
    ids=str,
)
def test_every_integer_type_gives_the_same(dtype: torch.dtype) -> None:
    case = Case()
    packed = pack_points(case.skeletons())
    nearest, _ = nearest_point(case.labels().to(dtype), packed, case.spacing)
    expected, _ = nearest_point_reference(case.labels(), packed, case.spacing)
    assert torch.equal(nearest, expected)


def test_a_mask_is_object_one() -> None:
    packed = pack_points({1: np.full((1, 3), 2.0)})
    nearest, _ = nearest_point(torch.tensor([[[True, False]]]), packed, ONE)
    assert nearest[:, 0, 0].T.tolist() == [[2.0, 2, 2], [0, 0, 0]]


@pytest.mark.parametrize("dtype", [torch.int8, torch.int16, torch.int32, torch.int64])
def test_negative_labels_are_background(dtype: torch.dtype) -> None:
    packed = pack_points({1: np.ones((1, 3)), 2: np.ones((1, 3))})
    labels = torch.tensor([[[-1, -2, 1]]], dtype=dtype)
    nearest, _ = nearest_point(labels, packed, ONE)
    assert nearest[0].tolist() == [[[0.0, 0.0, 1.0]]]


def test_ids_above_two_billion_are_objects_where_the_type_holds_them() -> None:
    packed = pack_points({2**32 - 1: np.ones((1, 3))})
    labels = torch.from_numpy(np.array([[[2**32 - 1, 0]]], np.uint32))
    assert nearest_point(labels, packed, ONE)[0][0].tolist() == [[[1.0, 0.0]]]


def test_sparse_ids_cost_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = pack_points({3: np.zeros((1, 3)), 2**31 - 1: np.ones((1, 3))})
    for twin in ("cpu", "reference"):
        monkeypatch.setattr(op, "choose_twin", lambda _, twin=twin: twin)
        labels = torch.tensor([[[2**31 - 1, 2**31 - 2, 3]]], dtype=torch.int32)
        assert nearest_point(labels, packed, ONE)[0][0].tolist() == [[[1.0, 0, 0]]]
    assert sum(f.numel() for f in (packed.ids, packed.offsets)) == 5


def test_axes_may_come_in_any_order() -> None:
    case = Case(spacing=(1.0, 2.0, 5.0))
    turn = (2, 0, 1)
    labels, skeletons = case.labels(), case.skeletons()
    nearest, _ = nearest_point(labels, pack_points(skeletons), case.spacing)
    turned, _ = nearest_point(
        labels.permute(turn),
        pack_points({i: p[:, turn] for i, p in skeletons.items()}),
        tuple(case.spacing[axis] for axis in turn),
    )
    assert torch.equal(turned, nearest[list(turn)].permute(0, *(t + 1 for t in turn)))


def test_no_voxel_is_left_unwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case()
    labels, packed = case.labels(), pack_points(case.skeletons())
    expected = nearest_point_cpu(labels, packed, case.spacing, distance=True)
    empty = np.empty  # compiled by now, so that numba does not meet the poison

    def poisoned(shape: object, dtype: type = float) -> NDArray[np.float64]:
        array = empty(shape, dtype)
        array.fill(np.nan)
        return array

    monkeypatch.setattr(np, "empty", poisoned)
    found = nearest_point_cpu(labels, packed, case.spacing, distance=True)
    assert torch.equal(found[0], expected[0])
    assert torch.equal(found[1], expected[1])


def test_the_distance_is_given_only_when_asked() -> None:
    case = Case()
    packed = pack_points(case.skeletons())
    assert nearest_point(case.labels(), packed, case.spacing)[1] is None
    assert nearest_point_reference(case.labels(), packed, case.spacing)[1] is None


def test_the_arguments_are_left_alone() -> None:
    case = Case()
    labels, packed = case.labels(), pack_points(case.skeletons())
    before = [t.clone() for t in (labels, packed.planes, packed.boxes)]
    nearest_point(labels, packed, case.spacing)
    for kept, now in zip(before, (labels, packed.planes, packed.boxes), strict=True):
        assert torch.equal(kept, now)


@pytest.mark.parametrize("shape", [(2, 2), (1, 2, 2, 2)])
def test_labels_that_are_no_volume_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=f"{len(shape)} axes"):
        nearest_point(torch.zeros(shape, dtype=torch.int32), pack_points({}), ONE)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.complex64])
def test_labels_that_are_not_whole_numbers_are_refused(dtype: torch.dtype) -> None:
    with pytest.raises(ShapeError, match="integer"):
        nearest_point(torch.zeros((2, 2, 2), dtype=dtype), pack_points({}), ONE)


@pytest.mark.parametrize(
    "spacing", [(1.0, 0.0, 1.0), (1.0, -1.0, 1.0), (float("nan"),) * 3, (1.0, 1.0)]
)
def test_spacings_that_are_no_lengths_are_refused(spacing: tuple[float, ...]) -> None:
    labels: Tensor = torch.zeros((2, 2, 2), dtype=torch.int32)
    with pytest.raises(SettingsError, match="three positive numbers"):
        nearest_point(labels, pack_points({}), spacing)
