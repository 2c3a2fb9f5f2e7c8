"""Files of the pack ``vm_resched``."""

import pytest

from problems.errors import ConfigError
from problems.vm_resched.importer import read
from problems.vm_resched.verify import verify
from tests.fakes.instance_files import CLUSTER


def test_a_file_is_read(tmp_path):
    path = tmp_path / "one.txt"
    path.write_text(CLUSTER)
    (found,) = read(path)
    one = found.instance
    assert (one.id, one.limit, one.host) == ("one", 2, (0, 1, 1))
    assert (one.cores, one.memory) == ((88, 44, 44), (256, 128, 128))
    assert one.vm_node == (0, 2, 1, 0)
    assert one.vm_width == (1, 1, 2, 1)
    assert one.vm_service == (None, 0, None, 0)
    assert not found.reference.proved
    judged = verify(one, "", {"migrations": []})
    assert judged.objective >= found.reference.lower > 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: the file ends without a machine"),
        ("machine 8 8\nvm 0 1 1\n", "line 3: the file ends without a limit"),
        ("limit 2\nmachine 8 8\n", "line 3: the file ends without a vm"),
        ("limit 0\n", "line 1: '0' is not an integer of 1 to 1000"),
        ("limit 1\nlimit 1\n", "line 2: more than 1 lines of kind 'limit'"),
        ("machine 8 8 8\n", "line 1: 3 values, not 2 or 4"),
        ("machine 8 -8\n", "line 1: '-8' is not"),
        ("machine 8 1e3\n", "line 1: '1e3' is not"),
        ("machine 8 " + "9" * 5000, "line 1: '999"),
        ("machine 8 8\nvm 1 1 1\n", "line 2: no node '1'"),
        ("machine 8 8\nvm 0.1 1 1\n", r"line 2: no node '0\.1'"),
        ("machine 8 8\nvm 0.* 2 2\n", r"line 2: no node '0\.\*'"),
        ("machine 8 8 8 8\nvm 0.* 3 2\n", "line 2: .*odd"),
        ("machine 8 8\nvm 0 4 4\nvm 0 4 5\n", "line 3: the VM does not fit on 0"),
        ("machine 8 8\nvm 0 1 1 a\nvm 0 1 1 a\n", "line 3: a second VM of service 'a'"),
        ("machine 8 8\nvm 0 1\n", "line 2: 2 values"),
        ("pm 8 8\n", "line 1: unknown kind of line 'pm'"),
        ("machine 8 8\n" * 1_000_000, "line 501: more than 500 lines"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(tmp_path, text, words):
    path = tmp_path / "bad.txt"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "bad.txt"
    path.write_bytes(b"limit 1\n\xff\n")
    with pytest.raises(ConfigError, match="line"):
        read(path)
