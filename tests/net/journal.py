"""Plays systemd's journal: a socket that takes its protocol, in the place where a node's suite finds it."""

import array
import os
import re
import socket
import struct
import threading

from harness import wait_for

KEY = re.compile(rb"[A-Z_][A-Z0-9_]{0,63}")


def parse(datagram):
    """The fields of an entry. Strict: journald would forgive what this does not."""
    fields, rest = {}, datagram
    while rest:
        line, newline, behind = rest.partition(b"\n")
        assert newline, f"an entry that does not end: {datagram!r}"
        key, equals, value = line.partition(b"=")
        if equals:
            rest = behind
        else:
            length, = struct.unpack_from("<Q", behind)
            value, rest = behind[8:8 + length], behind[8 + length:]
            assert len(value) == length and rest[:1] == b"\n", datagram
            rest = rest[1:]
        assert KEY.fullmatch(key) and key not in fields, datagram
        fields[key.decode()] = value.decode()
    return fields


class Journal:
    """Entries, in order, as dictionaries; each has "_PID" and "_UID" as the kernel says them."""

    def __init__(self, node, stream=False):
        self.entries = []
        self.directory = node.dir / "journal"
        self.directory.mkdir()
        self.directory.chmod(0o755)
        self.listen()
        # The names of the host stay as they are: this is in the mount namespace of the daemon only.
        program = node.dir / "in-journal"
        program.write_text(f"""#!/bin/sh -e
mount -t tmpfs none /run
mkdir -p /run/systemd/journal
mount --bind {self.directory} /run/systemd/journal
{"export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2)" if stream else ""}
exec {node.daemon} "$@"
""")
        program.chmod(0o755)
        node.daemon = str(program)

    def listen(self):
        """Begins to listen, in the place of whoever listened before."""
        path = self.directory / "socket"
        path.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(str(path))
        path.chmod(0o666)
        threading.Thread(target=self.read, args=[self.socket], daemon=True).start()

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def read(self, listener):
        while True:
            try:
                datagram, ancillary, flags, _ = listener.recvmsg(1 << 17, 64)
            except OSError:
                return
            if not datagram:
                return
            credentials = array.array("i")
            for level, kind, data in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                    credentials.frombytes(data)
            assert not flags & socket.MSG_TRUNC
            self.entries.append(parse(datagram) | {"_PID": credentials[0], "_UID": credentials[1]})

    def find(self, **fields):
        """Those that have all these fields."""
        return [entry for entry in self.entries if fields.items() <= entry.items()]

    def wait(self, **fields):
        """The first entry that has them."""
        return wait_for(lambda: self.find(**fields), f"an entry with {fields}")[0]

    def __str__(self):
        return os.linesep.join(map(str, self.entries))
