import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.bundle import split
from evolve.patch import (
    MAX_SOURCE_BYTES,
    Patched,
    Refused,
    apply,
    check,
    normalised_digest,
    program_id,
    split_blocks,
)
from evolve.program import normal_id
from evolve.records import Reason
from tests.fakes.openai_mutator import as_diff

PARENT = '''"""A rule."""

import math

# EVOLVE-BLOCK-START
def priority(job, state):
    slack = job.d - state.t
    if slack < 0:
        return slack
    return job.p + slack
# EVOLVE-BLOCK-END


def frozen(x):
    return x + 1
'''


def diff(search, replace):
    return f"<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n"


def patch(text, form="diff", finish_reason="stop", parent=PARENT):
    return apply(
        parent, text, entry_point="priority", form=form, finish_reason=finish_reason
    )


def refused(text, **how):
    outcome = patch(text, **how)
    assert isinstance(outcome, Refused), outcome
    assert outcome.detail
    return outcome


def patched(text, **how):
    outcome = patch(text, **how)
    assert isinstance(outcome, Patched), outcome
    return outcome


GOOD = diff("    return job.p + slack", "    return job.p * slack")


def test_the_id_is_the_head_of_the_sha256():
    digest = "ba7816bf8f01cfea414140de5dae2223"
    assert program_id("abc") == digest


def test_split_gives_back_the_whole_text():
    blocks = split_blocks(PARENT)
    assert blocks.before + blocks.block + blocks.after == PARENT
    assert blocks.block.startswith("def priority")
    assert blocks.after.startswith("# EVOLVE-BLOCK-END")


@pytest.mark.parametrize(
    "source",
    [
        "",
        "# EVOLVE-BLOCK-START\n",
        "# EVOLVE-BLOCK-END\n# EVOLVE-BLOCK-START\n",
        PARENT + PARENT,
        PARENT.replace("slack = ", "s = '\x0c# EVOLVE-BLOCK-END\x0c'; slack = "),
    ],
)
def test_a_program_needs_exactly_one_pair_of_markers(source):
    assert split_blocks(source) is None


def test_an_edit_changes_one_line_and_keeps_the_words_around_it():
    outcome = patched(f"Products separate better.\n\n{GOOD}")
    assert outcome.source == PARENT.replace("job.p + slack", "job.p * slack")
    assert outcome.rationale == "Products separate better."


@pytest.mark.parametrize(
    "text",
    [
        f"```\n{GOOD}```",
        f"```diff\n{GOOD}```",
        GOOD.replace("SEARCH\n", "SEARCH   \n").replace("slack\n", "slack  \t\n"),
        GOOD.replace("\n", "\r\n"),
        diff("return job.p + slack", "return job.p * slack"),
        diff("return  job.p  +  slack", "return job.p * slack"),
        diff(
            "```python\n    return job.p + slack\n```",
            "```python\n    return job.p * slack\n```",
        ),
        "<think>maybe\n```python\nx\n```\n</think>\n" + GOOD,
    ],
)
def test_edits_are_read_with_fences_and_loose_white_space(text):
    lines = [line.rstrip() for line in patched(text).source.split("\n")]
    assert lines == PARENT.replace("p + slack", "p * slack").split("\n")


def test_edits_apply_one_after_the_other():
    text = GOOD + diff("    return job.p * slack", "    return job.p * slack * 2")
    assert "return job.p * slack * 2\n" in patched(text).source


def test_an_edit_may_show_the_marker_if_it_keeps_it():
    text = diff(
        "# EVOLVE-BLOCK-START\ndef priority(job, state):",
        "# EVOLVE-BLOCK-START\nimport heapq\ndef priority(job, state):",
    )
    assert "# EVOLVE-BLOCK-START\nimport heapq\n" in patched(text).source


def test_an_ambiguous_edit_is_refused_with_its_places():
    parent = PARENT.replace("        return slack\n", "        return job.p + slack\n")
    outcome = refused(diff("return job.p + slack", "return 0"), parent=parent)
    assert outcome.reason is Reason.NO_MATCH
    assert "lines 9, 10" in outcome.detail


