# SPDX-License-Identifier: MIT
"""What a scenario of whole programs needs: a private broker, agents, watchers, foreign clients, deadlines, evidence.

A scenario is a function with the decorator @scenario. Its one argument, a Stage, starts programs and ends them again
whatever happens. Each file of scenarios ends with `harness.main()`, which then knows:

    FILE --list          a line a scenario: NAME SERIAL TIMEOUT LOCK, for CMake
    FILE NAME            runs one. Exit status 0 passed, 1 failed, 77 skipped

Environment: BUILD_DIR, where nano-agent/nano-agent and pc-tui/pc-tui are (default: build/tests/plain);
SANITIZED=1 where they were built with sanitizers (no memory limit, more patience).
Only the standard library is imported here; paho and jsonschema on first use.
"""
import ctypes
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

SOURCE_DIR = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD_DIR = os.path.abspath(os.environ.get('BUILD_DIR') or os.path.join(SOURCE_DIR, 'build', 'tests', 'plain'))
SANITIZED = os.environ.get('SANITIZED', '0') not in ('', '0', 'OFF')
PATIENCE = 4 if SANITIZED else 1
DEADLINE = 10.0

CHANNELS = '''
servo tilt { pwm = "pin 33" hz = 50 pulse = {1000, 2000} angle = {-45, 45} limit = {-45, 45} step = 5 speed = 120
             accel = 600 axis = tilt start = off safe = off lost = hold exit = hold idle_off = 0 }
switch led { gpio = "pin 7" active_low = false start = off safe = off lost = hold }
'''


class Failure(Exception):
    """What was expected did not come."""


class Skip(Exception):
    """This machine cannot run the scenario; the message says why."""


def tool(name):
    """The path of a program of the system. mosquitto lives in /usr/sbin, which plain users' PATH may lack."""
    path = shutil.which(name, path=os.environ.get('PATH', '') + ':/usr/bin:/bin:/usr/sbin:/sbin')
    if not path:
        raise Skip('%s is not installed' % name)
    return path


def program(name):
    path = os.path.join(BUILD_DIR, name, name)
    if not os.access(path, os.X_OK):
        raise Failure('%s was not built' % path)
    return path


def paho_client(client_id='', version=4, clean=True):
    """A paho client of either major version of the library."""
    try:
        import paho.mqtt.client as mqtt
    except ImportError:
        raise Skip('python3-paho-mqtt is not installed for %s' % sys.executable) from None
    arguments = {'client_id': client_id, 'protocol': mqtt.MQTTv5 if version == 5 else mqtt.MQTTv311}
    if version != 5:
        arguments['clean_session'] = clean
    if hasattr(mqtt, 'CallbackAPIVersion'):
        return mqtt.Client(mqtt.CallbackAPIVersion.VERSION1, **arguments)
    return mqtt.Client(**arguments)


def wait_for(condition, what, deadline=DEADLINE):
    """Returns the first true value of condition(), or fails naming what was waited for."""
    until = time.monotonic() + deadline * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise Failure('not within %g s: %s' % (deadline * PATIENCE, what))
        time.sleep(0.005)


def check(truth, what):
    if not truth:
        raise Failure(what)


def equal(have, want, what):
    if have != want:
        raise Failure('%s: have %r, want %r' % (what, have, want))


_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
    PR_SET_PDEATHSIG = 1
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Port:
    """A free port of 127.0.0.1 that stays ours while its broker is down.

    Below the range the kernel hands out to clients; reserved among parallel scenarios by an abstract socket, which
    cannot outlive us."""

    def __init__(self):
        for _ in range(500):
            self.number = random.randint(20000, 32000)
            self.claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    self.claim.bind('\0nano-test-port-%d' % self.number)
                    probe.bind(('127.0.0.1', self.number))
                    return
                except OSError:
                    self.claim.close()
        raise Failure('no free port on 127.0.0.1')

    def release(self):
        self.claim.close()


