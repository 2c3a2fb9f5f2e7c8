from evolve.agents.glia.transcript import shortened, size, stops, without_code, words
from prompts.records import Message, ToolCall

CALL = ToolCall(id="1", name="evaluate", arguments='{"code": "secret"}')


def tool(text):
    return Message(role="tool", text=text, answers="1")


def test_the_oldest_results_are_shortened_first_and_only_as_far_as_needed():
    history = (tool("a" * 1000), Message(role="user", text="u" * 1000), tool("b" * 900))
    assert shortened(history, 2900) == history
    first = shortened(history, 2500)
    assert first[1:] == history[1:]
    assert first[0].text.startswith("a" * 200 + " [... 800 characters left out")
    both = shortened(history, 1500)
    assert [len(m.text) < 300 for m in both] == [True, False, True]
    assert shortened(history, 10) == both  # words are never shortened
    assert size(both) < size(first) < size(history)


def test_a_result_that_would_not_become_shorter_stays():
    history = (tool("a" * 240),)
    assert shortened(history, 1) == history


def test_the_supervisor_reads_words_but_neither_code_nor_results():
    history = (
        Message(role="assistant", text="old", calls=()),
        Message(
            role="assistant",
            text="I try it.\n```python\nx = 1\n```\nNow.",
            calls=(CALL,),
        ),
        tool("gap 0.1"),
        Message(role="user", text="advice"),
    )
    text = words(history, 1)
    assert text == "I try it.\n[code]\nNow.\n\n[calls evaluate]"


def test_a_fence_that_is_never_closed_hides_the_rest():
    assert without_code("a\n~~~\nb\n```\nc") == "a\n[code]"


def test_only_the_first_word_stops():
    assert stops("STOP")
    assert stops("**STOP**. Nothing more.")
    assert not stops("Do not STOP.")
    assert not stops("Stop polishing constants.")
    assert not stops("")
