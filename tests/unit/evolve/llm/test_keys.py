import pytest

from evolve.errors import ModelUnavailableError
from evolve.llm.keys import find_secrets
from evolve.llm.settings import ModelSettings

URL = "http://127.0.0.1:1/v1"


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("gpt-4o", "OPENAI_API_KEY"),
        ("openai/new-model", "OPENAI_API_KEY"),
        ("claude-sonnet-4-5", "ANTHROPIC_API_KEY"),
        ("gemini/gemini-2.5-flash", "GEMINI_API_KEY or GOOGLE_API_KEY"),
        ("mistral/mistral-small", "MISTRAL_API_KEY"),
    ],
)
def test_a_missing_key_names_its_variable(name, variable):
    with pytest.raises(ModelUnavailableError, match=f"set {variable}$"):
        find_secrets(ModelSettings(name=name), {})


def test_an_empty_key_is_a_missing_key():
    with pytest.raises(ModelUnavailableError):
        find_secrets(ModelSettings(name="gpt-4o"), {"OPENAI_API_KEY": ""})


def test_providers_that_we_do_not_know_look_for_their_key_themselves():
    found = find_secrets(ModelSettings(name="bedrock/some-model"), {})
    assert found.key is None


def test_the_named_variable_comes_before_the_usual_one():
    environ = {"OPENAI_API_KEY": "usual-key-123", "MINE": "named-key-123"}
    settings = ModelSettings(name="gpt-4o", api_key_env="MINE")
    assert find_secrets(settings, environ).key == "named-key-123"


def test_a_server_gets_the_usual_key_if_there_is_one():
    settings = ModelSettings(name="local-model", base_url=URL)
    assert find_secrets(settings, {}).key == "none"
    assert find_secrets(settings, {"OPENAI_API_KEY": "abcdefgh1"}).key == "abcdefgh1"


def test_all_secrets_are_hidden_and_longer_ones_first():
    environ = {
        "OPENAI_API_KEY": "sk-12345678",
        "OTHER_API_KEY": "sk-12345678-and-more",
        "HF_TOKEN": "short",
    }
    secrets = find_secrets(
        ModelSettings(name="gpt-4o", base_url="http://me:pass-word@host/v1"), environ
    )
    text = "sk-12345678 sk-12345678-and-more http://me:pass-word@host short none"
    assert secrets.redact(text) == "*** *** http://me:***@host short none"
    assert "sk-" not in repr(secrets)