def test_a_search_that_is_not_there_is_refused_with_the_nearest_line():
    outcome = refused(diff("    return job.p + slak", "    return 0"))
    assert outcome.reason is Reason.NO_MATCH
    assert "'return job.p + slack'" in outcome.detail


def test_an_empty_search_is_refused():
    assert refused(diff("", "return 0")).reason is Reason.NO_MATCH


@pytest.mark.parametrize(
    "text",
    [
        diff("    return x + 1", "    return x + 2"),
        diff("import math", "import os"),
        diff("# EVOLVE-BLOCK-END", ""),
        diff("# EVOLVE-BLOCK-START", "import os\n# EVOLVE-BLOCK-START"),
        diff("    return job.p + slack", "    return 1\n# EVOLVE-BLOCK-END"),
        GOOD + diff("# EVOLVE-BLOCK-START", "") + GOOD.replace(" + ", " * "),
    ],
)
def test_an_edit_outside_the_block_is_refused(text):
    assert refused(text).reason is Reason.OUTSIDE_BLOCK


def test_an_edit_of_frozen_code_names_its_reason():
    outcome = refused(diff("    return x + 1", "    return x + 2"))
    assert outcome.reason is Reason.OUTSIDE_BLOCK


NEW = "def priority(job, state):\n    return job.d / max(job.p, 1)\n"


@pytest.mark.parametrize(
    "text",
    [
        f"Ratio.\n```python\n{NEW}```\n",
        f"Ratio.\n\n````\n{NEW}````\n",
        f"Ratio.\n~~~py\n{NEW}~~~\n",
        f"Ratio.\n```python\n# EVOLVE-BLOCK-START\n{NEW}# EVOLVE-BLOCK-END\n```\n",
        "Ratio.\n```python\n"
        + PARENT.replace(split_blocks(PARENT).block, NEW)
        + "```\n",
        f"Ratio.\n```python\n{NEW}",
        NEW,
    ],
)
def test_a_rewrite_replaces_the_block_and_nothing_else(text):
    outcome = patched(text, form="rewrite")
    assert outcome.source == PARENT.replace(split_blocks(PARENT).block, NEW)


def test_of_several_code_blocks_the_last_with_the_function_counts():
    old = split_blocks(PARENT).block
    text = f"Old:\n```python\n{old}```\nNew:\n```python\n{NEW}```\n"
    text += "Use:\n```python\nprint(priority(job, state))\n```\n"
    assert NEW in patched(text, form="rewrite").source


def test_an_answer_in_the_other_form_is_accepted():
    assert NEW in patched(f"```python\n{NEW}```", form="diff").source
    assert "job.p * slack" in patched(GOOD, form="rewrite").source


def test_a_rewrite_with_an_import_above_the_block_is_refused_with_the_line():
    text = f"```python\nimport os\n{PARENT.replace('slack < 0', 'slack < 1')}```"
    outcome = refused(text, form="rewrite")
    assert outcome.reason is Reason.OUTSIDE_BLOCK
    assert "'import os'" in outcome.detail


def test_a_rewrite_may_leave_out_the_frozen_text_but_never_changes_it():
    text = f"```python\n# EVOLVE-BLOCK-START\n{NEW}# EVOLVE-BLOCK-END\n```"
    assert "def frozen(x):" in patched(text, form="rewrite").source


def test_a_block_cannot_swallow_the_frozen_text_behind_it():
    parent = PARENT + '\n# """\n'
    text = f'```python\n{NEW}TRICK = """\n```'
    outcome = refused(text, form="rewrite", parent=parent)
    assert outcome.reason is Reason.SYNTAX
    ast.parse(parent.replace(split_blocks(parent).block, NEW + 'TRICK = """\n'))


