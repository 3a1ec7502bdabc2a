# SPDX-License-Identifier: MIT
"""A pseudo-terminal for scenarios that press keys and look at what happens at the device."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

import harness
from harness import check, wait_for


class Terminal:
    """A program in a pseudo-terminal of 80 by 24. What it printed is kept, not drawn: the scenarios that look at cells and
    colours are in tests/screen."""

    def __init__(self, stage, argv, env=None):
        self.seen = b''
        stage.witnesses.append(lambda: '--- the terminal of %s printed at last:\n%s' % (argv[0], self.text()[-3000:]))
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.chdir('/')
                os.execve(argv[0], argv, dict(stage.env, TERM='xterm-256color', **(env or {})))
            finally:
                os._exit(127)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))

    def read(self):
        while select.select([self.fd], [], [], 0)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return False
            if not data:
                return False
            self.seen += data
            # What a terminal answers where it is asked for the cursor's place or what it is.
            for question, answer in ((b'\x1b[6n', b'\x1b[2;2R'), (b'\x1b[c', b'\x1b[?62c')):
                for _ in range(data.count(question)):
                    os.write(self.fd, answer)
        return True

    def text(self):
        """What was printed, without the escape sequences."""
        plain = re.sub(rb'\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()][0-9A-B]|[=>78cM])', b' ', self.seen)
        return plain.decode('utf-8', 'replace')

    def wait(self, pattern, what, deadline=harness.DEADLINE):
        def there():
            self.read()
            return re.search(pattern, self.text())
        return wait_for(there, what, deadline)

    def type(self, keys):
        """One key, or one escape sequence, as the terminal would send it."""
        os.write(self.fd, keys)

    def type_line(self, text):
        """Types a text as a person does: many characters at once would be a paste."""
        for character in text:
            self.read()
            os.write(self.fd, character.encode('utf-8'))
            time.sleep(0.02)

    def exit(self, deadline=harness.DEADLINE):
        def ended():
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            return [status] if pid else None
        status = wait_for(ended, 'the program in the terminal ends', deadline)[0]
        self.read()
        check(b'Sanitizer' not in self.seen and b'runtime error:' not in self.seen, 'the sanitizer has found something')
        return os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)

    def close(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.fd)
