"""How large a prompt is, in tokens."""

from evolve.program import utf8
from prompts.records import Prompt


def prompt_tokens(prompt: Prompt) -> int:
    """Upper estimate of the tokens of a prompt: one for every two bytes, and a few.

    Tokenisers need one for three to four bytes of code or English.
    """
    texts = [prompt.system, prompt.user]
    texts += [message.text for message in prompt.history]
    texts += [call.arguments for m in prompt.history for call in m.calls]
    texts += [tool.doc + tool.parameters for tool in prompt.tools]
    messages = 2 + len(prompt.history) + len(prompt.tools)
    return sum(len(utf8(text)) for text in texts) // 2 + 16 * messages