@pytest.mark.parametrize(
    ("text", "finish", "reason"),
    [
        ("", "stop", Reason.EMPTY),
        (" \n\t", "stop", Reason.EMPTY),
        ("", "length", Reason.TRUNCATED),
        ("", "content_filter", Reason.REFUSED),
        ("Use a better rule.", "stop", Reason.NO_CODE),
        ("Use a better rule, and then", "length", Reason.TRUNCATED),
        ("I'm sorry, but I can't help with that.", "stop", Reason.REFUSED),
        ("I cannot assist.", "stop", Reason.REFUSED),
        (GOOD[:60], "length", Reason.TRUNCATED),
        (GOOD[:60], "stop", Reason.NO_CODE),
        (f"```python\n{NEW}", "length", Reason.TRUNCATED),
        (f"```python\n{NEW[:-9]}", "stop", Reason.SYNTAX),
        ("```python\ndef other():\n    return 1\n```", "stop", Reason.NO_ENTRY_POINT),
        (f"```python\n{split_blocks(PARENT).block}```", "stop", Reason.UNCHANGED),
        (GOOD.replace("return job.p *", "return )"), "stop", Reason.SYNTAX),
        ("```python\npass\x00\n```", "stop", Reason.SYNTAX),
        ("```python\nx = '\ud800'\n```", "stop", Reason.SYNTAX),
        ("```python\n" + "(" * 5000 + "\n```", "stop", Reason.SYNTAX),
        ("```python\nx = " + "-" * 60_000 + "1\n```", "stop", Reason.SYNTAX),
        ("```python\nx = " + "1+" * 30_000 + "1\n```", "stop", Reason.SYNTAX),
        ("```python\n#" + "x" * MAX_SOURCE_BYTES + "\n```", "stop", Reason.SYNTAX),
        ("x" * 2_000_000, "stop", Reason.NO_CODE),
    ],
)
def test_bad_answers_have_their_reason(text, finish, reason):
    outcome = refused(text, form="rewrite", finish_reason=finish)
    assert outcome.reason is reason


def test_a_complete_answer_at_the_token_limit_is_good():
    assert patched(GOOD, finish_reason="length")
    assert patched(f"```python\n{NEW}```\nAnd so", finish_reason="length")


def test_a_syntax_error_names_its_line():
    outcome = refused(diff("    return job.p + slack", "    return job.p +"))
    assert "line 10" in outcome.detail
    assert "return job.p +" in outcome.detail


def test_comments_docstrings_and_layout_are_no_change():
    text = PARENT.replace(
        "    slack = job.d - state.t\n",
        '    """Slack first."""\n    slack = (job.d\n        - state.t)  # left\n',
    )
    outcome = refused(f"```python\n{split_blocks(text).block}```", form="rewrite")
    assert outcome.reason is Reason.UNCHANGED
    assert normalised_digest(text) == normalised_digest(PARENT)
    assert normalised_digest(PARENT) != normalised_digest(PARENT.replace("< 0", "< 1"))


def test_a_parent_without_markers_is_no_exception():
    assert refused(GOOD, parent="x = 1\n").reason is Reason.OUTSIDE_BLOCK


def test_warnings_of_the_parser_stay_inside():
    text = NEW.replace("return", r"s = '\d'; return")
    assert patched(f"```python\n{text}```", form="rewrite")


CODE = st.lists(
    st.sampled_from(
        [
            "    slack = job.d - state.t",
            "    slack = job.d",
            "    if state.t:\n        return 0",
            "    slack += 1",
            "    # a note",
            "",
            "    slack = max(slack, 0)",
        ]
    ),
    max_size=8,
)


def a_program(lines):
    body = "\n".join(["def priority(job, state):", "    slack = 0", *lines])
    return (
        f"import math\n\n# EVOLVE-BLOCK-START\n{body}\n    return slack\n"
        "# EVOLVE-BLOCK-END\n"
    )


@given(old=CODE, new=CODE)
def test_the_patch_of_a_diff_gives_back_the_target(old, new):
    parent, child = a_program(old), a_program(new)
    outcome = patch(as_diff(parent, child), parent=parent)
    if normalised_digest(parent) == normalised_digest(child):
        assert isinstance(outcome, Refused)
    else:
        assert isinstance(outcome, Patched), outcome
        assert outcome.source == child


FRAGMENTS = st.sampled_from(
    [
        *PARENT.split("\n"),
        "<<<<<<< SEARCH",
        "=======",
        ">>>>>>> REPLACE",
        "```python",
        "```",
        "~~~",
        "\x00",
        "\ud800",
        '"""',
        "\\",
        "import os",
        "# FILE rules.py",
        "FILE rules.py",
        "# FILE os.py",
        "from rules import weigh",
        "\x0c# EVOLVE-BLOCK-END\x0c",
        "# EVOLVE-BLOCK-END\r",
    ]
)
ANY_TEXT = st.one_of(
    st.text(),
    st.lists(st.one_of(FRAGMENTS, st.text(max_size=20)), max_size=40).map("\n".join),
)


