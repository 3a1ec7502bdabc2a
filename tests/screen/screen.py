# SPDX-License-Identifier: MIT
"""A screen as scenarios see it: pc-tui in test-terminal (libvterm), keys in, cells and colours out."""
import os
import re
import subprocess
import sys
import time
import unicodedata

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'integration'))
import harness  # noqa: E402 (the path has to be known first)
from harness import DEADLINE, PATIENCE, Failure, check, equal  # noqa: E402,F401

KEYS = {'up': '\x1b[A', 'down': '\x1b[B', 'right': '\x1b[C', 'left': '\x1b[D',
        'tab': '\t', 'enter': '\r', 'esc': '\x1b', 'shift-tab': '\x1b[Z',
        'backspace': '\x7f', 'pgup': '\x1b[5~', 'pgdn': '\x1b[6~', 'space': ' '}

# The colours of the roles on a dark background, as palette entries (pc-tui/terminal/roles.c).
RED, GREEN, YELLOW, CYAN = '203', '40', '214', '44'
GREY, WHITE, STOP_RED = '245', '231', '160'
DARK, LIGHT = '0000/0000/0000', 'ffff/ffff/ffff'


def wide_ranges(path):
    """Writes the ranges of characters that are ambiguous in the EastAsianWidth table, for a terminal that shows them wide."""
    ranges = []
    for codepoint in range(0x80, 0x10000):
        if unicodedata.east_asian_width(chr(codepoint)) != 'A':
            continue
        if ranges and ranges[-1][1] == codepoint - 1:
            ranges[-1][1] = codepoint
        else:
            ranges.append([codepoint, codepoint])
    with open(path, 'w', encoding='ascii') as f:
        f.writelines('%x %x\n' % tuple(r) for r in ranges)


class Cell:
    def __init__(self, answer):
        words = answer.split()
        self.sign = ' ' if words[1] == 'blank' else words[1]
        self.width, self.fg, self.bg = int(words[2]), words[3], words[4]
        self.bold, self.reverse, self.underline = (word != '-' for word in words[5:8])

    def __repr__(self):
        return '%r fg=%s bg=%s%s%s%s' % (self.sign, self.fg, self.bg, ' bold' * self.bold, ' reverse' * self.reverse,
                                         ' underline' * self.underline)


