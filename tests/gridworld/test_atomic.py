import os

import pytest

from gridworld import check_writable, replacing


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("", IsADirectoryError, "is a folder, not a file$"),
        ("missing/run.npz", FileNotFoundError, "^there is no folder .*missing$"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_the_work(tmp_path, path, error, message):
    with pytest.raises(error, match=message):
        check_writable(tmp_path / path)
    assert os.listdir(tmp_path) == []


def test_a_place_that_can_be_written_is_where_the_link_leads(tmp_path):
    link = tmp_path / "link.csv"
    link.symlink_to("file.csv")
    assert check_writable(str(link)) == tmp_path.resolve() / "file.csv"
    assert os.listdir(tmp_path) == ["link.csv"]


def write(path, text, error=None):
    with replacing(path, "w") as file:
        file.write(text)
        if error:
            raise error


def test_a_writing_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.csv"
    write(path, "old\n")
    with pytest.raises(ZeroDivisionError):
        write(path, "new\n", ZeroDivisionError())
    assert path.read_text() == "old\n"
    assert os.listdir(tmp_path) == ["file.csv"]