@given(
    text=ANY_TEXT,
    form=st.sampled_from(["diff", "rewrite"]),
    finish=st.sampled_from(["stop", "length", "content_filter"]),
)
def test_no_text_raises_and_none_changes_the_frozen_part(text, form, finish):
    outcome = patch(text, form=form, finish_reason=finish)
    if isinstance(outcome, Refused):
        assert outcome.detail
        return
    old, new = split_blocks(PARENT), split_blocks(outcome.source)
    main = split(outcome.source).main
    assert new.before == old.before
    assert split_blocks(main).after == old.after
    tree = ast.parse(main)
    assert ast.dump(tree.body[-1]) == ast.dump(ast.parse(PARENT).body[-1])


@given(parent=ANY_TEXT, text=ANY_TEXT)
def test_no_parent_raises(parent, text):
    assert isinstance(patch(text, parent=parent), Patched | Refused)
    assert len(normalised_digest(parent)) == 64
    assert len(program_id(parent)) == 32


def test_an_indented_answer_is_dedented():
    text = textwrap.indent(f"```python\n{NEW}```", "   ")
    assert NEW in patched(text, form="rewrite").source


# Programs of several files.

RULES = "def weigh(x):\n    return 2 * x\n"
USING = "from rules import weigh\ndef priority(job, state):\n    return weigh(job.p)\n"
FENCED = f"```python\n{USING}```\n"
BUNDLE = (
    PARENT.replace("return job.p + slack", "return weigh(job.p)").replace(
        "import math\n\n# EVOLVE-BLOCK-START",
        "import math\n\n# EVOLVE-BLOCK-START\nfrom rules import weigh",
    )
    + f"# FILE rules.py\n{RULES}"
)


@pytest.mark.parametrize(
    "head",
    [
        "FILE rules.py",
        "# FILE rules.py",
        "**FILE rules.py**",
        "FILE: `rules.py`",
        "### File: rules.py",
        "File: **rules.py**:",
    ],
)
@pytest.mark.parametrize("form", ["diff", "rewrite"])
def test_a_new_file_follows_a_line_that_names_it(head, form):
    outcome = patched(f"Weigh.\n{FENCED}\n{head}\n\n```python\n{RULES}```\n", form=form)

    assert split(outcome.source).texts == {"rules.py": RULES}
    assert split_blocks(split(outcome.source).main).block == USING
    assert outcome.rationale == "Weigh."


def test_edits_of_the_main_program_may_come_with_a_new_file():
    edit = diff(
        "def priority(job, state):",
        "from rules import weigh\ndef priority(job, state):\n    job = weigh(job)",
    )
    for new in (f"```python\n{RULES}```", diff("", RULES.rstrip()), RULES):
        said = f"{edit}\nFILE rules.py\n{new}\n"
        assert split(patched(said).source).texts == {"rules.py": RULES}


def test_files_may_stand_in_the_block_of_code_as_programs_show_them():
    text = (
        f"```python\n{USING}# FILE rules.py\nfrom scale import k\n{RULES}"
        "# FILE scale.py\nk = 2\n```\nThat is all.\n"
    )
    source = patched(text, form="rewrite").source

    assert list(split(source).texts) == ["rules.py", "scale.py"]
    assert split_blocks(split(source).main).block == USING
    bare = text.replace("```python\n", "").replace("```\nThat is all.\n", "")
    assert patched(bare).source == source


def test_a_file_is_edited_with_and_without_its_name():
    edit = diff("    return 2 * x", "    return 3 * x")

    named = patched(f"FILE rules.py\n{edit}", parent=BUNDLE)
    assert split(named.source).texts == {"rules.py": RULES.replace("2", "3")}
    assert split(named.source).main == split(BUNDLE).main
    assert patched(edit, parent=BUNDLE).source == named.source
    both = diff("slack = job.d", "slack = 2 * job.d")
    both = f"FILE rules.py\n{edit}\nFILE main.py\n{both}".replace(
        "slack = ", "    slack = "
    )
    both = both.replace("job.d", "job.d - state.t")
    assert "2 * job.d - state.t" in patched(both, parent=BUNDLE).source