class Screen:
    """A program in a terminal of its own."""

    def __init__(self, stage, argv, rows=24, columns=80, env=None, ambiguous=1, errors_apart=True,
                 background=DARK, silent=False, kitty=False):
        self.stage, self.rows, self.columns = stage, rows, columns
        driver = os.path.join(harness.BUILD_DIR, 'tests', 'screen', 'test-terminal')
        if not os.access(driver, os.X_OK):
            raise Failure('%s was not built' % driver)
        self.err_path = os.path.join(stage.directory, 'screen-%d.err' % len(stage.screens))
        ranges = os.path.join(stage.directory, 'wide-%d' % len(stage.screens))
        if ambiguous == 2:
            wide_ranges(ranges)
        environment = dict(stage.env, TERM='xterm-256color', LC_ALL='C.UTF-8', LANG='C.UTF-8', TZ='UTC0')
        for name in ('NO_COLOR', 'SSH_CONNECTION', 'SSH_TTY', 'LINES', 'COLUMNS', 'COLORTERM'):
            environment.pop(name, None)
        environment.update(env or {})
        self.popen = subprocess.Popen(
            [driver, '-r', str(rows), '-c', str(columns)] + (['-w', ranges] if ambiguous == 2 else []) +
            (['-e', self.err_path] if errors_apart else []) + (['-b', background] if background else []) +
            (['-s'] if silent else []) + (['-k'] if kitty else []) + argv,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=stage.directory,
            env={k: v for k, v in environment.items() if v is not None})
        stage.screens.append(self)

    def ask(self, command):
        self.popen.stdin.write(command.encode('utf-8') + b'\n')
        self.popen.stdin.flush()
        answer = self.popen.stdout.readline().decode('utf-8').rstrip('\n')
        if not answer:
            raise Failure('the test terminal has ended')
        return answer

    # what is there

    def dump(self):
        count = int(self.ask('dump').split()[1])
        return [self.popen.stdout.readline().decode('utf-8').rstrip('\n') for _ in range(count)]

    def row(self, text, rows=None):
        """The number of the first row that contains the text."""
        rows = rows or self.dump()
        for number, row in enumerate(rows):
            if text in row:
                return number
        raise Failure('no row with %r' % text)

    def column(self, row, text):
        """The cell column where text begins in a row; only for rows of narrow characters."""
        line = self.dump()[row]
        if text not in line:
            raise Failure('row %d is %r, without %r' % (row, line, text))
        return line.index(text)

    def cell(self, row, column):
        return Cell(self.ask('cell %d %d' % (row, column)))

    def cells(self, row):
        """The characters of a row; a wide one is one cell."""
        count = int(self.ask('cells %d' % row).split()[1])
        return [Cell(self.popen.stdout.readline().decode('utf-8').rstrip('\n')) for _ in range(count)]

    def cell_of(self, text, offset=0, near=''):
        """The cell where text stands, in the first row that has it (and `near`)."""
        for number, row in enumerate(self.dump()):
            if text in row and near in row:
                return self.cell(number, row.index(text) + offset)
        raise Failure('no row with %r and %r' % (text, near))

    def cursor(self):
        words = self.ask('cursor').split()
        return int(words[1]), int(words[2]), words[3]

    def modes(self):
        words = self.ask('modes').split(None, 11)
        return {'alternate': words[1] == 'alternate', 'paste': words[2] == 'paste', 'focus': words[3] == 'focus',
                'cursor': words[4] == 'visible', 'mouse': words[5] == 'mouse',
                'keyboard': (int(words[7]), int(words[8])), 'titles': int(words[10]),
                'title': words[11] if len(words) > 11 else ''}

    def keyboard(self):
        """The flags of the kitty protocol that are in force on the alternate screen."""
        return int(self.ask('keyboard').split()[2])

    def termios(self):
        return self.ask('termios')

    def drawn(self):
        return int(self.ask('drawn').split()[1])

    def seen(self, raw):
        """How often the program has written these bytes."""
        return int(self.ask('seen ' + raw.hex()).split()[1])

    def rate(self, bytes_per_second):
        """From now on the terminal reads so many bytes a second; 0 nothing, -1 all."""
        equal(self.ask('rate %d' % bytes_per_second), 'ok', 'rate')

    def wait(self, pattern, deadline=DEADLINE):
        r"""Waits until the picture matches (a POSIX extended expression, and \d); returns the seconds that took."""
        answer = self.ask('wait %d %s' % (int(deadline * PATIENCE * 1000), pattern.replace(r'\d', '[0-9]')))
        if not answer.startswith('ok'):
            raise Failure('%s, waiting for %r on the screen' % (answer, pattern))
        return int(answer.split()[1]) / 1e6

    def gone(self, pattern, deadline=DEADLINE):
        answer = self.ask('gone %d %s' % (int(deadline * PATIENCE * 1000), pattern.replace(r'\d', '[0-9]')))
        if not answer.startswith('ok'):
            raise Failure('%s, waiting for %r to leave the screen' % (answer, pattern))
        return int(answer.split()[1]) / 1e6

    # what is done

    def bytes(self, raw):
        """Types bytes in one write, as a paste or one key's sequence comes."""
        raw = raw if isinstance(raw, bytes) else raw.encode('utf-8')
        harness.equal(self.ask('bytes ' + raw.hex()), 'ok', 'typing')

    def press(self, *keys):
        for key in keys:
            self.bytes(KEYS.get(key, key))

    def keys_are_read(self):
        """Waits until what was typed has had its effect: keys are read in their order."""
        self.press(':')
        self.wait(r'^ :')
        self.press('esc')
        self.gone(r'^ :')

    def command(self, text):
        """Opens the command line, writes text and enters it."""
        self.press(':')
        self.wait(r'^ :')
        self.write(text)
        self.press('enter')

    def write(self, text):
        """Types text as a person does: a key at a time, each seen before the next."""
        for sign in text:
            before = self.drawn()
            self.bytes(sign)
            harness.wait_for(lambda: self.drawn() > before, 'the screen answers the key %r' % sign)

    def resize(self, rows, columns):
        """Resizes, and waits until the new picture is drawn."""
        before = self.drawn()
        equal(self.ask('size %d %d' % (rows, columns)), 'ok', 'resizing')
        self.rows, self.columns = rows, columns
        harness.wait_for(lambda: self.drawn() > before, 'a drawing in the new size')
        steady(self, 0.15)

    def signal(self, number):
        self.ask('signal %d' % number)

    def pid(self):
        return int(self.ask('pid').split()[1])

    def hangup(self):
        self.ask('hangup')

    def exited(self, deadline=DEADLINE):
        """How the program ended: 'exit 0', 'signal 9'."""
        answer = self.ask('exited %d' % int(deadline * PATIENCE * 1000))
        if answer == 'timeout':
            raise Failure('the program in the terminal did not end')
        return answer

    def err(self):
        try:
            with open(self.err_path, 'rb') as f:
                return f.read().decode('utf-8', 'replace')
        except OSError:
            return ''

    def evidence(self):
        try:
            picture = '\n'.join('|%s' % row for row in self.dump())
        except (Failure, OSError, ValueError, IndexError) as error:
            picture = 'no picture: %s' % error
        return '--- screen:\n%s\nstderr: %s' % (picture, self.err())

    def close(self):
        try:
            self.popen.stdin.close()
        except OSError:
            pass
        try:
            self.popen.wait(5 * PATIENCE)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


