"""Programs and the solver, against brute force, and against the conditions that only a best solution meets."""

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neocloud.rules.planning.program import Entries, Program
from neocloud.rules.planning.solver import Solver
from tests.planning import quick


@st.composite
def programs(draw: st.DrawFn, *, whole: bool) -> tuple[Program, np.ndarray]:
    """Two blocks of rows and of columns, and the matrix that they are."""
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(2, 7))
    amounts = draw(st.lists(st.integers(0, 5), min_size=rows * columns, max_size=rows * columns))
    dense = np.array(amounts, dtype=np.float64).reshape(rows, columns)
    room = np.array(draw(st.lists(st.integers(0, 12), min_size=rows, max_size=rows)), dtype=np.float64)
    worth = np.array(draw(st.lists(st.integers(-3, 9), min_size=columns, max_size=columns)), dtype=np.float64)
    program = Program()
    assert [program.add_rows("first", room[:1]), program.add_rows("rest", room[1:])] == [0, 1]
    for name, part in (("left", slice(0, 1)), ("right", slice(1, columns))):
        row, column = np.nonzero(dense[:, part])
        entries = Entries(column, row, dense[:, part][row, column])
        kinds = np.full(len(worth[part]), whole)
        program.add_columns(name, worth[part], (entries,), most=None if whole else worth[part] % 3, whole=kinds)
    return program, dense


@given(programs(whole=False))
@quick
def test_the_matrix_has_every_amount_in_its_place(case: tuple[Program, np.ndarray]) -> None:
    program, dense = case
    begins, rows, amounts = program.matrix()
    found = np.zeros_like(dense)
    for column in range(dense.shape[1]):
        for i in range(begins[column], begins[column + 1]):
            found[rows[i], column] += amounts[i]
    assert found.tolist() == dense.tolist()
    assert program.rows == {"first": slice(0, 1), "rest": slice(1, len(dense))}
    assert program.columns == {"left": slice(0, 1), "right": slice(1, dense.shape[1])}


@given(programs(whole=True))
@quick
def test_no_choice_of_whole_columns_is_worth_more(case: tuple[Program, np.ndarray]) -> None:
    program, dense = case
    solution = Solver(program).solve()
    choices = [np.array(bits) for bits in product((0, 1), repeat=dense.shape[1])]
    best = max(float(program.worth @ each) for each in choices if (dense @ each <= program.room).all())
    assert abs(solution.worth - best) <= 1e-4 * abs(best) + 1e-9
    assert np.abs(solution.columns - solution.columns.round()).max() < 1e-6
    assert (dense @ solution.columns.round() <= program.room).all()


@given(programs(whole=False))
@quick
def test_a_relaxed_solution_and_its_duals_prove_each_other(case: tuple[Program, np.ndarray]) -> None:
    program, dense = case
    found = Solver(program, relaxed=True).solve()
    assert (found.columns >= -1e-7).all() and (found.columns <= program.most + 1e-7).all()
    assert (dense @ found.columns <= program.room + 1e-7).all()
    assert (found.duals >= -1e-7).all()
    reduced = np.maximum(program.worth - dense.T @ found.duals, 0.0)
    assert abs(program.room @ found.duals + program.most @ reduced - found.worth) < 1e-6
    assert abs(program.worth @ found.columns - found.worth) < 1e-6


@given(programs(whole=False), st.integers(0, 20), st.integers(-5, 9))
@quick
def test_a_program_that_was_changed_is_solved_as_one_that_is_new(
    case: tuple[Program, np.ndarray], room: int, worth: int
) -> None:
    program, dense = case
    warm = Solver(program, relaxed=True)
    warm.solve()
    rooms, worths, most = program.room, program.worth, program.most
    rooms[0], worths[0], most[-1] = room, worth, 1.0
    warm.set_room(program.rows["first"], rooms[:1])
    warm.set_worth(worths)
    warm.set_most(np.array([dense.shape[1] - 1]), most[-1:])
    cold = Program()
    cold.add_rows("all", rooms)
    row, column = np.nonzero(dense)
    cold.add_columns("all", worths, (Entries(column, row, dense[row, column]),), most=most)
    assert abs(warm.solve().worth - Solver(cold, relaxed=True).solve().worth) < 1e-7


def test_a_program_without_columns_is_worth_nothing() -> None:
    program = Program()
    program.add_rows("rows", np.ones(3))
    solution = Solver(program).solve()
    assert (solution.worth, solution.columns.tolist(), solution.duals.tolist()) == (0.0, [], [0.0, 0.0, 0.0])
