"""Rays of a test run: small, quiet, and away from the user's own."""

import logging
import os
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
    """Start a cluster whose head runs nothing and connect to it; yield the cluster."""
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    os.environ["RAY_TMPDIR"] = str(folder)
    made = Cluster(
        initialize_head=True,
        connect=False,
        head_node_args={
            "num_cpus": 0,
            "include_dashboard": False,
            "object_store_memory": STORE_BYTES,
        },
    )
    try:
        ray.init(address=made.address, log_to_driver=False, logging_level=logging.ERROR)
        yield made
    finally:
        ray.shutdown()
        made.shutdown()
