"""Debian's nginx on a host of the lan, with TLS by a certificate made for the test."""

import signal
import subprocess

from harness import wait_for

NAME = "www.example.org"

# What any nginx needs that keeps everything below a directory; its servers come last.
NGINX_BELOW = """pid {dir}/nginx.pid;
error_log {dir}/error.log;
events {{ }}
http {{
	access_log off;
	client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3;
	uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
"""

NGINX = "daemon off; master_process off;\n" + NGINX_BELOW + """
	ssl_certificate {dir}/cert.pem;
	ssl_certificate_key {dir}/key.pem;
	server {{
		listen 8080 default_server; listen [::]:8080 default_server;
		listen 8443 ssl default_server; listen [::]:8443 ssl default_server;
		root {dir}/pages;
		location = /asked {{ return 200 "$server_protocol $http_host <$ssl_server_name> $http_connection\\n"; }}
		location = /broken {{ return 503 "out of order\\n"; }}
		location = /moved {{ return 301 /health; }}
		location = /empty {{ return 204; }}
	}}
	server {{
		listen 8080; listen [::]:8080; listen 8443 ssl; listen [::]:8443 ssl;
		server_name {name};
		location / {{ return 200 "the virtual host\\n"; }}
	}}
}}
"""


class Web:
    """On ports 8080 and 8443 (TLS), IPv4 and IPv6; pages are files below pages."""

    def __init__(self, host, directory):
        self.host, self.dir = host, directory / "web"
        self.pages = self.dir / "pages"
        self.pages.mkdir(parents=True)
        self.certificate = self.dir / "cert.pem"
        for directory in (self.dir, self.pages):
            directory.chmod(0o777)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=test", "-addext", f"subjectAltName=DNS:{NAME},IP:10.77.0.100",
             "-keyout", str(self.dir / "key.pem"), "-out", str(self.certificate)], check=True, capture_output=True)
        self.certificate.chmod(0o644)
        (self.dir / "nginx.conf").write_text(NGINX.format(dir=self.dir, name=NAME))
        self.process = None

    def page(self, name, content):
        path = self.pages / name
        new = path.with_suffix(".new")
        new.write_bytes(content)
        new.chmod(0o644)
        new.rename(path)

    def start(self):
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", self.host.ns, "/usr/sbin/nginx", "-p", str(self.dir), "-e",
             str(self.dir / "error.log"), "-c", str(self.dir / "nginx.conf")], stdin=subprocess.DEVNULL)
        wait_for(lambda: (self.dir / "nginx.pid").exists() and (self.dir / "nginx.pid").read_text().strip(),
                 "nginx listens")
        return self

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(5)


def run_inside(host, *words):
    """A program in the host's namespace; its exit status and what it wrote."""
    done = subprocess.run(["ip", "netns", "exec", host.ns, *words], text=True, capture_output=True, timeout=20)
    return done.returncode, done.stdout.strip(), done.stderr.strip()