def test_a_rewrite_of_the_main_program_keeps_its_files_if_it_uses_them():
    kept = patched(FENCED, form="rewrite", parent=BUNDLE).source
    assert split(kept).texts == {"rules.py": RULES}
    gone = patched(f"```python\n{NEW}```", form="rewrite", parent=BUNDLE).source
    assert split(gone).files == ()
    assert gone == patched(f"```python\n{NEW}```", form="rewrite").source


def test_another_name_of_the_main_program_makes_no_file_of_it():
    for code in (f"```python\n{NEW}```", GOOD):
        outcome = patched(f"File: heuristic.py\n{code}")
        assert split(outcome.source).files == ()


@pytest.mark.parametrize(
    ("said", "reason", "words"),
    [
        (f"{FENCED}FILE os.py\n```\n{RULES}```", Reason.SYNTAX, "such a module"),
        (f"{FENCED}FILE a/rules.py\n```\n{RULES}```", Reason.SYNTAX, "folder"),
        (f"{FENCED}FILE rules.py\nIt weighs.", Reason.SYNTAX, "rules.py line 1"),
        (f"{FENCED}FILE rules.py\n```\n```", Reason.NO_CODE, "FILE rules.py"),
        (
            f"{FENCED}FILE rules.py\n```\nx = 1\ny = (\n```",
            Reason.SYNTAX,
            "rules.py line 2",
        ),
        (
            f"FILE rules.py\n```\n{RULES}```",
            Reason.UNCHANGED,
            "does not import rules.py",
        ),
        (
            f"{FENCED}FILE rules.py\n```\n# EVOLVE-BLOCK-START\n{RULES}```",
            Reason.OUTSIDE_BLOCK,
            "one # EVOLVE-BLOCK-START",
        ),
        (
            diff("    if slack < 0:", "# FILE rules.py\n    if slack < 0:"),
            Reason.OUTSIDE_BLOCK,
            "outside the evolve block",
        ),
        (
            FENCED + "".join(f"FILE f{i}.py\n```\nx = 1\n```\n" for i in range(9)),
            Reason.SYNTAX,
            "9 helper files",
        ),
        (
            f"{FENCED}FILE rules.py\n```\nx = '{'y' * MAX_SOURCE_BYTES}'\n```",
            Reason.SYNTAX,
            "larger than",
        ),
    ],
)
def test_what_is_wrong_with_files_is_told(said, reason, words):
    outcome = refused(said, form="rewrite" if said.startswith("```") else "diff")

    assert outcome.reason is reason
    assert words in outcome.detail


def test_an_edit_of_a_file_that_does_not_fit_names_the_file():
    outcome = refused(f"FILE rules.py\n{diff('y = 1', 'y = 2')}", parent=BUNDLE)

    assert outcome.reason is Reason.NO_MATCH
    assert outcome.detail.startswith("rules.py: SEARCH block 1:")


def test_a_file_without_an_end_was_cut():
    said = f"{FENCED}FILE rules.py\n```python\ndef weigh(x):\n"
    outcome = refused(said, form="rewrite", finish_reason="length")

    assert outcome.reason is Reason.TRUNCATED


def test_a_whole_program_with_files_can_be_checked():
    assert check(BUNDLE, "priority") is None
    broken = check(BUNDLE + "# FILE more.py\nx =\n", "priority")
    assert broken is not None
    assert broken.detail.startswith("more.py line 1")


def test_layout_of_files_and_their_order_do_not_matter():
    more = BUNDLE.replace("# FILE rules.py", "# FILE extra.py\nx = 1\n# FILE rules.py")
    other = BUNDLE.replace("return 2 * x", "return (2 * x)  # twice")
    other = other.rstrip() + "\n\n# FILE extra.py\nx = 1"

    assert normal_id(more) == normal_id(other)
    assert normalised_digest(more) == normalised_digest(other)
    for changed in (
        more.replace("x = 1", "x = 2"),
        more.replace("extra", "more"),
        BUNDLE,
    ):
        assert normal_id(changed) != normal_id(more)
        assert normalised_digest(changed) != normalised_digest(more)
