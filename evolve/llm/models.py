"""Open a model by its name."""

from pathlib import Path

from evolve.llm.replay import RecordingModel, ReplayModel
from evolve.llm.scripted import ScriptedModel
from evolve.llm.settings import ModelSettings
from evolve.ports import ChatModel

__all__ = ["ModelSettings", "open_embedder", "open_model"]


def open_model(settings: ModelSettings) -> ChatModel:
    """Open the model that ``settings`` name; nothing is asked yet.

    Raises
    ------
    ConfigError
        If a script or a recording cannot be read, or a price is given by half.
    ModelUnavailableError
        If the model needs a key and there is none.
    """
    return _recorded(_open(settings), settings)


def open_embedder(settings: ModelSettings) -> ChatModel:
    """Open an embedding model: ``replay:FILE`` or any name that litellm knows.

    Raises
    ------
    ConfigError
        If a recording cannot be read.
    ModelUnavailableError
        If the model needs a key and there is none.
    """
    kind, _, rest = settings.name.partition(":")
    if kind == "replay":
        return _recorded(ReplayModel(Path(rest), name=settings.name), settings)
    from evolve.llm.embedding import LiteLlmEmbedder

    return _recorded(LiteLlmEmbedder(settings), settings)


def _recorded(model: ChatModel, settings: ModelSettings) -> ChatModel:
    if settings.record is None:
        return model
    return RecordingModel(model, Path(settings.record))


def _open(settings: ModelSettings) -> ChatModel:
    kind, _, rest = settings.name.partition(":")
    if kind == "scripted":
        return ScriptedModel.read(Path(rest), name=settings.name)
    if kind == "replay":
        return ReplayModel(Path(rest), name=settings.name)
    from evolve.llm.client import LiteLlmModel

    return LiteLlmModel(settings)
