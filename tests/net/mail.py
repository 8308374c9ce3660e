"""A mail server (aiosmtpd) and a name server (dnsmasq) in a namespace."""

import asyncio
import email
import email.policy
import pathlib
import shutil
import socket
import subprocess
import threading

from aiosmtpd.smtp import SMTP

import netns


class Inbox:
    """What an SMTP server has taken, parsed; replies can be changed."""

    def __init__(self):
        self.mails = []
        self.refuse = {}  # recipient -> reply

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((session.host_name, envelope.mail_from, list(envelope.rcpt_tos), mail))
        return "250 queued"

    def subjects(self):
        return [mail["Subject"] for *_, mail in self.mails]


class MailServer:
    """Listens at once, so that connections are made, and says nothing until serve()."""

    def __init__(self, host, address, port=25):
        self.inbox = Inbox()
        self.socket = netns.socket_inside(host.ns, socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((address, port))
        self.socket.listen(16)
        self.loop = None

    def serve(self):
        self.loop = asyncio.new_event_loop()
        make = lambda: SMTP(self.inbox, hostname="mail.test", loop=self.loop)
        self.server = self.loop.run_until_complete(self.loop.create_server(make, sock=self.socket))
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        return self

    def close(self):
        if self.loop:
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join()
            self.server.close()
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.run_until_complete(asyncio.sleep(0))
            self.loop.close()
        self.socket.close()


class NameServer:
    """dnsmasq, which knows these names, and no others."""

    def __init__(self, host, address, names):
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", host.ns, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv",
             "--no-hosts", "--pid-file=", "--user=root", "--bind-interfaces", f"--listen-address={address}",
             "--auth-zone=test", "--auth-server=test", *[f"--host-record={name},{ip}" for name, ip in names.items()]],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def close(self):
        self.process.kill()
        self.process.wait()


class Resolver:
    """resolv.conf and hosts of what is started in a host's namespace, as ip-netns(8) has it."""

    def __init__(self, host, nameserver, hosts=""):
        self.folder = pathlib.Path("/etc/netns") / host.ns
        self.folder.mkdir(parents=True)
        (self.folder / "resolv.conf").write_text(f"nameserver {nameserver}\n")
        (self.folder / "hosts").write_text(hosts)

    def close(self):
        shutil.rmtree(self.folder)
        try:
            self.folder.parent.rmdir()
        except OSError:
            pass
