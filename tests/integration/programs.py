# SPDX-License-Identifier: MIT
"""What a scenario starts and watches: brokers, agents, other programs, foreign clients; and how it waits and judges.

harness.py hands all of it on; scenarios import that. Only the standard library is imported here; paho on first use.
"""
import ctypes
import glob
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

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


def die_with_parent():
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
                cwd=stage.directory, env=dict(stage.env, **(env or {})), preexec_fn=die_with_parent)
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
            text += '\nmemory_limit = 0\n'  # at the end: no line of the text moves
        self.config_path = stage.write('%s-%d.conf' % (name, len(stage.processes)), text)
        argv = [program('nano-agent'), '-c', self.config_path] + (['--sim'] if sim else [])
        argv += (broker.options() if broker else []) + list(args)
        super().__init__(stage, name, argv, env=env, own=True)

    def _catch_up(self):
        """Waits until the lines of everything that it has reported are written: threads of their own write them, a moment behind
        the reports. A thread with lines to write runs or wants to; it sleeps for no more than a millisecond before."""
        asleep, until = 0, time.monotonic() + 1  # in a flood there is always a line on its way
        while asleep < 2 and time.monotonic() < until:
            if asleep:
                time.sleep(0.003)
            asleep = asleep + 1 if self._threads_sleep() else 0

    def _threads_sleep(self):
        for path in glob.glob('/proc/%d/task/*/stat' % self.pid):
            try:
                with open(path, encoding='ascii', errors='replace') as f:
                    number, _, rest = f.read().partition(' (')
            except OSError:  # it has just ended
                continue
            if int(number) != self.pid and rest.rpartition(') ')[2][0] in 'RD':
                time.sleep(0.001)
                return False
        return True

    def out(self):
        self._catch_up()
        return super().out()

    def err(self):
        self._catch_up()
        return super().err()

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
