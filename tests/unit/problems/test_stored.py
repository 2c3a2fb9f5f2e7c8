import json
from importlib.resources import files

import pytest

from problems import registry, stored
from problems.errors import InfrastructureError


@pytest.mark.parametrize("name", registry.names())
def test_what_packs_ship_has_the_form_in_which_it_is_written(name, tmp_path):
    shipped = files(f"problems.{name}").joinpath("data", "references.json")
    if not shipped.is_file():
        pytest.skip(f"{name} keeps no references: they are closed formulas")
    text = shipped.read_text(encoding="utf-8")
    data = json.loads(text)
    head = None
    if "instances" in data:
        instances = data.pop("instances")
        head, data = data, instances
    path = tmp_path / "references.json"
    stored.write(path, [(key, *row) for key, row in data.items()], head)
    assert path.read_text(encoding="utf-8") == text


def test_what_cannot_be_written_leaves_the_old_file_whole(tmp_path, monkeypatch):
    path = tmp_path / "references.json"
    stored.write(path, [("a", 1)])
    before = path.read_text()

    def full(self, text, encoding):
        with self.open("w", encoding=encoding) as file:
            file.write(text[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(path), "write_text", full)
    with pytest.raises(InfrastructureError, match=r"cannot write .* No space left"):
        stored.write(path, [("a", 1), ("b", 2)])
    assert path.read_text() == before
    assert [one.name for one in tmp_path.iterdir()] == ["references.json"]
