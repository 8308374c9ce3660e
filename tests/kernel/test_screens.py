"""The screens of README are what the program shows."""

import scene
from harness import TOP


def test_the_screens_of_readme():
    readme = (TOP / "README.md").read_text()
    assert scene.screens(readme) == ["status", "vrrp VI_WEB"]
    pair = scene.Scene()
    try:
        pair.start()
        assert pair.screen("status").startswith("All is well: 2 MASTER, 0 BACKUP; 1 virtual server, all 2 real")
        pair.break_things()
        now = scene.fill(readme, pair)
        assert scene.shape(now) == scene.shape(readme), f"run tests/screens; they are now:\n{now}"
        assert max(len(line) for found in scene.SCREEN.finditer(now) for line in found[0].splitlines()) <= 80
    finally:
        pair.close()
