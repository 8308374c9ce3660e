"""Counts the system calls of the suite's processes in the kernel, by a program on its tracepoint of
system calls: no process is stopped or slowed down for it, whatever their priorities.

A call is counted under the name of the process, whether the process has entered its own filter, the
call's number, the bits of the first three arguments that rules compare, and the control group, which
stands for the test. No compiler is needed: the program is short enough to be written down here.
"""

import contextlib
import ctypes
import fcntl
import os
import pathlib
import re
import struct
import subprocess
import tempfile

TRACING = pathlib.Path("/sys/kernel/tracing")
ARGUMENTS = 3
CALLS = 512
FORK = "sched/sched_process_fork"
KEY = struct.Struct("=16sIIQ" + "Q" * ARGUMENTS)
NR_BPF, NR_PERF_EVENT_OPEN = 321, 298  # x86-64
NR_SECCOMP, NR_EXECVE, NR_EXECVEAT = 317, 59, 322

MAP_HASH, MAP_ARRAY, MAP_LRU_HASH = 1, 2, 9
PROG_TRACEPOINT = 5
LOOKUP, UPDATE, DELETE, PID_TGID, COMM, CGROUP = 1, 2, 3, 14, 16, 80  # helpers of the kernel

_libc = ctypes.CDLL(None, use_errno=True)


def _syscall(number, *arguments):
    result = _libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes.ljust(128, b"\0"), 128)
    return _syscall(NR_BPF, command, buffer, 128)


class Map:
    def __init__(self, kind, key_size, value_size, entries):
        self.key_size, self.value_size = key_size, value_size
        self.fd = _bpf(0, struct.pack("=IIII", kind, key_size, value_size, entries))

    def _call(self, command, key, value):
        key_buffer = ctypes.create_string_buffer(key, self.key_size) if key is not None else None
        _bpf(command, struct.pack("=I4xQQQ", self.fd, ctypes.addressof(key_buffer) if key_buffer else 0,
                                  ctypes.addressof(value), 0))

    def set(self, key, value):
        self._call(2, key, ctypes.create_string_buffer(value, self.value_size))

    def items(self):
        key = None
        while True:
            following = ctypes.create_string_buffer(self.key_size)
            try:
                self._call(4, key, following)
            except FileNotFoundError:
                return
            key = following.raw
            value = ctypes.create_string_buffer(self.value_size)
            self._call(1, key, value)
            yield key, value.raw


# ---- instructions: r0 result, r1-r5 arguments of helpers, r6-r9 kept, r10 end of the stack ----

def _op(code, dst=0, src=0, offset=0, value=0):
    return struct.pack("=BBhi", code, dst | src << 4, offset, value)


def mov(dst, src):
    return _op(0xbf, dst, src)


def mov_value(dst, value):
    return _op(0xb7, dst, value=value)


def stack(dst, offset):
    """dst points into the stack."""
    return mov(dst, 10) + _op(0x07, dst, value=offset)


def load_map(dst, table):
    return _op(0x18, dst, 1, value=table.fd) + _op(0)


def load64(dst, src, offset):
    return _op(0x79, dst, src, offset)


def store64(dst, offset, src):
    return _op(0x7b, dst, src, offset)


def store32(dst, offset, src):
    return _op(0x63, dst, src, offset)


def call(helper):
    return _op(0x85, value=helper)


