import pickle

import pytest

from problems import imported, registry
from problems.base import Split
from problems.errors import ConfigError
from problems.jssp.taillard import taillard
from tests.fakes import instance_files
from tests.fakes.instance_files import GOOD
from tests.fakes.tiny_problem import TINY

OBP, JSSP, SMTT = map(registry.load, ("obp", "jssp", "smtt"))


def _file(folder, text, name="case.txt"):
    file = folder / name
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("name", "text"), [(n, t) for n, ts in GOOD.items() for t in ts]
)
def test_the_good_files_are_read_with_consistent_references(tmp_path, name, text):
    found = imported.read(registry.load(name), _file(tmp_path, text))
    assert found
    for one in found:
        known = one.reference
        assert known.best is None or known.best >= known.lower
        assert known.proved == (known.best == known.lower)
        assert known.method
        assert known.source


def test_bins_are_bounded_by_us_and_proved_where_the_file_meets_the_bound(tmp_path):
    first, second = imported.read(OBP, _file(tmp_path, instance_files.OR_LIBRARY))
    assert (first.reference.lower, first.reference.best) == (2, 2)
    assert first.reference.proved
    assert second.reference.proved
    (open_one,) = imported.read(OBP, _file(tmp_path, instance_files.BINS, "bins"))
    assert (open_one.reference.lower, open_one.reference.best) == (2, None)
    assert not open_one.reference.proved


def test_a_file_that_claims_fewer_bins_than_are_needed_is_refused(tmp_path):
    text = "1\nu\n150 3 1\n100\n100\n100\n"
    with pytest.raises(
        ConfigError, match=r"line 6: the file says 1 bins .* 3 are needed"
    ):
        imported.read(OBP, _file(tmp_path, text))


def test_a_shop_without_bounds_is_open_and_one_with_bounds_has_those(tmp_path):
    (plain,) = imported.read(JSSP, _file(tmp_path, instance_files.SHOP))
    assert (plain.reference.lower, plain.reference.best) == (7, None)
    assert not plain.reference.proved
    (known,) = imported.read(JSSP, _file(tmp_path, instance_files.SHOPS))
    assert (known.reference.best, known.reference.proved) == (7, True)
    raised = instance_files.SHOPS.replace('_bound": 7', '_bound": 9')
    (said,) = imported.read(JSSP, _file(tmp_path, raised))
    assert (said.reference.lower, said.reference.method) == (9, "as the file says")


@pytest.mark.parametrize(
    ("bounds", "fault"),
    [
        ('"lower_bound": 9, "upper_bound": 8', "upper_bound 8 is below .* 9"),
        ('"upper_bound": 6', "upper_bound 6 is below the lower bound 7"),
        ('"lower_bound": "7"', "lower_bound '7' is not a whole number"),
        ('"lower_bound": -1', "lower_bound '-1' is not a whole number"),
    ],
)
def test_contradictory_bounds_are_refused_with_the_line(tmp_path, bounds, fault):
    text = (
        '{\n"a": {"duration_matrix": [[3, 2], [2, 4]],\n'
        f'"machines_matrix": [[0, 1], [1, 0]], "metadata": {{{bounds}}}}}}}'
    )
    with pytest.raises(ConfigError, match=f"line 2: 'a': {fault}"):
        imported.read(JSSP, _file(tmp_path, text))


def test_a_known_instance_keeps_the_bounds_of_the_pack(tmp_path):
    ours = taillard()[0]
    rows = (
        " ".join(f"{m} {p}" for m, p in zip(*row, strict=True))
        for row in zip(ours.machines, ours.times, strict=True)
    )
    file = _file(tmp_path, f"{ours.n} {ours.m}\n" + "\n".join(rows), "ta01.txt")
    (one,) = imported.read(JSSP, file)
    assert one.instance == ours
    assert one.reference == JSSP.reference(ours)


def test_a_folder_is_read_by_name_without_what_is_no_data(tmp_path):
    _file(tmp_path, instance_files.SHOP, "b.txt")
    _file(tmp_path, instance_files.SHOP, "a.txt")
    for name in ("README.md", "LICENSE", ".hidden"):
        _file(tmp_path, "no instance", name)
    found = imported.read(JSSP, tmp_path)
    assert [one.instance.id for one in found] == ["a", "b"]


def test_two_instances_of_one_name_are_refused(tmp_path):
    _file(tmp_path, instance_files.OR_LIBRARY, "a.txt")
    _file(tmp_path, instance_files.OR_LIBRARY, "b.txt")
    with pytest.raises(ConfigError, match=r"b\.txt, line 1: a second .* 'u3_00'"):
        imported.read(OBP, tmp_path)


def test_names_that_cannot_be_shown_are_refused(tmp_path):
    file = _file(tmp_path, instance_files.BINS.replace('"a"', r'"a\nb"'))
    with pytest.raises(ConfigError, match="cannot be the name") as caught:
        imported.read(OBP, file)
    assert "\n" not in str(caught.value)


class _Bomb:
    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return open, (self.file, "w")


@pytest.mark.parametrize("protocol", [0, 5])
@pytest.mark.parametrize("name", GOOD)
def test_a_pickle_is_refused_and_never_loaded(tmp_path, name, protocol):
    file, harm = tmp_path / "case.pkl", tmp_path / "harm"
    file.write_bytes(pickle.dumps(_Bomb(str(harm)), protocol))
    with pytest.raises(ConfigError, match=r"case\.pkl,? line \d+: "):
        imported.read(registry.load(name), file)
    assert not harm.exists()


def test_other_faults_of_a_path_are_one_clear_line(tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match="no such file"):
        imported.read(OBP, tmp_path / "none")
    with pytest.raises(ConfigError, match="no instance files"):
        imported.read(OBP, tmp_path)
    (tmp_path / "bytes").write_bytes(b"1\nu\xff")
    with pytest.raises(ConfigError, match="bytes, line 2: byte 0xff is no text"):
        imported.read(OBP, tmp_path / "bytes")
    monkeypatch.setattr(imported, "MAX_BYTES", 9)
    with pytest.raises(ConfigError, match="more than the 9"):
        imported.read(OBP, _file(tmp_path, instance_files.BINS))
    with pytest.raises(ConfigError, match="reads no instance files"):
        imported.read(TINY, tmp_path / "bytes")


def test_imported_instances_replace_one_split_and_leave_the_others(tmp_path):
    found = imported.read(SMTT, _file(tmp_path, instance_files.TARDY))
    problem = imported.on(SMTT, found)
    (one,) = problem.instances(imported.SPLIT)
    assert problem.reference(one) == found[0].reference
    assert problem.instances(Split.TRAIN) == SMTT.instances(Split.TRAIN)
    ours = SMTT.instances(Split.TRAIN)[0]
    assert problem.reference(ours) == SMTT.reference(ours)
