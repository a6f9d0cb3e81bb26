"""usage: http_server.py FOLDER
Serves HTTP on the loopback address, on ::1, on the socket FOLDER/server.sock and, by certificates of an authority
that it makes there (FOLDER/authority.pem), HTTPS: by a right one, by one that is over, and by one of another name.
Prints one line of JSON with the ports, then one for each request and, of /silent, for each client that has gone.
Ends with its standard input.
"""
import gzip
import http.server
import json
import os
import socket
import socketserver
import ssl
import subprocess
import sys
import threading

folder = sys.argv[1]
# More digits than a double has, and than a word has.
DOCUMENT = '{"id": 123456789012345678901, "price": 1.10, "tag": "v1.2\\n\\u00fc", "none": null,\n "items": [{"a": [1, 2]}]}'


def tell(*words):
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def address_string(self):
        return "somebody"

    def give(self, body, status=200, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer(self):
        size = int(self.headers.get("Content-Length") or 0)
        if self.headers.get("Transfer-Encoding") == "chunked":
            raise ValueError("a body of known size came in chunks")
        body = self.rfile.read(size)
        tell("request", self.command, self.path)
        _, what, *rest = self.path.split("/")
        if what == "echo":
            headers = {name.lower(): value for name, value in self.headers.items()}
            told = {"method": self.command, "headers": headers, "bytes": len(body),
                    "body": body[:1000].decode("latin-1")}
            self.give(json.dumps(told).encode())
        elif what == "status":
            self.give(b"as you wish\n", int(rest[0]))
        elif what == "json":
            self.give(DOCUMENT.encode(), headers=[("ETag", '"7"'), ("X-Two", "a"), ("X-Two", "b")])
        elif what == "redirect":
            count = int(rest[0])
            path = f"/redirect/{count - 1}" if count > 1 else "/echo"
            self.give(b"moved", 302, [("Location", path), ("ETag", "of the redirect")])
        elif what == "away":
            self.give(b"", 307, [("Location", f"http://127.0.0.1:{rest[0]}/echo")])
        elif what == "file":
            self.give(b"", 302, [("Location", "file:///etc/passwd")])
        elif what == "big":
            count = int(rest[0])
            self.send_response(200)
            self.send_header("Content-Length", str(count))
            self.end_headers()
            block = b"x" * 65536
            try:
                while count > 0:
                    self.wfile.write(block[:count])
                    count -= len(block)
            except OSError:
                tell("gone", self.path)
                self.close_connection = True
        elif what == "gzip":
            self.give(gzip.compress(b"unpacked"), headers=[("Content-Encoding", "gzip")])
        elif what == "empty":
            self.give(b"")
        elif what == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"half of it")
            self.close_connection = True
        elif what == "silent":
            self.rfile.read(1)
            tell("gone", self.path)
            self.close_connection = True
        else:
            self.give(b"nothing is there\n", 404)

    def __getattr__(self, name):
        # Whatever the method is.
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, *_):
        pass


class Server6(Server):
    address_family = socket.AF_INET6


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


def openssl(*words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def certificate(name, subject, start, end):
    """Writes NAME.pem, with its key. `openssl ca`, since `openssl x509` takes no beginning before version 3.4."""
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-subj", "/CN=server",
            "-out", f"{name}.request", "-config", "ca.cnf")
    with open(f"{folder}/{name}.ext", "w") as file:
        file.write(f"subjectAltName={subject}\n")
    openssl("ca", "-batch", "-config", "ca.cnf", "-in", f"{name}.request", "-out", f"{name}.crt", "-notext",
            "-startdate", start, "-enddate", end, "-extfile", f"{name}.ext")
    with open(f"{folder}/{name}.pem", "w") as file:
        for part in (f"{name}.key", f"{name}.crt"):
            with open(f"{folder}/{part}") as whole:
                file.write(whole.read())


def make_certificates():
    with open(f"{folder}/ca.cnf", "w") as file:
        file.write(
            "[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n"
            "private_key=authority.key\ncertificate=authority.pem\npolicy=any\nunique_subject=no\n"
            "[any]\ncommonName=supplied\n[req]\ndistinguished_name=name\nx509_extensions=authority\n[name]\n"
            "[authority]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n"
        )
    open(f"{folder}/index.txt", "w").close()
    with open(f"{folder}/serial", "w") as file:
        file.write("01\n")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "authority.key", "-out", "authority.pem",
            "-subj", "/CN=authority of a test", "-days", "3650", "-config", "ca.cnf")
    here = "IP:127.0.0.1,DNS:localhost"
    certificate("right", here, "20200101000000Z", "20491231000000Z")
    certificate("over", here, "20200101000000Z", "20210101000000Z")
    certificate("other", "DNS:example.org", "20200101000000Z", "20491231000000Z")


def main():
    make_certificates()
    servers = {"plain": Server(("127.0.0.1", 0), Handler), "ipv6": Server6(("::1", 0), Handler)}
    for name in ("right", "over", "other"):
        server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/{name}.pem")
        # Not in accept(2)'s thread: a client that says nothing would hold up the others.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        servers[name] = server
    ports = {name: server.server_address[1] for name, server in servers.items()}
    servers["socket"] = UnixServer(f"{folder}/server.sock", Handler)
    for server in servers.values():
        threading.Thread(target=server.serve_forever, daemon=True).start()
    tell(json.dumps(ports))
    sys.stdin.read()
    os._exit(0)


main()