def skip(code, dst, value, block):
    """The block is left out when the comparison holds."""
    return _op(code, dst, offset=len(block) // 8, value=value) + block


EQUAL, UNEQUAL, ABOVE = 0x15, 0x55, 0x25
EXIT = mov_value(0, 0) + _op(0x95)


def unless(code, dst, value, block):
    """The block is executed when the comparison holds."""
    return _op(code, dst, offset=1, value=value) + _op(0x05, offset=len(block) // 8) + block


# ---- the programs ----

AT_COMM, AT_OWN, AT_NR, AT_CGROUP, AT_ARGUMENTS, AT_PID, AT_INDEX, AT_ONE = -64, -48, -44, -40, -32, -8, -4, -72


def _look_up(table, at):
    return load_map(1, table) + stack(2, at) + call(LOOKUP)


def _store(table, at):
    return (mov_value(1, 1) + store64(10, AT_ONE, 1) + load_map(1, table) + stack(2, at) + stack(3, AT_ONE)
            + mov_value(4, 0) + call(UPDATE))


def _count_program(maps):
    code = mov(6, 1) + stack(1, AT_COMM) + mov_value(2, 16) + call(COMM)
    code += _look_up(maps["names"], AT_COMM) + unless(EQUAL, 0, 0, EXIT)
    code += call(PID_TGID) + _op(0x77, 0, value=32) + store32(10, AT_PID, 0)
    code += load64(7, 6, 8) + unless(ABOVE, 7, CALLS - 1, EXIT)
    code += mov_value(8, 0) + _look_up(maps["entered"], AT_PID) + skip(EQUAL, 0, 0, mov_value(8, 1))
    code += store32(10, AT_OWN, 8) + store32(10, AT_NR, 7) + call(CGROUP) + store64(10, AT_CGROUP, 0)
    code += store32(10, AT_INDEX, 7) + _look_up(maps["masks"], AT_INDEX) + unless(EQUAL, 0, 0, EXIT) + mov(9, 0)
    for i in range(ARGUMENTS):
        code += load64(1, 6, 16 + 8 * i) + load64(2, 9, 8 * i) + _op(0x5f, 1, 2) + store64(10, AT_ARGUMENTS + 8 * i, 1)
    code += _look_up(maps["counts"], AT_COMM)
    add = mov_value(1, 1) + _op(0xdb, 0, 1)
    new = _store(maps["counts"], AT_COMM)
    add += _op(0x05, offset=len(new) // 8)
    code += skip(EQUAL, 0, 0, add) + new
    # seccomp(SECCOMP_SET_MODE_FILTER, …, program): without a program it is only a question
    enter = load64(1, 6, 32) + skip(EQUAL, 1, 0, _store(maps["entered"], AT_PID))
    code += unless(EQUAL, 7, NR_SECCOMP, load64(1, 6, 16) + unless(EQUAL, 1, 1, enter))
    leave = load_map(1, maps["entered"]) + stack(2, AT_PID) + call(DELETE)
    code += unless(EQUAL, 7, NR_EXECVE, leave) + unless(EQUAL, 7, NR_EXECVEAT, leave)
    return code + EXIT


def _exit_program(maps):
    """A thread ends: whoever gets its number next has not entered anything."""
    return (call(PID_TGID) + _op(0x77, 0, value=32) + store32(10, AT_PID, 0)
            + load_map(1, maps["entered"]) + stack(2, AT_PID) + call(DELETE) + EXIT)


def _fork_program(maps, offset):
    """A child has a filter, but not one of its own. (Its number may have been somebody else's.)"""
    return (_op(0x61, 1, 1, offset) + store32(10, AT_PID, 1)
            + load_map(1, maps["entered"]) + stack(2, AT_PID) + call(DELETE) + EXIT)


@contextlib.contextmanager
def _tracing():
    """Where the kernel describes its events; mounted for as long as it is read, where it is not."""
    if (TRACING / "events").is_dir():
        yield TRACING
        return
    place = tempfile.mkdtemp(prefix="holdfast-tracing-")
    try:
        done = subprocess.run(["mount", "-t", "tracefs", "tracefs", place], capture_output=True, text=True)
        if done.returncode != 0:
            raise OSError(f"tracefs: {done.stderr.strip()}")
        yield pathlib.Path(place)
    finally:
        subprocess.run(["umount", place], capture_output=True)
        os.rmdir(place)


def _describe(event, file):
    with _tracing() as place:
        return (place / "events" / event / file).read_text()


def _field(event, name):
    """Where a field of an event is, which differs between kernels."""
    text = _describe(event, "format")
    return int(re.search(rf"\b{name};\s*offset:(\d+);", text).group(1))


def _load(code):
    log = ctypes.create_string_buffer(1 << 20)
    instructions = ctypes.create_string_buffer(code, len(code))
    licence = ctypes.create_string_buffer(b"GPL")
    try:
        return _bpf(5, struct.pack("=IIQQIIQ", PROG_TRACEPOINT, len(code) // 8, ctypes.addressof(instructions),
                                   ctypes.addressof(licence), 1, len(log), ctypes.addressof(log)))
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}: {log.value.decode()[-500:]}") from None


def _attach(program, event):
    """On all processors: the one that the event is opened for does not matter to its programs."""
    number = int(_describe(event, "id"))
    attributes = ctypes.create_string_buffer(struct.pack("=IIQQ", 2, 128, number, 1).ljust(128, b"\0"), 128)
    fd = _syscall(NR_PERF_EVENT_OPEN, attributes, -1, 0, -1, 8)  # PERF_FLAG_FD_CLOEXEC
    fcntl.ioctl(fd, 0x40042408, program)  # PERF_EVENT_IOC_SET_BPF
    fcntl.ioctl(fd, 0x2400, 0)  # PERF_EVENT_IOC_ENABLE
    return fd


class Counter:
    """Counts from now on. names: processes; masks: call number -> masks of its first arguments."""

    def __init__(self, names, masks):
        self.maps = {
            "names": Map(MAP_HASH, 16, 8, 64),
            "entered": Map(MAP_LRU_HASH, 4, 8, 65536),
            "masks": Map(MAP_ARRAY, 4, 8 * ARGUMENTS, CALLS),
            "counts": Map(MAP_HASH, KEY.size, 8, 1 << 17),
        }
        for name in names:
            self.maps["names"].set(name.encode().ljust(16, b"\0"), struct.pack("=Q", 1))
        for number, values in masks.items():
            self.maps["masks"].set(struct.pack("=I", number), struct.pack("=" + "Q" * ARGUMENTS, *values))
        self.events = [_attach(_load(_count_program(self.maps)), "raw_syscalls/sys_enter"),
                       _attach(_load(_exit_program(self.maps)), "sched/sched_process_exit"),
                       _attach(_load(_fork_program(self.maps, _field(FORK, "child_pid"))), FORK)]

    def counts(self):
        """Yields (process, own, call number, arguments, control group, how often)."""
        for key, value in self.maps["counts"].items():
            name, own, number, group, *arguments = KEY.unpack(key)
            yield (name.split(b"\0")[0].decode(errors="replace"), bool(own), number, tuple(arguments), group,
                   struct.unpack("=Q", value)[0])
