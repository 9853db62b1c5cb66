"""Files appear whole or not at all."""

from __future__ import annotations

import pytest

from carbon.whole import write_whole, writing


def test_a_file_takes_its_place_at_the_end(tmp_path):
    """Proves that a text and bytes are written as they are, over what stood there, and nothing is left beside."""
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")
    write_whole(path, "neu\r\nü\n")
    assert path.read_bytes() == "neu\r\nü\n".encode()
    write_whole(path, b"\x00")
    assert path.read_bytes() == b"\x00" and list(tmp_path.iterdir()) == [path]


def test_what_fails_midway_changes_nothing(tmp_path):
    """Proves that an error of whoever writes leaves the former file, and passes through."""
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(ValueError, match="midway"), writing(path) as stream:
        stream.write(b"half")
        raise ValueError("midway")
    assert path.read_text(encoding="utf-8") == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["no folder/a.txt", "folder"])
def test_what_cannot_be_written_is_named(tmp_path, name):
    """Proves that the error names the file that was asked for, not a temporary one, and nothing is left beside."""
    (tmp_path / "folder" / "full").mkdir(parents=True)
    with pytest.raises(OSError, match=name) as caught:
        write_whole(tmp_path / name, "x")
    assert caught.value.filename == str(tmp_path / name)
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


def test_a_name_as_long_as_the_disk_allows(tmp_path):
    """Proves that the file written meanwhile needs no longer name than the file itself."""
    path = tmp_path / ("n" * 255)
    write_whole(path, "x")
    assert path.read_text(encoding="utf-8") == "x"
