"""Embeddings behind the ChatModel port: texts go in, vectors come out, as a text.

So these calls are retried, booked, kept, recorded and replayed like all others.
"""

import base64
import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from evolve.llm.client import Answer, LiteLlmModel
from evolve.llm.faults import Cure, Fault
from prompts.records import Prompt

Vectors = npt.NDArray[np.float32]


class LiteLlmEmbedder(LiteLlmModel):
    """An embedding model that litellm calls; its prompts are made by ``embedding``."""

    async def _try(self, prompt: Prompt, seed: int) -> Answer | Fault:  # noqa: ARG002
        texts: list[str] = json.loads(prompt.user)

        def read(reply: Any) -> Answer | Fault:
            return _read(reply, len(texts))

        request = {"input": texts, "encoding_format": "float"}
        return await self._send("aembedding", request, read)


def pack(vectors: Sequence[Sequence[float]]) -> str:
    """Write vectors at unit length as JSON: half floats, little-endian, in base64.

    Raises
    ------
    ValueError
        If one is empty, has no direction, or another length than the first.
    """
    packed = []
    for vector in vectors:
        length = math.hypot(*vector)
        if not math.isfinite(length) or not length or len(vector) != len(vectors[0]):
            raise ValueError("no vectors of one kind")
        unit = (np.asarray(vector, dtype=np.float64) / length).astype("<f2")
        packed.append(base64.b64encode(unit.tobytes()).decode("ascii"))
    return json.dumps(packed)


def unpack(text: str, count: int) -> Vectors | None:
    """Read ``count`` vectors, a row each, at unit length; None if it is not those."""
    try:
        rows = [np.frombuffer(base64.b64decode(t), "<f2") for t in json.loads(text)]
        found = np.stack(rows).astype(np.float32)
    except (ValueError, TypeError):
        return None
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    if len(found) != count or not np.isfinite(lengths).all() or not lengths.all():
        return None
    unit: Vectors = found / lengths
    return unit


def _read(reply: Any, count: int) -> Answer | Fault:
    data = list(getattr(reply, "data", None) or ())
    try:
        data.sort(key=lambda entry: int(entry["index"]))
        text = pack([[float(x) for x in entry["embedding"]] for entry in data])
    except (ValueError, TypeError, LookupError):
        return Fault(cure=Cure.RETRY, message="an answer without proper embeddings")
    if len(data) != count:
        message = f"{len(data)} embeddings for {count} texts"
        return Fault(cure=Cure.RETRY, message=message)
    tokens = getattr(getattr(reply, "usage", None), "prompt_tokens", None)
    known = isinstance(tokens, int) and tokens > 0
    return Answer(
        text=text,
        model=str(getattr(reply, "model", None) or ""),
        finish_reason="stop",
        prompt_tokens=tokens if known else None,
        completion_tokens=0 if known else None,
    )
