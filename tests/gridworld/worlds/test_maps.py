import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridworld import MOVES, Action, Cell, GridWorldConfig, format_layout, parse_layout


@st.composite
def maps(draw):
    """Map text of any cells, with a start and a goal somewhere."""
    n_rows, n_cols = draw(st.integers(2, 12)), draw(st.integers(2, 12))
    size = n_rows * n_cols
    cells = draw(st.lists(st.sampled_from("SG.#XC"), min_size=size, max_size=size))
    start, goal = draw(st.permutations(range(size)))[:2]
    cells[start], cells[goal] = "S", "G"
    return "\n".join("".join(cells[row : row + n_cols]) for row in range(0, size, n_cols))


@settings(deadline=None)
@given(maps())
def test_map_text_survives_the_round_trip(text):
    assert format_layout(parse_layout(text)) == text


@settings(deadline=None)
@given(maps(), st.sampled_from(["\n", "\r\n", "  \n\t"]))
def test_blank_space_around_a_map_is_ignored(text, newline):
    padded = f"\n {newline.join(text.splitlines())} \n"
    np.testing.assert_array_equal(parse_layout(padded), parse_layout(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("S..\n.#", "^layout row 1 has 2 cells, expected 3$"),
        ("S.?\n..G", r"^layout row 0, column 2 is '\?', allowed are S G \. # X C$"),
        ("s.\n.G", "^layout row 0, column 0 is 's', allowed"),
        ("  \n ", "^layout must have 2 to 100 rows, got 0$"),
        ("S.\n..", "^layout has no goal"),
        ("..\n.G", "^layout has no start"),
    ],
)
def test_wrong_map_text_is_refused_with_the_place(text, message):
    with pytest.raises(ValueError, match=message):
        parse_layout(text)


def test_the_largest_and_the_smallest_map_can_be_read():
    assert parse_layout("SG\n..").shape == (2, 2)
    rows = ["S" + "." * 99, *["." * 100] * 98, "." * 99 + "G"]
    assert parse_layout("\n".join(rows)).shape == (100, 100)


def test_frozen_lakes_letters_are_read_as_free_cells_and_pits():
    assert format_layout(parse_layout("SFFH\nFHFG")) == "S..X\n.X.G"
    assert GridWorldConfig(layout="SFFH\nFHFG").layout == "S..X\n.X.G"


def test_actions_are_numbered_clockwise_from_the_top():
    assert [(a.name, a.value) for a in Action] == [
        ("UP", 0),
        ("RIGHT", 1),
        ("DOWN", 2),
        ("LEFT", 3),
        ("UP_RIGHT", 4),
        ("DOWN_RIGHT", 5),
        ("DOWN_LEFT", 6),
        ("UP_LEFT", 7),
        ("STAY", 8),
    ]


def test_moves_are_in_the_order_of_the_actions():
    assert MOVES[[Action.UP, Action.RIGHT, Action.DOWN, Action.LEFT]].tolist() == [
        [-1, 0],
        [0, 1],
        [1, 0],
        [0, -1],
    ]


def test_a_cell_is_its_character():
    assert [(cell.name, cell) for cell in Cell] == [
        ("START", "S"),
        ("GOAL", "G"),
        ("FREE", "."),
        ("WALL", "#"),
        ("PIT", "X"),
        ("CLIFF", "C"),
    ]
    assert (parse_layout("S#\n.G") == Cell.WALL).tolist() == [[False, True], [False, False]]
