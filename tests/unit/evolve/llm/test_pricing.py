import subprocess
import sys

import pytest

from evolve.llm.pricing import listed_price, price_of, provider_of
from evolve.llm.settings import ModelSettings
from problems.errors import ConfigError


def test_the_list_that_litellm_ships_is_read():
    assert listed_price("gpt-4o").of(1000, 1000) == pytest.approx(0.0125)
    assert listed_price("openai/gpt-4o") == listed_price("gpt-4o")


@pytest.mark.parametrize(
    "name", ["no-such-model", "local/gpt-4o", "openai/mutator", ""]
)
def test_an_unknown_price_is_none(name):
    assert listed_price(name) is None
    assert price_of(ModelSettings(name=name)) is None


def test_settings_come_first():
    settings = ModelSettings(
        name="gpt-4o",
        usd_per_million_prompt_tokens=1.0,
        usd_per_million_completion_tokens=0.0,
    )
    assert price_of(settings).of(500_000, 10) == 0.5


def test_a_server_of_ones_own_has_no_listed_price():
    assert (
        price_of(ModelSettings(name="gpt-4o", base_url="http://localhost/v1")) is None
    )


def test_half_a_price_is_refused():
    settings = ModelSettings(name="gpt-4o", usd_per_million_prompt_tokens=1.0)
    with pytest.raises(ConfigError, match="both"):
        price_of(settings)


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("gpt-4o", "openai"),
        ("claude-sonnet-4-5", "anthropic"),
        ("openai/anything", "openai"),
        ("qwen/x", "qwen"),
        ("no-such-model", None),
    ],
)
def test_names_tell_the_provider(name, provider):
    assert provider_of(name) == provider


def test_prices_and_models_do_not_import_the_client_libraries():
    code = (
        "import sys; from evolve.llm.models import open_model, ModelSettings; "
        "import evolve.agents.llm, evolve.llm.client; "
        "m = open_model(ModelSettings(name='openai/gpt-4o', base_url='http://x/v1')); "
        "from evolve.llm.pricing import listed_price; assert listed_price('gpt-4o'); "
        "print(sorted({'litellm', 'openai', 'jinja2', 'httpx'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
