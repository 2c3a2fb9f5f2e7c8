import threading
from dataclasses import replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from problems import fetching, registry
from problems.base import RemoteFile
from problems.errors import ConfigError, InfrastructureError
from tests.unit.problems.jssp.shared_data import shared_file

BODY = b"2 2\n0 3 1 2\n1 2 0 4\n"
JSSP = registry.load("jssp")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path == "/missing":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY[:5] if self.path == "/cut" else BODY)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _pack(server, path, content=BODY, name="tiny.txt"):
    file = RemoteFile(
        name=name,
        url=f"http://127.0.0.1:{server.server_port}{path}",
        sha256=sha256(content).hexdigest(),
        licence="none",
        doc="two jobs",
    )
    return replace(JSSP, files=(file,))


def test_a_good_file_is_written_and_not_asked_for_again(tmp_path, server):
    pack = _pack(server, "/good")
    (path,) = fetching.fetch(pack, tmp_path / "a" / "b")
    assert path == tmp_path / "a" / "b" / "tiny.txt"
    assert path.read_bytes() == BODY
    assert fetching.fetch(pack, tmp_path / "a" / "b") == (path,)
    assert server.asked == ["/good"]


@pytest.mark.parametrize(
    ("path", "content", "fault"),
    [
        ("/good", b"other", "has not the registered SHA-256"),
        ("/cut", BODY, "cannot fetch .*IncompleteRead"),
        ("/cut", BODY[:5], "cannot fetch .*IncompleteRead"),
        ("/missing", BODY, "cannot fetch .*404"),
    ],
)
def test_a_fault_is_one_line_and_leaves_nothing(tmp_path, server, path, content, fault):
    with pytest.raises(InfrastructureError, match=fault) as caught:
        fetching.fetch(_pack(server, path, content), tmp_path / "a" / "b")
    assert str(caught.value).isprintable()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_there_survives_a_fault(tmp_path, server):
    (tmp_path / "tiny.txt").write_text("mine")
    with pytest.raises(InfrastructureError):
        fetching.fetch(_pack(server, "/cut"), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["tiny.txt"]
    assert (tmp_path / "tiny.txt").read_text() == "mine"


def test_an_endless_file_is_given_up(tmp_path, server, monkeypatch):
    monkeypatch.setattr(fetching, "MAX_BYTES", 10)
    with pytest.raises(InfrastructureError, match="more than 10 bytes"):
        fetching.fetch(_pack(server, "/good"), tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_it_is_one_line_and_nothing_is_left(tmp_path, server):
    pack = _pack(server, "/good")
    # The name is reserved: it never resolves.
    gone = replace(pack.files[0], url="http://none.invalid/tiny.txt")
    with pytest.raises(
        InfrastructureError, match=r"cannot fetch .*nothing was written"
    ):
        fetching.fetch(replace(pack, files=(gone,)), tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_is_a_wrong_usage(tmp_path, server):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot write"):
        fetching.fetch(_pack(server, "/good"), tmp_path / "file")


def test_a_pack_without_files_says_so(tmp_path):
    with pytest.raises(ConfigError, match="names no public files"):
        fetching.fetch(replace(JSSP, files=()), tmp_path)


@pytest.mark.parametrize("name", registry.names())
def test_registered_files_are_pinned(name):
    for file in registry.load(name).files:
        assert file.url.startswith("https://")
        assert len(bytes.fromhex(file.sha256)) == 32
        assert file.licence
        assert file.name == file.url.rsplit("/", 1)[1]
        assert registry.load(name).read is not None


def test_the_checksum_of_the_shop_file_is_that_of_the_shared_copy():
    (file,) = JSSP.files
    assert sha256(shared_file().read_bytes()).hexdigest() == file.sha256
