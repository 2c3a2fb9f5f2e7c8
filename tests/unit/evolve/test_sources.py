import pytest

from evaluators.bundle import split
from evolve.sources import read_program
from problems.errors import ConfigError

MAIN = "from rules import f\n\ndef g(x):\n    return f(x)"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "main.py").write_text(MAIN)
    (folder / "rules.py").write_text("def f(x):\n    return x\n")
    (folder / "notes.txt").write_text("nothing to run")
    (folder / "__pycache__").mkdir()
    return folder


def test_a_file_is_its_text(folder):
    assert read_program(folder / "main.py") == MAIN


def test_a_folder_is_all_its_programs(folder):
    whole = split(read_program(folder))

    assert whole.main == MAIN + "\n"
    assert whole.texts == {"rules.py": "def f(x):\n    return x\n"}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("os.py", "", "'os.py': there is such a module"),
        ("My-Rules.py", "", "cannot be the name"),
        ("more.py", "x = 1\n# FILE other.py\n", "begins with '# FILE '"),
    ],
)
def test_a_folder_that_is_no_program_is_refused(folder, name, text, words):
    (folder / name).write_text(text)

    with pytest.raises(ConfigError, match="mine") as error:
        read_program(folder)
    assert words in str(error.value)


def test_a_folder_needs_a_main_program(folder):
    (folder / "main.py").unlink()

    with pytest.raises(ConfigError, match=r"has no main\.py"):
        read_program(folder)
