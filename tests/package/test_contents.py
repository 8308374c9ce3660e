"""What is in the package: lintian, files, owners, modes, what it depends on."""

import subprocess

from deb import TOP, package, run


def listing():
    """{name: (mode, owner)} of everything in the package."""
    lines = run("dpkg-deb", "--contents", str(package())).splitlines()
    return {line.split()[5]: (line.split()[0], line.split()[1]) for line in lines}


def test_lintian_finds_no_error_and_no_warning():
    done = subprocess.run(["lintian", "--fail-on", "error,warning", str(package())], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_everything_belongs_to_root_and_only_root_may_change_it():
    for name, (mode, owner) in listing().items():
        assert owner == "root/root", name
        assert mode[5] == "-" and mode[8] == "-", f"{name}: {mode}"
        assert "s" not in mode.lower(), f"{name}: {mode}"


def test_no_program_has_capabilities_of_its_own():
    # these would be in the tar file as extended attributes, or made by a script of the package
    for script in ("postinst", "prerm", "postrm"):
        assert "setcap" not in run("dpkg-deb", "--info", str(package()), script)


def test_what_must_be_there_is_there():
    names = listing()
    for name in (
        "./usr/sbin/holdfast", "./usr/bin/holdfastctl",
        *(f"./usr/libexec/holdfast/{name}" for name in ("parentd", "vrrpd", "checkerd", "ipvsd", "runner", "holdfast-exporter")),
    ):
        assert names[name][0] == "-rwxr-xr-x", name
    for name in (
        "./usr/lib/systemd/system/holdfast.service", "./usr/lib/sysusers.d/holdfast.conf",
        "./usr/lib/systemd/system/holdfast-exporter.socket", "./usr/lib/systemd/system/holdfast-exporter.service",
        "./usr/share/doc/holdfast/holdfast.rules.yml", "./usr/share/doc/holdfast/holdfast.json",
        "./usr/lib/tmpfiles.d/holdfast.conf", "./usr/share/bash-completion/completions/holdfastctl",
        "./usr/share/man/man8/holdfast.8.gz", "./usr/share/man/man1/holdfastctl.1.gz",
        "./usr/share/man/man5/holdfast.conf.5.gz", "./usr/share/doc/holdfast/copyright",
        "./usr/share/doc/holdfast/changelog.gz", "./etc/default/holdfast", "./etc/logrotate.d/holdfast",
    ):
        assert names[name][0] == "-rw-r--r--", name
    for example in (TOP / "conf" / "examples").iterdir():
        assert f"./usr/share/doc/holdfast/examples/{example.name}" in names


def test_what_it_links_with_it_depends_on():
    depends = run("dpkg-deb", "--field", str(package()), "Depends")
    for library in ("libc6", "libssl3", "libevent-core-2.1-7", "libseccomp2", "libcap-ng0", "libnl-3-200",
                    "libpcre2-8-0", "libjansson4", "libbsd0"):
        assert library in depends


def test_users_of_the_scripts_are_those_of_sysusers():
    users = [line.split()[1] for line in (TOP / "packaging/sysusers.d/holdfast.conf").read_text().splitlines()
             if line.startswith("u ")]
    removed = run("dpkg-deb", "--info", str(package()), "postrm")
    assert f"for user in {' '.join(users)}; do" in removed
