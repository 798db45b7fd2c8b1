"""A story that is not true fails: what tells stories can be trusted."""

import pytest

from tests.stories.tell import tell


@pytest.mark.parametrize(
    "line",
    [
        "book l1 acme 8 of h100 12:00-16:00 -> nothing",
        "book l1 acme 8 of h100 12:00-16:00 -> refused lease.oversold",
        "book l1 acme 33 of h100 12:00-16:00",
        "book l1 acme 33 of h100 12:00-16:00 -> ok",
        "book l1 acme 33 of h100 12:00-16:00 -> refused input.invalid",
        'book l1 acme 33 of h100 12:00-16:00 -> refused lease.oversold "short by 2 GPUs"',
        "see h100 12:00-16:00 -> 31 to 16:00",
        "dance l1",
    ],
)
def test_a_line_that_is_not_true_fails(line: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        tell(f"10:00 {line}")


def test_times_are_told_as_stories_write_them() -> None:
    tell("""
    3d12:30 book l1 acme 8 of h100 3d13:00-4d      -> ok
            see l1                                 -> confirmed by acme: 8 of h100 3d13:00-4d
            see h100 3d12:00-5d                    -> 32 to 3d13:00, 24 to 4d, 32 to 5d
    """)