def scenario(function=None, **options):
    """harness.scenario, with screens on the stage: their pictures are evidence, and they end with the scenario."""

    def register(f):
        def run(stage):
            stage.screens = []
            evidence = stage.evidence
            stage.evidence = lambda: '\n'.join([screen.evidence() for screen in stage.screens] + [evidence()])
            close = stage.close

            def close_all():
                for screen in stage.screens:
                    screen.close()
                close()

            stage.close = close_all
            f(stage)
            for screen in stage.screens:
                text = screen.err()
                check(not re.search(r'Sanitizer|runtime error:', text), 'the sanitizer has found something: ' + text)

        run.__name__, run.__module__ = f.__name__, f.__module__
        harness.scenario(run, **options)
        return f

    return register(function) if function else register


def tui(stage, broker=None, *args, **options):
    """pc-tui's screen on a broker."""
    argv = [harness.program('pc-tui')] + (broker.options() if broker else []) + list(args)
    return Screen(stage, argv, **options)


def live(stage, *args, channels=harness.CHANNELS, agent_args=(), **options):
    """A broker, an agent and a screen that shows it live."""
    broker = stage.broker()
    agent = stage.agent(broker, channels=channels, args=agent_args)
    screen = tui(stage, broker, *args, **options)
    screen.wait('(◉|@) live')
    return broker, agent, screen


def at_rest(screen, degrees):
    """Waits until a servo is there. It shows where it shall be a moment before it says that it moves no more, and until then an
    arrow key is dropped and SPACE is a stop."""
    screen.wait(degrees + r' assumed')
    screen.gone('moving')


def steady(screen, seconds=0.3):
    """Waits until nothing is drawn for a while, but at most ten times as long."""
    until = time.monotonic() + seconds * 10
    last, since = screen.drawn(), time.monotonic()
    while time.monotonic() < until and time.monotonic() - since < seconds:
        time.sleep(0.02)
        if screen.drawn() != last:
            last, since = screen.drawn(), time.monotonic()
