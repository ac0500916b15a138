"""A real server, and the real shell in a pseudo-terminal."""
import errno
import fcntl
import http.client
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time

BINARY = os.path.abspath(os.environ.get("SLUICE_BIN", "build/sluice"))
DEADLINE = 15.0
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[78=>]|\x1b\][^\x07]*\x07")
PROMPT = "ksql> "


def wait_for(condition, what, deadline=DEADLINE):
    """Polls until condition() is true; its value is returned."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("timed out waiting for " + what)
        time.sleep(0.01)


class Directory:
    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="sluice-shell-")

    def file(self, name, text):
        path = os.path.join(self.path, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def read(self, name):
        with open(os.path.join(self.path, name), encoding="utf-8") as f:
            return f.read()

    def clean(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Server:
    def __init__(self):
        self.directory = Directory()
        self.log_path = os.path.join(self.directory.path, "log")
        self.log_file = open(self.log_path, "wb")
        self.process = subprocess.Popen(
            [BINARY, "server", "--data", os.path.join(self.directory.path, "data"), "--listen", "127.0.0.1:0"],
            stderr=self.log_file, stdout=self.log_file)

        def ready():
            if self.process.poll() is not None:
                raise AssertionError("the server ended: " + self.log())
            return re.search(r"server\.ready.*url=(http://\S+:(\d+))", self.log())
        match = wait_for(ready, "the ready line")
        self.url, self.port = match.group(1), int(match.group(2))

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def ksql(self, text):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            connection.request("POST", "/ksql", json.dumps({"ksql": text}))
            answer = connection.getresponse()
            body = json.loads(answer.read())
            if answer.status != 200:
                raise AssertionError(body)
            return body
        finally:
            connection.close()

    def push_queries(self):
        return [q for q in self.ksql("SHOW QUERIES;")[0]["queries"] if q["queryType"] == "PUSH"]

    def clean(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log_file.close()
        self.directory.clean()


def run(*words, text=None, home=None, cwd=None):
    """Runs sluice without a terminal: (exit code, standard output, standard error)."""
    environment = dict(os.environ, HOME=home or "/nonexistent", TERM="dumb")
    done = subprocess.run([BINARY, *words], input=text, capture_output=True, encoding="utf-8", timeout=60,
                          env=environment, cwd=cwd, stdin=None if text is not None else subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


class Terminal:
    """The shell as a user has it: a terminal of so many lines and columns."""

    def __init__(self, *words, home, columns=80, lines=24, cwd=None):
        self.text = ""   # everything printed, control sequences removed
        self.raw = ""
        self.at = 0      # where expect goes on in text
        self.code = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                if cwd:
                    os.chdir(cwd)
                # here and not in the parent: a later change would draw the prompt a second time
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
                environment = dict(os.environ, HOME=home, TERM="xterm", LC_ALL="C.UTF-8")
                os.execve(BINARY, [BINARY, *words], environment)
            finally:
                os._exit(127)

    def resize(self, columns, lines=24):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def pump(self, seconds):
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError as e:
            if e.errno != errno.EIO:
                raise
            data = b""
        self.raw += data.decode("utf-8", "replace")
        self.text = CONTROL.sub("", self.raw).replace("\r\n", "\n").replace("\r", "")
        return bool(data)

    def expect(self, wanted):
        """Waits until wanted is printed after what was expected before; gives the text up to its end."""
        end = time.monotonic() + DEADLINE
        while wanted not in self.text[self.at:]:
            if time.monotonic() > end or not self.pump(0.05):
                if wanted in self.text[self.at:]:
                    break
                raise AssertionError("waited for %r, got:\n%s" % (wanted, self.text[self.at:]))
        position = self.text.index(wanted, self.at) + len(wanted)
        seen, self.at = self.text[self.at:position], position
        while wanted.endswith((PROMPT, "\n>")) and not self.edits() and time.monotonic() < end:
            self.pump(0.005)
        return seen

    def edits(self):
        """The editor has the terminal: it prints its prompt a moment before it takes keys one by one."""
        return not termios.tcgetattr(self.fd)[3] & termios.ICANON

    def send(self, text):
        os.write(self.fd, text.encode("utf-8"))

    def line(self, text):
        self.send(text + "\r")

    def ask(self, text):
        """Types a line and gives what is printed up to the next prompt."""
        self.line(text)
        return self.expect("\n" + PROMPT)

    def wait(self):
        end = time.monotonic() + DEADLINE
        while self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end:
                raise AssertionError("the shell does not end")
            else:
                self.pump(0.02)
        while self.pump(0.05) and select.select([self.fd], [], [], 0)[0]:
            pass
        return self.code

    def clean(self):
        if self.code is None:
            pid, _ = os.waitpid(self.pid, os.WNOHANG)
            if not pid:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
        os.close(self.fd)