class Process:
    """A started program; its output goes to files, so that nothing blocks and everything can be shown."""

    def __init__(self, stage, name, argv, stdin=None, env=None, own=False):
        self.stage, self.name, self.argv, self.own = stage, name, argv, own
        stem = os.path.join(stage.directory, '%02d-%s' % (len(stage.processes), name))
        self.out_path, self.err_path = stem + '.out', stem + '.err'
        with open(self.out_path, 'wb') as out, open(self.err_path, 'wb') as err:
            self.popen = subprocess.Popen(
                argv, stdin=stdin if stdin is not None else subprocess.DEVNULL, stdout=out, stderr=err,
                cwd=stage.directory, env=dict(stage.env, **(env or {})), preexec_fn=_die_with_parent)
        stage.processes.append(self)

    @property
    def pid(self):
        return self.popen.pid

    @property
    def stdin(self):
        return self.popen.stdin

    def out(self):
        with open(self.out_path, 'rb') as f:
            return f.read().decode('utf-8', 'replace')

    def err(self):
        with open(self.err_path, 'rb') as f:
            return f.read().decode('utf-8', 'replace')

    def alive(self):
        return self.popen.poll() is None

    def signal(self, number):
        if self.alive():
            os.kill(self.pid, number)

    def kill(self):
        """kill -9, and waits for the end."""
        self.signal(signal.SIGKILL)
        self.popen.wait()

    def wait(self, deadline=DEADLINE):
        """Waits for it to end by itself and returns its exit status."""
        try:
            return self.popen.wait(deadline * PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failure('%s did not end within %g s' % (self.name, deadline * PATIENCE)) from None

    def terminate(self, deadline=DEADLINE):
        self.signal(signal.SIGTERM)
        return self.wait(deadline)

    def end(self):
        if self.alive():
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
            try:
                self.popen.wait(5 * PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()

    def rss_kib(self):
        """Resident memory now, from /proc."""
        with open('/proc/%d/status' % self.pid, encoding='ascii', errors='replace') as f:
            return int(re.search(r'^VmRSS:\s*(\d+)', f.read(), re.M).group(1))

    def sanitizer_report(self):
        text = self.err()
        if re.search(r'(ERROR|WARNING): (Address|Leak|Undefined|Memory)\w*Sanitizer|runtime error:', text):
            return text
        return ''


class Broker(Process):
    """A mosquitto as anybody gets it: a listener on a port of its own, and nothing else set."""

    def __init__(self, stage, port=None, config='', verbose=True, anonymous=True):
        self.port_claim = port or stage.port()
        self.port = self.port_claim.number
        self.config, self.verbose, self.anonymous = config, verbose, anonymous
        self.config_text = 'listener %d 127.0.0.1\nallow_anonymous %s\n%s' % (
            self.port, 'true' if anonymous else 'false', config)
        path = stage.write('mosquitto-%d.conf' % self.port, self.config_text)
        argv = [tool('mosquitto'), '-c', path] + (['-v'] if verbose else [])
        super().__init__(stage, 'mosquitto', argv)
        wait_for(self._ready, 'mosquitto listens on port %d' % self.port)

    def _ready(self):
        check(self.alive(), 'mosquitto ended at once: %s' % self.err())
        try:
            socket.create_connection(('127.0.0.1', self.port), 1).close()
            return True
        except OSError:
            return False

    def again(self):
        """A new broker on the same port, after kill()."""
        return Broker(self.stage, self.port_claim, self.config, self.verbose, self.anonymous)

    def options(self):
        return ['-h', '127.0.0.1', '-p', str(self.port)]


class Agent(Process):
    """nano-agent --sim. Its stdout says each change of an output, its stderr is the log."""

    def __init__(self, stage, broker, config=None, args=(), channels=CHANNELS, name='nano-agent', sim=True, env=None):
        text = (config or '') + channels
        if SANITIZED and 'memory_limit' not in text:
            text = 'memory_limit = 0\n' + text
        self.config_path = stage.write('%s-%d.conf' % (name, len(stage.processes)), text)
        argv = [program('nano-agent'), '-c', self.config_path] + (['--sim'] if sim else [])
        argv += (broker.options() if broker else []) + list(args)
        super().__init__(stage, name, argv, env=env, own=True)

    def changes(self, channel=None):
        """What the simulated outputs did, as lists of words: ['12.345', 'tilt', '1500', 'us']."""
        rows = [line.split() for line in self.out().splitlines() if line.strip()]
        return [row for row in rows if channel is None or (len(row) > 1 and row[1] == channel)]

    def pulses(self, channel='tilt'):
        """The pulses emitted, in microseconds."""
        return [int(float(row[2])) for row in self.changes(channel) if len(row) > 3 and row[3] == 'us']


class Report:
    """A message that a watcher received."""

    def __init__(self, at, topic, payload, retained, qos):
        self.at, self.topic, self.payload, self.retained, self.qos = at, topic, payload, retained, qos
        try:
            self.status = json.loads(payload.decode('utf-8'))
        except ValueError:
            self.status = None

    @property
    def last(self):
        return (self.status or {}).get('last') or {}

    @property
    def boot(self):
        return (self.status or {}).get('boot')

    @property
    def online(self):
        return (self.status or {}).get('online')

    def channel(self, name):
        return (self.status or {}).get('channels', {}).get(name, {})

    def __repr__(self):
        return '%.3f %s%s %s' % (self.at, self.topic, ' (retained)' if self.retained else '',
                                 self.payload[:600].decode('utf-8', 'replace'))


class Watcher:
    """A foreign client (paho) that collects everything published on some topics, with receive times."""

    def __init__(self, stage, broker, topics=None, root='jetson', version=4, qos=0, name='watcher', user=None):
        self.stage, self.name = stage, name
        self.topics = topics or [root + '/status', root + '/+/status']
        self.reports = []
        self.condition = threading.Condition()
        self.subscribed = threading.Event()
        self.client = paho_client(version=version)
        self.client.on_connect = lambda client, *_: client.subscribe([(topic, qos) for topic in self.topics])
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.on_message = self._message
        self.client.reconnect_delay_set(1, 1)
        if user:
            self.client.username_pw_set(*user)
        self.client.connect('127.0.0.1', broker.port, 60)
        self.client.loop_start()
        stage.watchers.append(self)
        if not self.subscribed.wait(DEADLINE * PATIENCE):
            raise Failure('the watcher could not subscribe')

    def _message(self, _client, _userdata, message):
        report = Report(time.monotonic(), message.topic, message.payload, bool(message.retain), message.qos)
        with self.condition:
            self.reports.append(report)
            self.condition.notify_all()

    def mark(self):
        with self.condition:
            return len(self.reports)

    def since(self, mark=0):
        with self.condition:
            return self.reports[mark:]

    def wait(self, predicate, what, since=0, deadline=DEADLINE):
        """The first report from `since` on that fulfils the predicate."""
        until = time.monotonic() + deadline * PATIENCE
        index = since
        with self.condition:
            while True:
                while index < len(self.reports):
                    if predicate(self.reports[index]):
                        return self.reports[index]
                    index += 1
                left = until - time.monotonic()
                if left <= 0:
                    raise Failure('not within %g s: %s' % (deadline * PATIENCE, what))
                self.condition.wait(left)

    def online(self, since=0, topic=None, deadline=DEADLINE):
        """Waits for a device to be there: a status that was not retained."""
        return self.wait(lambda r: r.online and not r.retained and (topic is None or r.topic == topic),
                         'a status of a running agent', since, deadline)

    def result(self, what, since=0, deadline=DEADLINE, **fields):
        """Waits for a result whose `last` has these fields (cmd=…, id=…, result=…)."""
        return self.wait(lambda r: r.last and all(r.last.get(k) == v for k, v in fields.items()),
                         '%s: a result with %r' % (what, fields), since, deadline)

    def results(self, since=0):
        """Every result once, in order: a result counts once per (boot, n)."""
        seen, found = set(), []
        for report in self.since(since):
            key = (report.boot, report.last.get('n'))
            if report.last and key not in seen:
                seen.add(key)
                found.append(report.last)
        return found

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


class Outcome:
    """How a program ended that was run to its end."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __repr__(self):
        return 'exit %s\nstdout: %s\nstderr: %s' % (self.code, self.out, self.err)


class Stage:
    """One scenario's world. Everything it starts it ends, by pid; its directory goes with it."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix='nano-test-')
        os.chmod(self.directory, 0o755)  # a mosquitto started by root reads its files as its own user
        self.processes, self.watchers, self.ports, self.outcomes = [], [], [], []
        self.asked = 0
        self.witnesses = []  # functions that return more evidence
        self.env = {key: value for key, value in os.environ.items()
                    if key not in ('NOTIFY_SOCKET', 'JOURNAL_STREAM', 'WATCHDOG_USEC')}
        self.env.update({'LC_ALL': 'C.UTF-8', 'HOME': self.directory, 'XDG_CONFIG_HOME': self.directory + '/config',
                         'XDG_STATE_HOME': self.directory + '/state',
                         'ASAN_OPTIONS': 'detect_leaks=1:abort_on_error=0:exitcode=99',
                         'UBSAN_OPTIONS': 'print_stacktrace=1'})

    # starting things

    def port(self):
        port = Port()
        self.ports.append(port)
        return port

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, content):
        path = self.path(name)
        with open(path, 'wb') as f:
            f.write(content if isinstance(content, bytes) else content.encode('utf-8'))
        return path

    def broker(self, **options):
        return Broker(self, **options)

    def agent(self, broker, **options):
        return Agent(self, broker, **options)

    def watcher(self, broker, **options):
        return Watcher(self, broker, **options)

    def start(self, name, argv, **options):
        return Process(self, name, argv, **options)

    def tui(self, broker, *args, **options):
        """Starts pc-tui (watch, send - …) and leaves it running."""
        argv = [program('pc-tui')] + self._tui_arguments(broker, args)
        return Process(self, 'pc-tui', argv, own=True, **options)

    @staticmethod
    def _tui_arguments(broker, args):
        options = broker.options() if broker else []
        if args and args[0] in ('send', 'watch'):
            return [args[0]] + options + list(args[1:])
        return options + list(args)

    # foreign clients and single shots

    def run(self, argv, stdin=b'', deadline=DEADLINE, env=None):
        """Runs a program to its end."""
        stdin = stdin.encode('utf-8') if isinstance(stdin, str) else stdin
        try:
            done = subprocess.run(argv, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                                  timeout=deadline * PATIENCE, cwd=self.directory, env=dict(self.env, **(env or {})),
                                  preexec_fn=_die_with_parent)
        except subprocess.TimeoutExpired as e:
            raise Failure('%s did not end within %g s; stdout %r, stderr %r'
                          % (' '.join(argv), deadline * PATIENCE, e.stdout, e.stderr)) from None
        outcome = Outcome(done.returncode, done.stdout.decode('utf-8', 'replace'),
                          done.stderr.decode('utf-8', 'replace'))
        self.outcomes.append((argv, outcome))
        return outcome

    def pub(self, broker, payload, topic='jetson/control', args=()):
        """mosquitto_pub: the payload as bytes or text, exactly as given."""
        raw = payload if isinstance(payload, bytes) else payload.encode('utf-8')
        outcome = self.run([tool('mosquitto_pub')] + broker.options() + ['-t', topic] + list(args) + ['-s'], raw)
        equal(outcome.code, 0, 'mosquitto_pub: %s' % outcome.err)

    def pub_lines(self, broker, lines, topic='jetson/control', qos=1, deadline=60):
        """mosquitto_pub: each line a message, over one connection, as fast as it goes."""
        outcome = self.run([tool('mosquitto_pub')] + broker.options() + ['-t', topic, '-q', str(qos), '-l'],
                           '\n'.join(lines) + '\n', deadline)
        equal(outcome.code, 0, 'mosquitto_pub: %s' % outcome.err)

    def say(self, broker, watcher, payload, what=None, topic='jetson/control', args=(), deadline=DEADLINE):
        """Publishes a command with mosquitto_pub and returns the report that carries its result."""
        known = [r for r in watcher.since() if r.last]
        before = (known[-1].boot, known[-1].last['n']) if known else None
        mark = watcher.mark()
        self.pub(broker, payload, topic, args)
        return watcher.wait(lambda r: r.last and (before is None or r.boot != before[0] or r.last['n'] > before[1]),
                            what or 'the result of %r' % payload, mark, deadline)

    def send(self, broker, *args, stdin='', deadline=30, env=None):
        """pc-tui send, to its end."""
        return self.run([program('pc-tui')] + self._tui_arguments(broker, ('send',) + args), stdin, deadline, env)

    # the end

    def evidence(self):
        parts = []
        for argv, outcome in self.outcomes[-5:]:
            parts.append('--- ran %s\n%r' % (' '.join(argv), outcome))
        for process in self.processes:
            state = 'running' if process.alive() else 'ended with %s' % process.popen.returncode
            parts.append('--- %s (pid %d, %s): %s' % (process.name, process.pid, state, ' '.join(process.argv)))
            for label, text in (('stdout', process.out()), ('stderr', process.err())):
                if text.strip():
                    lines = text.splitlines()
                    cut = ['… %d lines left out …' % (len(lines) - 60)] if len(lines) > 60 else []
                    parts.append('%s:\n%s' % (label, '\n'.join(cut + lines[-60:])))
        for watcher in self.watchers:
            parts.append('--- %s saw %d messages, the last:' % (watcher.name, watcher.mark()))
            parts += [repr(report) for report in watcher.since()[-25:]]
        parts += [witness() for witness in self.witnesses]
        return '\n'.join(parts)

    def validate(self, reports):
        """Each of these statuses against docs/status.schema.json."""
        try:
            import jsonschema
        except ImportError:
            return
        with open(os.path.join(SOURCE_DIR, 'docs', 'status.schema.json'), encoding='utf-8') as f:
            schema = json.load(f)
        validator = jsonschema.validators.validator_for(schema)(schema)
        for report in reports:
            check(report.status is not None, 'a status is not JSON: %r' % report)
            errors = sorted(validator.iter_errors(report.status), key=str)
            check(not errors, 'a status breaks docs/status.schema.json: %s\n%r' % (errors and errors[0], report))

    def finish(self):
        """Ends our programs and looks at what they leave: a sanitizer's report fails any scenario, and so does a
        status that breaks the schema."""
        for process in reversed([p for p in self.processes if p.own]):
            process.end()
        for process in self.processes:
            if process.own:
                check(not process.sanitizer_report(), '%s: the sanitizer has found something' % process.name)
        for argv, outcome in self.outcomes:
            check(outcome.code != 99 and 'runtime error:' not in outcome.err,
                  'the sanitizer has found something: %s\n%r' % (' '.join(argv), outcome))
        for watcher in self.watchers:
            statuses = [r for r in watcher.since() if r.topic.endswith('/status') and r.payload]
            self.validate(statuses[:: max(1, len(statuses) // 200)])

    def close(self):
        for watcher in self.watchers:
            watcher.close()
        for process in reversed(self.processes):
            process.end()
        for port in self.ports:
            port.release()
        shutil.rmtree(self.directory, ignore_errors=True)


def set_up(stage, **options):
    """A broker, a watcher and an agent that reports."""
    broker = stage.broker()
    watcher = stage.watcher(broker)
    agent = stage.agent(broker, **options)
    watcher.online()
    return broker, watcher, agent


def answers(stage, broker, watcher, topic='jetson/control'):
    """The agent is alive and well: it carries out `status`. What it was told before has its result by then."""
    stage.asked += 1
    name = 'asked-%d' % stage.asked
    mark = watcher.mark()
    stage.pub(broker, json.dumps({'cmd': 'status', 'id': name}), topic)
    report = watcher.result('the agent still answers', mark, id=name)
    equal((report.last['cmd'], report.last['result']), ('status', 'ok'), 'the answer to status')
    return report


def at_rest(watcher, channel='tilt', since=0, **fields):
    """Waits until a servo has arrived."""
    return watcher.wait(lambda r: r.online and r.channel(channel).get('moving') is False and
                        all(r.channel(channel).get(k) == v for k, v in fields.items()),
                        '%s at rest with %r' % (channel, fields), since)


_scenarios = {}


def scenario(function=None, serial=False, timeout=60, lock='-'):
    """serial: measures time so finely that nothing else may run beside it. lock: no two scenarios that name the same lock run
    at one time; 'calm' is that of those that make much load, and of those that much load would disturb. timeout: seconds for
    ctest; the longest are started first."""

    def register(f):
        if f.__module__ == '__main__':  # not those of a file that is only imported
            _scenarios[f.__name__] = (f, serial, timeout, lock)
        return f

    return register(function) if function else register


def _out_of_time(_signal, _frame):
    raise Failure('out of time')


def _run(function, timeout):
    # Before ctest kills us: everything ended, and the evidence printed.
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(max(1, timeout * PATIENCE - 5))
    stage = Stage()
    try:
        try:
            function(stage)
            stage.finish()
            print('passed')
            return 0
        except Skip as reason:
            print('SKIP: %s' % reason)
            return 77
        except BaseException as error:  # the evidence must be printed before anything is ended
            print('FAILED: %s' % error)
            where = traceback.extract_tb(error.__traceback__)
            for frame in where:
                if os.path.basename(frame.filename) != 'harness.py':
                    print('  at %s:%d: %s' % (os.path.basename(frame.filename), frame.lineno, frame.line))
            if not isinstance(error, Failure):
                traceback.print_exc(file=sys.stdout)
            print(stage.evidence())
            return 1
    finally:
        signal.alarm(0)
        stage.close()


def main():
    # Korean and control characters in evidence must not end a run in the C locale.
    sys.stdout.reconfigure(encoding='utf-8', errors='replace')
    names = sys.argv[1:]
    if names == ['--list']:
        for name, (_, serial, timeout, lock) in _scenarios.items():
            print(name, int(serial), timeout, lock)
        return
    if len(names) != 1 or names[0] not in _scenarios:
        print('usage: %s NAME, one of:\n  %s' % (sys.argv[0], '\n  '.join(_scenarios)), file=sys.stderr)
        sys.exit(2)
    function, _, timeout, _ = _scenarios[names[0]]
    sys.exit(_run(function, timeout))
