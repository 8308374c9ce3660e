"""The package of this build directory, and a throw-away copy of this system to install it into."""

import os
import pathlib
import shutil
import subprocess
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("HOLDFAST_BUILD", TOP / "build"))
USERS = ("holdfast", "holdfast-parent", "holdfast-vrrp", "holdfast-check", "holdfast-ipvs", "holdfast-script")


def package():
    """The file that packaging/build-deb made."""
    (found,) = (BUILD / "package").glob("*.deb")
    return found


def next_package():
    """The same, but for its version."""
    (found,) = (BUILD / "package-99.0").glob("*.deb")
    return found


def run(*command, **options):
    """Output of a command that must succeed."""
    done = subprocess.run(command, text=True, capture_output=True, **options)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


# Runs in namespaces of its own: this system with a layer above that takes all changes, and nothing of /run.
COPY = """
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o lowerdir=/,upperdir="$1/upper",workdir="$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
mount -t tmpfs -o mode=755 tmpfs "$1/root/run"
mount -t tmpfs -o mode=1777 tmpfs "$1/root/tmp"
ip link set lo up
echo ready
cd /
exec chroot "$1/root" sleep infinity
"""


class Copy:
    """This system in namespaces of files, processes and network; gone with everything in it at the end."""

    def __init__(self):
        self.place = tempfile.mkdtemp(prefix="hf-copy-")
        self.holder = subprocess.Popen(
            ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-ec", COPY, "sh", self.place],
            stdout=subprocess.PIPE, text=True, cwd="/")
        assert self.holder.stdout.readline() == "ready\n"
        children = pathlib.Path(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children").read_text().split()
        self.enter = ["nsenter", "--target", children[0], "--mount", "--net", "--pid", "--root", "--wd"]
        self.run("rm", "-f", "/var/lib/man-db/auto-update")  # an index of all manuals is not looked at
        for user in USERS:  # the tests of the checkout made them
            self.may_fail("userdel", user)

    def may_fail(self, *command, **options):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LANG": "C",
                       "DPKG_FORCE": "unsafe-io"}
        return subprocess.run([*self.enter, *command], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=environment, **options)

    def run(self, *command, **options):
        done = self.may_fail(*command, **options)
        assert done.returncode == 0, f"{command}: {done.stdout}"
        return done.stdout

    def start(self, *command):
        """A process that goes on; it ends with the copy."""
        return subprocess.Popen([*self.enter, *command], stdin=subprocess.DEVNULL)

    def put(self, name, text, mode="644"):
        self.run("sh", "-c", f"mkdir -p $(dirname {name}); cat >{name}; chmod {mode} {name}", input=text)

    def bring(self, file):
        """A file of this system, below /tmp of the copy; its name there."""
        name = f"/tmp/{pathlib.Path(file).name}"
        with open(file, "rb") as stream:
            subprocess.run([*self.enter, "sh", "-c", f"cat >{name}"], stdin=stream, check=True)
        return name

    def new_files(self):
        """Names of all that is not in this system, or not as it is there."""
        layer = pathlib.Path(f"/proc/{self.holder.pid}/root{self.place}/upper")
        for file in layer.rglob("*"):
            if not file.is_char_device():  # which stands for what was removed
                yield f"/{file.relative_to(layer)}"

    def close(self):
        self.holder.kill()
        self.holder.wait()
        shutil.rmtree(self.place, ignore_errors=True)
