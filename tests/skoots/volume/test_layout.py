"""Letters, given or guessed, find Z, Y, X; a choice that is missing is asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.errors import AxesError, SourceError
from skoots.volume.layout import Choice, make_layout
from skoots.volume.tiling import whole


@settings(deadline=None)
@given(
    letters=st.permutations("TCZYX"), time=st.integers(0, 1), channel=st.integers(0, 2)
)
def test_axes_in_any_order_give_the_same_volume(
    letters: list[str], time: int, channel: int
) -> None:
    array = np.arange(2 * 3 * 4 * 5 * 6).reshape(2, 3, 4, 5, 6)
    turned = array.transpose(["TCZYX".index(a) for a in letters])
    choice = Choice(channel=channel, time=time)
    layout = make_layout("".join(letters), turned.shape, choice, "a")
    volume = layout.arrange(turned[layout.index(whole(layout.shape))])
    np.testing.assert_array_equal(volume, array[time, channel])


@pytest.mark.parametrize(
    ("letters", "shape", "expected"),
    [
        (None, (5, 6), (1, 5, 6)),
        (None, (4, 5, 6), (4, 5, 6)),
        (None, (1, 1, 4, 5, 6), (4, 5, 6)),
        (None, (1, 5, 6), (1, 5, 6)),
        ("QYX", (4, 5, 6), (4, 5, 6)),
        ("IYX", (4, 5, 6), (4, 5, 6)),
        ("TZCYXS", (1, 4, 1, 5, 6, 1), (4, 5, 6)),
        ("QZYX", (4, 1, 5, 6), (4, 5, 6)),
        ("YX", (5, 6), (1, 5, 6)),
    ],
)
def test_what_a_file_leaves_open_is_filled_in(
    letters: str | None, shape: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert make_layout(letters, shape, Choice(), "a").shape == expected


@pytest.mark.parametrize(
    ("letters", "shape", "choice", "message"),
    [
        (
            "TZYX",
            (3, 4, 5, 6),
            Choice(),
            r"3 time points: T=3.* 0 to 2 with time of open_source \(--time\)\.",
        ),
        ("TYX", (3, 5, 6), Choice(), r"\(--axes ZYX\) if they are the planes"),
        (
            "CZYX",
            (3, 4, 5, 6),
            Choice(),
            r"3 channels: .* 0 to 2 with channel of .*\(--channel\)\.",
        ),
        ("CZYX", (3, 4, 5, 6), Choice(channel=3), "no channel 3: .*from 0 to 2"),
        ("CZYX", (3, 4, 5, 6), Choice(channel=-1), "no channel -1"),
        ("ZYX", (4, 5, 6), Choice(channel=1), "no channel 1"),
        ("ZYX", (4, 5, 6), Choice(time=1), "no time 1"),
        ("CYXS", (2, 5, 6, 3), Choice(channel=1), "both channels and colours"),
        ("QQYX", (2, 3, 5, 6), Choice(), "no volume's: Q=2, Q=3"),
        ("RZYX", (2, 3, 5, 6), Choice(), "no volume's: R=2"),
        (None, (2, 3, 4, 5), Choice(), "4 axes without names: 2 x 3 x 4 x 5"),
        (None, (7,), Choice(), "1 axes without names"),
        ("ZYX", (4, 5, 6), Choice("YX"), "YX name 2 dimensions, but a has 3"),
        ("ZYX", (4, 5, 6), Choice("ZZX"), "ZZX cannot be used"),
        ("ZYX", (4, 5, 6), Choice("ZYW"), "ZYW cannot be used"),
        ("ZYX", (4, 5, 6), Choice("CTZ"), "CTZ cannot be used"),
    ],
)
def test_what_cannot_be_decided_is_asked_for(
    letters: str | None, shape: tuple[int, ...], choice: Choice, message: str
) -> None:
    with pytest.raises(AxesError, match=message):
        make_layout(letters, shape, choice, "a")


def test_letters_of_a_user_go_first_and_may_be_small() -> None:
    layout = make_layout("ZYX", (4, 5, 6), Choice("xyz"), "a")
    assert (layout.letters, layout.shape) == ("XYZ", (6, 5, 4))


def test_letters_of_a_user_may_leave_out_axes_of_length_1() -> None:
    layout = make_layout("TZCYXS", (7, 1, 1, 5, 6, 1), Choice("ZYX"), "a")
    assert layout.shape == (7, 5, 6)


def test_the_only_channel_and_time_may_be_chosen() -> None:
    assert make_layout("ZYX", (4, 5, 6), Choice(None, 0, 0), "a").shape == (4, 5, 6)


def test_an_empty_axis_is_refused() -> None:
    with pytest.raises(SourceError, match="a is empty: its axes are Z=0, Y=5, X=6"):
        make_layout("ZYX", (0, 5, 6), Choice(), "a")
