"""Files of the pack ``k8s_pods``."""

import json

import pytest

from problems.errors import ConfigError
from problems.k8s_pods.importer import read
from problems.k8s_pods.verify import verify
from tests.fakes.instance_files import KUBECTL


def saved(tmp_path, change=None, text=None):
    path = tmp_path / "one.json"
    data = json.loads(KUBECTL)
    if change is not None:
        change(data["items"])
    path.write_text(json.dumps(data, indent=1) if text is None else text)
    return path


def requests(**wanted):
    return [{"resources": {"requests": wanted}}]


def test_a_cluster_is_read(tmp_path):
    (found,) = read(saved(tmp_path))
    one = found.instance
    assert (one.id, one.cpu, one.memory) == ("one", (3920,), (16384,))
    assert (one.pod_cpu, one.pod_memory) == ((1500, 9000), (477, 0))
    assert (one.pod_priority, one.pod_node) == ((100, 0), (0, None))
    assert not found.reference.proved
    assert found.reference.lower == 4
    assert verify(one, "", [0, None]).objective == 4


def test_fixed_pods_make_nodes_smaller_and_finished_ones_do_not_count(tmp_path):
    def change(items):
        daemon = json.loads(json.dumps(items[1]))
        daemon["metadata"] = {"name": "d", "ownerReferences": [{"kind": "DaemonSet"}]}
        mirror = json.loads(json.dumps(items[1]))
        mirror["metadata"] = {
            "name": "m",
            "annotations": {"kubernetes.io/config.mirror": "x"},
        }
        mirror["spec"]["containers"] = requests(cpu="100m")
        done = json.loads(json.dumps(items[1]))
        done["status"] = {"phase": "Succeeded"}
        items += [daemon, mirror, done]

    (found,) = read(saved(tmp_path, change))
    assert (found.instance.cpu, found.instance.memory) == ((2320,), (15907,))
    assert found.instance.n == 2


def test_init_containers_count_if_they_want_more(tmp_path):
    def change(items):
        items[2]["spec"]["initContainers"] = requests(cpu="20", memory="1Ki")

    (found,) = read(saved(tmp_path, change))
    assert (found.instance.pod_cpu[1], found.instance.pod_memory[1]) == (20000, 1)


def put(*keys, value):
    def change(items):
        place = items
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put(0, "status", "allocatable", "cpu", value="4 cores"), "line 7: .*quantity"),
        (put(0, "status", "allocatable", "cpu", value="-4"), "line 7: .*quantity"),
        (put(0, "status", "allocatable", "cpu", value="0"), "line 7: .*no capacity"),
        (put(0, "status", "allocatable", "memory", value=4), "line 7: .*quantity"),
        (put(0, "status", "allocatable", "cpu", value="999999999999P"), "too large"),
        (put(1, "spec", "nodeName", value="n9"), "line 19: .*not in list"),
        (put(1, "spec", "priority", value="high"), "line 19: .*priority"),
        (put(1, "spec", "containers", value=requests(cpu="4")), "line 19: .*overfull"),
        (put(2, "spec", value={}), "line 45: .*containers"),
        (put(0, "kind", value="Pod"), "line 7: .*spec"),
        (put(0, value={"kind": "Service"}), r"line \d+: .*not in list"),
        (put(1, value={"kind": "Node"}), "line 1: .*metadata"),
    ],
)
def test_a_faulty_cluster_is_refused_with_the_line_of_its_item(tmp_path, change, words):
    with pytest.raises(ConfigError, match=words) as caught:
        read(saved(tmp_path, change))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1"),
        (KUBECTL[:400], "line "),
        ("{}", "line 1: .*items"),
        ('{"items": []}', "line 1: .*no nodes"),
        ('{"items": ' + "[" * 100_000, "line 1"),
        ("\n" * 1_000_000, "line 1000001"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, text, words):
    with pytest.raises(ConfigError, match=words):
        read(saved(tmp_path, text=text))


def test_too_many_items_and_priorities_are_refused(tmp_path):
    def many(items):
        items += [{"kind": "Pod"}] * 5000

    with pytest.raises(ConfigError, match="more than 5000 items of kind Pod"):
        read(saved(tmp_path, many))

    def graded(items):
        for k in range(60):
            pod = json.loads(json.dumps(items[2]))
            pod["spec"]["priority"] = k
            items.append(pod)

    with pytest.raises(ConfigError, match="too many priorities"):
        read(saved(tmp_path, graded))
