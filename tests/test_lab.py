"""The lab's server as a function: what it refuses, in which words, and what it answers."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

import leastwise as lw
from leastwise.checking.catalogue import BY_CODE
from leastwise.checking.mistakes import mistakes
from leastwise.lab.app import MOST_JSON, App, Request
from leastwise.lab.sets import MOST_ROWS, set_of
from leastwise.lab.shelf import MOST_UPLOAD, Shelf
from leastwise.rows.arrays import of_arrays
from problems import make

PORT = 8642
ARTICLE = np.column_stack([
    [1, 2, 4, 6, 8, 10, 12, 13, 14, 16, 16, 18, 20, 22, 24],
    [39, 42, 43, 46, 47, 56, 60, 59, 64, 66, 68, 72, 71, 75, 80],
]).astype(float)  # fmt: skip


def app(*sets) -> App:
    return App(Shelf(*sets), "secret", PORT)


def ask(
    path: str, told: object = None, body: bytes | None = None, method: str = "POST", where: App | None = None, **headers
):
    """Status and answer; headers with _ for -."""
    sent = {"host": f"127.0.0.1:{PORT}", "content-type": "application/json", "x-leastwise-token": "secret"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    path, _, query = path.partition("?")
    pairs = dict(part.split("=") for part in query.split("&")) if query else {}
    body = json.dumps(told).encode() if body is None else body
    answer = (where or app()).respond(Request(method, path, sent, pairs, body))
    assert answer.headers["x-content-type-options"] == "nosniff"
    return answer.status, json.loads(answer.body) if answer.kind == "application/json" else answer.body.decode()


def run(rows: np.ndarray = ARTICLE, epochs: int = 15, rate: float = 0.001, start=(0.5, -0.25), **more) -> dict:
    """What the page would send of a run by hand."""
    kept = lw.descend(
        rows[:, :-1], rows[:, -1], learning_rate=rate, epochs=epochs, start=([*start[:-1]], start[-1])
    ).history
    path = {
        "epochs": list(range(epochs + 1)),
        "losses": kept.loss.tolist(),
        "parameters": np.column_stack([kept.coef, kept.intercept]).tolist(),
    }
    return {
        "rows": rows.tolist(),
        "names": ["x"],
        "scale": "raw",
        "optimizer": "sgd",
        "mistake": "",
        "rate": rate,
        "start": list(start),
        "path": path,
        **more,
    }


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"host": "evil.example"}, "host"), ({"host": "127.0.0.1:1"}, "host"), ({"host": ""}, "host"),
        ({"origin": "http://evil.example"}, "origin"), ({"origin": "null"}, "origin"),
        ({"origin": f"https://127.0.0.1:{PORT}"}, "origin"), ({"origin": f"http://127.0.0.1:{PORT}.evil"}, "origin"),
    ],
)  # fmt: skip
def test_foreign_hosts_and_origins_are_refused(headers: dict[str, str], said: str) -> None:
    for path, method in (("/", "GET"), ("/lab.js", "GET"), ("/api/agree", "POST"), ("/api/set", "POST")):
        status, answer = ask(path, run(), method=method, **headers)
        assert status == 403
        assert answer["error"].startswith(f"{said} ")


@pytest.mark.parametrize("origin", [f"http://127.0.0.1:{PORT}", f"http://localhost:{PORT}"])
def test_its_own_origin_is_not(origin: str) -> None:
    assert ask("/api/agree", run(), origin=origin)[0] == 200


@pytest.mark.parametrize("kind", ["set", "choose", "upload"])
@pytest.mark.parametrize("token", ["", "secre", "secret ", "é"])
def test_what_reads_files_needs_the_token(kind: str, token: str) -> None:
    status, answer = ask(f"/api/{kind}", {"id": "article"}, x_leastwise_token=token)
    assert status == 403
    assert "token" in answer["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/../etc/passwd",
        "/static/lab.js",
        "/lab.js/../app.py",
        "/%2e%2e/app.py",
        "/api",
        "/api/",
        "/api/quit",
        "//etc/passwd",
        "/lab.py",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_paths_outside_are_not_there(path: str, method: str) -> None:
    status, answer = ask(path, {}, method=method)
    assert status == 404
    assert answer["error"].startswith("there is nothing at")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "HEAD", "TRACE"])
def test_other_methods_are_refused(method: str) -> None:
    assert ask("/", method=method)[0] == 405


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"nan,", b'{"a":}'])
def test_malformed_json_is_refused_in_a_sentence(body: bytes) -> None:
    status, answer = ask("/api/agree", body=body)
    assert status == 400
    assert answer["error"] == "the request is not JSON: send one JSON object"


def test_forms_are_not_json() -> None:
    assert ask("/api/agree", run(), content_type="text/plain")[0] == 415


@pytest.mark.parametrize("told", [None, [], 3, "x", {}])
@pytest.mark.parametrize("kind", ["agree", "set", "choose", "diagnose"])
def test_json_of_another_shape_is_refused(kind: str, told: object) -> None:
    status, answer = ask(f"/api/{kind}", told)
    assert status == 400
    assert answer["error"]
    assert "\n" not in answer["error"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("rows", [[1, 2], [3]], "rows"), ("rows", [[1, 2]], "rows"), ("rows", [[1, 2, 3]] * 3, "rows"),
        ("rows", "x", "rows"),
        ("rows", [[0, 1]] * (MOST_ROWS + 1), "rows"), ("rows", [[float("nan"), 1]] * 3, "rows"),
        ("rows", [[1e200, 1], [2e200, 3]], "squared"),
        ("start", [], "start"), ("start", [None, 1], "start"), ("start", ["a", "b"], "start"),
        ("scale", "log", "scale"), ("scale", None, "scale"), ("optimizer", "sgdx", "optimizer"),
        ("optimizer", 3, "optimizer"),
        ("mistake", 3, "mistake"), ("mistake", "LW999", "mistake"), ("mistake", "LW411", "mistake"),
        ("rate", 0, "rate"), ("rate", -1, "rate"), ("rate", "1", "rate"), ("rate", True, "rate"),
        ("rate", 1e301, "rate"),
        ("path", None, "path"), ("path", {"epochs": [0], "losses": [1], "parameters": [[1, 2, 3]]}, "path"),
        ("path", {"epochs": [0.5], "losses": [1], "parameters": [[1, 2]]}, "epochs"),
        ("path", {"epochs": [2, 1], "losses": [1, 1], "parameters": [[1, 2], [1, 2]]}, "epochs"),
        ("path", {"epochs": [10**9], "losses": [1], "parameters": [[1, 2]]}, "epochs"),
    ],
)  # fmt: skip
def test_a_run_that_makes_no_sense_is_refused(field: str, value: object, said: str) -> None:
    status, answer = ask("/api/agree", {**run(), field: value})
    assert status == 400
    assert said in answer["error"]


def test_numbers_that_cannot_be_squared_are_said_to_be() -> None:
    status, answer = ask("/api/agree", {**run(), "rows": [[1e-200, 1], [2e-200, 2], [3e-200, 5]]})
    assert status in (200, 422)
    assert status == 200 or "nearer to 1" in answer["error"]


def test_agreement_is_measured() -> None:
    """To all digits with itself; to as many as it differs by where a loss is touched."""
    status, answer = ask("/api/agree", run())
    assert status == 200
    assert min(answer["numpy"], answer["torch"]) > 14
    touched = run()
    touched["path"]["losses"][7] *= 1 + 1e-6
    _, answer = ask("/api/agree", touched)
    assert answer["numpy"] == pytest.approx(6, abs=0.1)
    assert answer["torch"] == pytest.approx(6, abs=0.1)


def test_the_advice_is_that_of_advise() -> None:
    advice = lw.advise(ARTICLE[:, 0], ARTICLE[:, 1], start=([0.5], -0.25), names=["x"])
    answer = ask("/api/agree", run())[1]["advice"]
    assert answer["verdict"] == advice.verdict
    assert answer["epochs_needed"] == advice.epochs_needed


@pytest.mark.parametrize("code", sorted({mistake.code for mistake in mistakes(7)} - {"LW130"}))
def test_check_names_the_mistake_that_was_made(code: str) -> None:
    """As a fault or a note; but for LW130, whose parameters, cut after each update, are called LW120: nothing moves."""
    status, answer = ask("/api/diagnose", {"mistake": code})
    assert status == 200
    assert any(code == fault["code"] for fault in answer["faults"]) or any(code in note for note in answer["notes"])


CSV = b"size,rooms,price\n" + b"".join(b"%d,%d,%d\n" % (50 + 7 * k, 1 + k % 4, 100 + 13 * k + k % 3) for k in range(30))


def _parquet(tmp_path: Path) -> bytes:
    parquet.write_table(pyarrow.table({"x": np.arange(5.0), "y": np.arange(5.0) ** 2}), tmp_path / "a.parquet")
    return (tmp_path / "a.parquet").read_bytes()


def test_files_are_taken(tmp_path: Path) -> None:
    where = app()
    for name, body, names in (
        ("my%20flat.csv", CSV, ["size", "rooms"]), ("a.csv.gz", gzip.compress(CSV), ["size", "rooms"]),
        ("../../b.parquet", _parquet(tmp_path), ["x"]),
        ("c.jsonl", b'{"x":1,"y":2}\n{"x":2,"y":3}\n{"x":4,"y":3}\n', ["x"]),
    ):  # fmt: skip
        status, answer = ask(f"/api/upload?name={name}", body=body, where=where)
        assert status == 200, answer
        assert answer["names"] == names
        assert len(answer["rows"]) == answer["n"]
        again = ask("/api/set", {"id": answer["id"]}, where=where)
        assert again == (200, answer)


def test_columns_are_chosen_from_what_was_taken() -> None:
    where = app()
    _, first = ask("/api/upload?name=flats.csv", body=CSV, where=where)
    status, answer = ask("/api/choose", {"id": first["id"], "target": "size", "names": ["price"]}, where=where)
    assert status == 200
    assert (answer["target"], answer["names"]) == ("size", ["price"])
    for told, said in (
        ({"target": "colour", "names": ["price"]}, "colour"), ({"target": "size", "names": []}, "numeric column"),
        ({"target": "size", "names": ["size"]}, "more than once"), ({"target": 3, "names": ["price"]}, "target"),
    ):  # fmt: skip
        status, answer = ask("/api/choose", {"id": first["id"], **told}, where=where)
        assert status == 400
        assert said in answer["error"]


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("a.csv", b"", "empty"), ("a.exe", CSV, "kind of file"), ("", CSV, "kind of file"),
        ("a.parquet", CSV, "a.parquet"),
        ("a.csv", b"x,y\n1,2\n", "two"), ("a.csv", b"name\nann\nbob\n", "numbers"),
        ("a.csv", b"x,y\n1,2\n1,3\n1,4\n", "constant"),
        ("..%2f..%2fetc%2fpasswd", CSV, "kind of file"), ("a.db", CSV, "kind of file"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_read_say_why(name: str, body: bytes, said: str) -> None:
    where = app()
    status, answer = ask(f"/api/upload?name={name}", body=body, where=where)
    assert status == 400
    assert said in answer["error"]
    assert str(where.shelf.folder) not in answer["error"], "and by the name that their owner gave them"


@pytest.mark.parametrize(("path", "most"), [("/api/upload?name=a.csv", MOST_UPLOAD), ("/api/agree", MOST_JSON)])
def test_what_is_too_large_is_refused(path: str, most: int) -> None:
    for body, headers in (
        (b"0" * (most + 1), {}),
        (b"", {"content_length": str(most + 1)}),
        (b"", {"content_length": "-1"}),
    ):
        status, answer = ask(path, body=body, **headers)
        assert status == 413
        assert "MiB" in answer["error"]


def test_many_rows_come_as_the_rows_that_stand_for_them() -> None:
    problem = make(3, n=5000, p=3)
    one = set_of("data", "many", of_arrays(problem.X, problem.y, None, ["a", "b", "c"]))
    status, answer = ask("/api/set", {"id": "data"}, where=app(one))
    assert status == 200
    assert "rows" not in answer
    assert len(answer["sample"]) == 1000
    R = np.array(answer["triangle"]["R"]).T
    centred = np.column_stack([problem.X, problem.y])
    centred = centred - centred.mean(axis=0)
    # R'R is the Gram matrix of the centred columns, to rounding.
    assert np.allclose(R.T @ R, centred.T @ centred, rtol=1e-10, atol=1e-8)


def test_features_are_at_most_thirty() -> None:
    problem = make(3, n=80, p=31)
    with pytest.raises(lw.DataError if hasattr(lw, "DataError") else ValueError, match="at most 30"):
        set_of("data", "wide", of_arrays(problem.X, problem.y))


def test_the_page_has_what_it_needs_and_no_data_of_the_user() -> None:
    problem = make(3, n=50, p=1)
    one = set_of("data", "private.csv", of_arrays(problem.X, problem.y))
    status, page = ask("/", method="GET", where=app(one))
    assert status == 200
    assert "private" not in page
    told = json.loads(page.partition('<script type="application/json">')[2].partition("</script>")[0])
    assert {preset["id"] for preset in told["presets"]} >= {"article", "anscombe-1", "outlier", "years", "diverging"}
    assert all(BY_CODE[code].name == entry["name"] for code, entry in told["mistakes"].items())


def _lab(*more: str, **options) -> subprocess.Popen:
    command = [sys.executable, "-m", "leastwise", "lab", "--no-browser", *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_the_command_prints_its_address_and_ends_on_ctrl_c() -> None:
    with _lab("--port", "0") as started:
        address = started.stdout.readline()
        assert address.startswith("http://127.0.0.1:")
        assert "?token=" in address
        port = int(address.split(":")[2].split("/")[0])
        assert subprocess.run(
            ["python3", "-c", f"import socket; socket.create_connection(('127.0.0.1', {port})).close()"], check=True
        )
        started.send_signal(signal.SIGINT)
        _, words = started.communicate(timeout=20)
        assert started.returncode == 0
        assert "Traceback" not in words


def test_over_http(tmp_path: Path) -> None:
    """What a function says is what the wire says: hosts, origins, lengths, and bodies that tell no length."""
    with _lab("--port", "0", env={**os.environ, "TMPDIR": str(tmp_path)}) as started:
        address = started.stdout.readline()
        port, token = int(address.split(":")[2].split("/")[0]), re.search(r"token=([\w-]+)", address)[1]

        def sent(method: str, path: str, body: object = None, **headers: str) -> tuple[int, str]:
            wire = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            try:
                wire.request(method, path, body, named, encode_chunked="transfer-encoding" in named)
                answer = wire.getresponse()
                assert answer.headers["content-security-policy"].startswith("default-src 'none'")
                return answer.status, answer.read().decode()
            finally:
                wire.close()

        assert sent("GET", "/")[0] == 200
        assert sent("GET", "/", host="evil.example")[0] == 403
        assert sent("GET", "/", origin="http://evil.example")[0] == 403
        assert sent("GET", "/../../etc/passwd")[0] == 404
        assert sent("DELETE", "/")[0] == 405
        assert "not JSON" in sent("POST", "/api/agree", b"{", content_type="application/json")[1]
        assert sent("POST", "/api/upload?name=a.csv", CSV)[0] == 403
        assert sent("POST", "/api/agree", b"", content_length=str(MOST_JSON + 1))[0] == 413
        pieces = (b"0" * 2**20 for _ in range(MOST_JSON // 2**20 + 1))
        assert sent("POST", "/api/agree", pieces, transfer_encoding="chunked")[0] == 413
        assert sent("POST", "/api/upload?name=a.csv", CSV, x_leastwise_token=token)[0] == 200
        with socket.create_connection(("127.0.0.1", port)) as half:
            head = f"POST /api/agree HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 9\r\n\r\n{{"
            half.send(head.encode())
        assert sent("GET", "/")[0] == 200, "one that hangs up in the middle is forgotten"
        started.terminate()
        _, words = started.communicate(timeout=20)
    assert words.count("\n") == 1, words
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nothing.csv"], 3, "there is no file"), (["--port", "70000"], 2, "--port"),
        (["article", "-y", "z"], 3, "no column"),
        (["--port", "TAKEN"], 2, "choose another"),
    ],
)  # fmt: skip
def test_the_command_refuses_in_a_sentence(arguments: list[str], code: int, said: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        started = _lab(*[port if word == "TAKEN" else word for word in arguments])
        _, words = started.communicate(timeout=60)
    assert started.returncode == code
    assert said in words
    assert words.count("\n") == 1
