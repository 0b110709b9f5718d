"""The library's own Ray: what it needs, what it leaves behind, and too few CPUs."""

import os
import subprocess
import sys
import textwrap

import pytest

from sk_entity.distributed import cluster as cluster_file
from sk_entity.distributed.cluster import check_cpus

STARTED_AND_STOPPED = """
    import os, subprocess, sys
    from sk_entity.distributed import local_cluster
    with local_cluster(num_workers=1) as ray:
        import ray as module
        assert ray is module
        assert module.cluster_resources()["CPU"] == 3
        module.get(module.remote(lambda: os.getpid()).remote())
        with local_cluster():  # one that runs is used
            assert module.cluster_resources()["CPU"] == 3
        assert module.is_initialized()
        print(module._private.worker._global_node.get_session_dir_path())
        print(os.environ["RAY_AUTH_TOKEN_PATH"])
        print(oct(os.stat(os.environ["RAY_AUTH_TOKEN_PATH"]).st_mode)[-3:])
    assert not module.is_initialized()
    with local_cluster(num_cpus=1):  # a second one knows the token, too
        assert module.cluster_resources()["CPU"] == 1
"""


def test_a_cluster_leaves_nothing_behind(tmp_path):
    environ = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(STARTED_AND_STOPPED)],
        env=environ | {"HOME": str(tmp_path), "SK_ENTITY_TEST": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    session, token, mode = ran.stdout.split()
    assert not os.path.exists(session)
    assert not os.path.exists(os.path.dirname(session))
    assert not os.path.exists(token)
    assert mode == "600"
    assert not list(tmp_path.iterdir())  # the home folder
    assert not _processes_with(f"SK_ENTITY_TEST={tmp_path}")


def _processes_with(setting):
    """Numbers of the processes that were started with a variable of the environment."""
    found = []
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{number}/environ", encoding="utf-8", errors="replace") as file:
                if setting in file.read().split("\0"):
                    found.append(number)
        except OSError:  # it has ended
            continue
    return found


def test_a_token_of_the_user_is_used(monkeypatch, tmp_path):
    monkeypatch.setenv("RAY_AUTH_TOKEN", "secret")
    monkeypatch.delenv("RAY_AUTH_TOKEN_PATH", raising=False)
    cluster_file._provide_token()
    assert "RAY_AUTH_TOKEN_PATH" not in os.environ
    monkeypatch.delenv("RAY_AUTH_TOKEN")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text("secret")
    cluster_file._provide_token()
    assert "RAY_AUTH_TOKEN_PATH" not in os.environ


def test_too_few_cpus_are_refused_and_not_waited_for(cluster):
    check_cpus(3)
    with pytest.raises(ValueError, match="num_workers=4 needs 5 logical CPUs.*has 4") as refused:
        check_cpus(4)
    assert "num_workers=3, or" in str(refused.value)
    assert "ray.init(num_cpus=5)" in str(refused.value)


def test_without_ray_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r'pip install "sk-entity\[ray\]"'):
        cluster_file.import_ray()
