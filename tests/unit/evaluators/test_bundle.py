import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.bundle import MOST_FILES, Bundle, File, fault, join, split

LINES = st.lists(
    st.sampled_from(
        ["# FILE a.py", "# FILE ../b.py", " # FILE c.py", "# FILE", "x = 1", "", "\r"]
    )
    | st.text(max_size=8)
)
TEXTS = LINES.map("\n".join)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,9}\.py", fullmatch=True)


def ended(text):
    return text if not text or text.endswith("\n") else text + "\n"


BODIES = TEXTS.filter(lambda text: not split("\n" + text).files).map(ended)
BUNDLES = st.builds(
    lambda main, files: Bundle(main=main, files=tuple(files)),
    BODIES,
    st.lists(st.builds(File, NAMES, BODIES), max_size=4),
)


@given(TEXTS)
def test_any_text_comes_back_as_it_was(text):
    parts = split(text)
    fault(parts)

    assert join(parts) in (text, text + "\n")
    assert split(join(parts)) == parts


@given(BUNDLES)
def test_what_was_joined_is_split_again(bundle):
    assert split(join(bundle)) == bundle


def test_a_program_of_one_file_stays_as_it_is():
    text = "# FILES are no matter\nx = '# FILE '\n  # FILE a.py\n"

    assert split(text) == Bundle(main=text)
    assert fault(split(text)) is None


def test_files_are_told_apart():
    parts = split("x = 1\n# FILE a.py\ny = 2\n# FILE b.py\n# FILE c.py\nz")

    assert parts.main == "x = 1\n"
    assert parts.texts == {"a.py": "y = 2\n", "b.py": "", "c.py": "z"}
    assert [file.module for file in parts.files] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("os.py", "there is such a module"),
        ("numpy.py", "there is such a module"),
        ("main.py", "there is such a module"),
        ("evaluators.py", "there is such a module"),
        ("a/b.py", "without a folder"),
        ("../b.py", "without a folder"),
        ("__init__.py", "lower-case"),
        ("Rules.py", "lower-case"),
        ("class.py", "cannot be the name"),
        ("ä.py", "lower-case"),
        (f"{'x' * 41}.py", "lower-case"),
    ],
)
def test_a_name_that_may_not_be_is_told(name, words):
    told = fault(split(f"x = 1\n# FILE {name}\n"))

    assert told is not None
    assert words in told


def test_neither_twice_nor_too_many():
    assert "twice" in fault(split("# FILE a.py\n# FILE a.py\n"))
    files = tuple(File(f"f{i}.py", "") for i in range(MOST_FILES + 1))
    assert f"has {MOST_FILES + 1} helper files" in fault(Bundle(main="", files=files))
    assert fault(Bundle(main="", files=files[1:])) is None
