"""Rays of a test run: small, quiet, and away from the user's own."""

import logging
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

STORE_BYTES = 100 << 20


@contextmanager
def home():
    """Point HOME and Ray's temporary folder to a new place; yield it."""
    # Not pytest's folder: the path of a Unix socket has to be short.
    folder = Path(tempfile.mkdtemp(prefix="hray-"))
    (folder / "ray").mkdir()  # where a Cluster notes its address
    patch = pytest.MonkeyPatch()
    for name, value in {
        "HOME": str(folder),
        "RAY_TMPDIR": str(folder),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_DEDUP_LOGS": "0",
        "RAY_AUTH_MODE": "disabled",
    }.items():
        patch.setenv(name, value)
    patch.delenv("RAY_ADDRESS", raising=False)
    yield folder
    patch.undo()
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def started(folder, cpus=4):
    """Start a Ray on this machine; yield the module."""
    ray = pytest.importorskip("ray")
    options = {
        "address": "local",
        "num_cpus": cpus,
        "include_dashboard": False,
        "object_store_memory": STORE_BYTES,
        "log_to_driver": False,
        "logging_level": logging.ERROR,
        "_temp_dir": str(folder),
    }
    try:
        ray.init(**options)
    except Exception:
        ray.shutdown()  # it has 30 s to start, which a busy machine may exceed
        ray.init(**options)
    yield ray
    ray.shutdown()


@contextmanager
def cluster(folder):
    """Start a cluster whose head runs nothing; yield it, unconnected."""
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    folder.mkdir()
    made = Cluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": 0,
            "include_dashboard": False,
            "object_store_memory": STORE_BYTES,
            "temp_dir": str(folder),
        },
    )
    try:
        yield made
    finally:
        made.shutdown()
