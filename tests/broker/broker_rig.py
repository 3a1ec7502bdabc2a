# SPDX-License-Identifier: MIT
"""pc-tui-broker with a directory of its own, the mosquitto that it configures, and clients of it."""
import json
import os
import re
import shlex
import socket
import ssl
import threading
import time

from harness import SOURCE_DIR, Skip, check, equal, tool, wait_for
from programs import Report, paho_client

PROGRAM = os.path.join(SOURCE_DIR, 'pc-tui', 'broker', 'pc-tui-broker')
# What a refused client of mosquitto says.
REFUSED = r'not authori[sz]ed|Connection Refused|certificate verify failed|Connection refused|TLS error'


def command_finding(words):
    """status says what is wrong on stdout, and that is no failure of its own."""
    return words[:1] == ('status',)


def need_root():
    if os.geteuid() != 0:
        raise Skip('needs root')


class Bundle:
    """A .join file, read as docs/broker.md says and no other way."""

    SECTIONS = ['broker', 'login', 'tls', 'password', 'ca', 'end']

    def __init__(self, text):
        check(len(text) <= 8192, 'a bundle has at most 8192 bytes')
        check(re.fullmatch(r'[\n\x20-\x7e]*', text) and text.endswith('\n'), 'printable ASCII in whole lines: %r' % text)
        lines = text[:-1].split('\n')
        first = re.fullmatch('(nano-agent|pc-tui) join 1', lines.pop(0))
        check(first, 'the first line: %r' % text)
        self.program, self.sections, names = first.group(1), {}, []
        for line in lines:
            head = re.fullmatch(r'\[([a-z]+)\]', line)
            if head:
                names.append(head.group(1))
                self.sections[names[-1]] = []
            else:
                check(names and 0 < len(line) <= 255, 'a line of a section: %r' % line)
                self.sections[names[-1]].append(line)
        equal(names, self.SECTIONS, 'the sections, in order')
        broker = [line.split(' ') for line in self.sections['broker']]
        check(all(len(row) == 2 and row[1] for row in broker), 'KEY VALUE: %r' % broker)
        self.addresses = [row[1] for row in broker if row[0] == 'address']
        rest = [tuple(row) for row in broker if row[0] != 'address']
        equal([row[0] for row in broker[:len(self.addresses)]], ['address'] * len(self.addresses), 'addresses come first')
        check(1 <= len(self.addresses) <= 8, '1 to 8 addresses: %r' % self.addresses)
        self.root = dict(rest)['root']
        self.device = dict(rest).get('device', '')
        equal([row[0] for row in rest], ['root', 'device'] if self.device else ['root'], 'what follows the addresses')
        self.user = self._only('login', 'user ')
        self.name = self._only('tls', 'name ')
        self.password = self._only('password', '')
        check(re.fullmatch('[0-9a-f]{48}', self.password), 'a password: %r' % self.password)
        ca = self.sections['ca']
        equal((ca[0], ca[-1]), ('-----BEGIN CERTIFICATE-----', '-----END CERTIFICATE-----'), 'the authority')
        self.ca = '\n'.join(ca) + '\n'
        equal(self.sections['end'], [], 'after [end]')

    def _only(self, section, key):
        equal(len(self.sections[section]), 1, 'lines of [%s]' % section)
        line = self.sections[section][0]
        check(line.startswith(key), '[%s]: %r' % (section, line))
        return line[len(key):]

    @property
    def login(self):
        return self.user, self.password


class Kit:
    """One directory of pc-tui-broker --no-service."""

    def __init__(self, stage, name='kit', prefix=()):
        self.stage, self.dir, self.prefix = stage, stage.path(name), list(prefix)
        self.port, self.tls_port = stage.port().number, stage.port().number
        self.broker = None

    def run(self, *words, status=0, env=None, deadline=30):
        """pc-tui-broker, to its end; with another exit status than expected, the scenario ends."""
        argv = self.prefix + [tool('dash'), PROGRAM] + list(words) + ['--dir', self.dir, '--no-service']
        outcome = self.stage.run(argv, deadline=deadline, env=env)
        equal(outcome.code, status, 'pc-tui-broker %s: %r' % (' '.join(words), outcome))
        if status:
            lines = outcome.err.splitlines()
            check(command_finding(words) or (lines and lines[0].startswith('pc-tui-broker: ')), 'a failure says why: %r' % outcome)
        return outcome

    def refused(self, pattern, *words, status=1, **options):
        """It fails with one clear line."""
        outcome = self.run(*words, status=status, **options)
        check(re.search(pattern, outcome.err), '%r in %r' % (pattern, outcome.err))
        lines = [line for line in outcome.err.splitlines() if not line.startswith('Try: ')]
        equal(len(lines), 1, 'one line: %r' % outcome.err)
        return outcome

    def setup(self, *words, **options):
        return self.run('setup', '--port', str(self.port), '--tls-port', str(self.tls_port), *words, **options)

    def start(self, setup_outcome=None):
        """Starts the broker by the last line that setup printed."""
        line = (setup_outcome or self.setup()).out.splitlines()[-1]
        self.broker = self.stage.start('mosquitto', self.prefix + shlex.split(line))
        wait_for(self._listens, 'mosquitto starts by %r' % line)
        return self.broker

    def _listens(self):
        check(self.broker.alive(), 'mosquitto ended: %s' % self.broker.err())
        return 'running' in self.broker.err()

    def add(self, kind, *name):
        """add-device or add-operator, as a Bundle."""
        return Bundle(self.run(kind, *name, '-o', '-').out)

    def device(self, *name):
        return self.add('add-device', *name)

    def path(self, name):
        return os.path.join(self.dir, name)

    def read(self, name):
        with open(self.path(name), encoding='utf-8') as f:
            return f.read()

    # clients

    def options(self, login=None, tls=True, host='127.0.0.1', ca=None):
        options = ['-h', host, '-p', str(self.tls_port if tls else self.port)]
        if tls:
            options += ['--cafile', ca or self.path('ca.crt')]
        if login:
            options += ['-u', login[0], '-P', login[1]]
        return options

    def publish(self, login, topic, payload, *words, prefix=(), **options):
        """mosquitto_pub at QoS 1: the outcome."""
        argv = list(prefix) + [tool('mosquitto_pub')] + self.options(login, **options)
        return self.stage.run(argv + ['-q', '1', '-t', topic, '-m', payload] + list(words))

    def enters(self, login, **options):
        """Whether this login comes in; where it does not, the client says that it was refused."""
        outcome = self.publish(login, 'nowhere', 'x', **options)
        if outcome.code:
            check(re.search(REFUSED, outcome.err, re.I), 'refused in words: %r' % outcome)
        return outcome.code == 0


class Client:
    """A client by paho that keeps what it hears, and notes when it was thrown out."""

    def __init__(self, kit, login, topics=(), version=4, will=None, tls=True):
        self.kit, self.login, self.topics = kit, login, list(topics)
        self.reports, self.condition = [], threading.Condition()
        self.up, self.lost_at, self.refusals = threading.Event(), None, []
        self.client = paho_client('test-%s-%d' % (login[0], id(self)), version)
        self.client.username_pw_set(*login)
        if tls:
            self.client.tls_set(kit.path('ca.crt'), tls_version=ssl.PROTOCOL_TLS_CLIENT)
        if will:
            self.client.will_set(will[0], will[1], 1, True)
        self.client.on_connect = self._connected
        self.client.on_subscribe = lambda *_: self.up.set()
        self.client.on_disconnect = self._disconnected
        self.client.on_message = self._message
        self.client.reconnect_delay_set(1, 1)
        self.client.connect('127.0.0.1', kit.tls_port if tls else kit.port, 60)
        self.client.loop_start()
        kit.stage.watchers.append(self)
        check(self.up.wait(10), '%s connects: %r' % (login[0], self.refusals))

    # what the stage asks of its watchers
    name = 'client'

    def mark(self):
        return len(self.reports)

    def since(self, mark=0):
        with self.condition:
            return self.reports[mark:]

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()

    def _connected(self, client, _userdata, _flags, code, *_):
        if code != 0:
            self.refusals.append(str(code))
        elif self.topics:
            client.subscribe([(topic, 1) for topic in self.topics])
        else:
            self.up.set()

    def _disconnected(self, *_):
        if self.lost_at is None:
            self.lost_at = time.monotonic()

    def _message(self, _client, _userdata, message):
        with self.condition:
            self.reports.append(Report(time.monotonic(), message.topic, message.payload, bool(message.retain), message.qos))
            self.condition.notify_all()

    def publish(self, topic, payload, retain=False):
        self.client.publish(topic, payload, 1, retain).wait_for_publish()

    def heard(self, topic=None):
        return [report for report in self.since() if topic in (None, report.topic)]

    def hears(self, topic, payload, deadline=10):
        payload = payload.encode() if isinstance(payload, str) else payload
        return wait_for(lambda: next((r for r in self.heard(topic) if r.payload == payload), None),
                        '%s hears %r on %s' % (self.login[0], payload, topic), deadline)


class Network:
    """Two computers on one network, made of two network namespaces: the broker's and somebody else's."""

    HERE, THERE = '10.97.0.1', '10.97.0.2'

    def __init__(self, stage):
        need_root()
        self.stage = stage
        self.names = ['pctui-%d-%s' % (os.getpid(), word) for word in ('here', 'there')]
        stage.watchers.append(self)
        here, there = self.names
        for name in self.names:
            if self._ip('netns', 'add', name).code:
                raise Skip('no network namespaces here')
            self._ip('-n', name, 'link', 'set', 'lo', 'up')
        made = self._ip('link', 'add', 'lan0', 'netns', here, 'type', 'veth', 'peer', 'name', 'lan0', 'netns', there)
        if made.code:
            raise Skip('no veth here: %s' % made.err)
        for name, address in ((here, self.HERE), (there, self.THERE)):
            equal(self._ip('-n', name, 'address', 'add', address + '/24', 'dev', 'lan0').code, 0, 'ip address')
            equal(self._ip('-n', name, 'link', 'set', 'lan0', 'up').code, 0, 'ip link')

    def _ip(self, *words):
        return self.stage.run([tool('ip')] + list(words))

    def inside(self, index):
        return [tool('ip'), 'netns', 'exec', self.names[index]]

    @property
    def here(self):
        return self.inside(0)

    @property
    def there(self):
        return self.inside(1)

    # what the stage asks of its watchers
    name = 'network'

    def mark(self):
        return 0

    def since(self, _mark=0):
        return []

    def close(self):
        for process in reversed(self.stage.processes):  # before the ground is taken from under them
            process.end()
        for name in self.names:
            self._ip('netns', 'delete', name)


class Lan(Network):
    """Three computers on one network: the broker's is `here`, the device's is `there`, and an operator's is the third."""

    OPERATOR = '10.97.0.3'

    def __init__(self, stage):
        super().__init__(stage)
        self.names.append(self.names[0] + '-3')
        if self._ip('netns', 'add', self.names[2]).code:
            raise Skip('no network namespaces here')
        here, _, third = self.names
        for words in (['-n', third, 'link', 'set', 'lo', 'up'],
                      ['link', 'add', 'lan1', 'netns', here, 'type', 'veth', 'peer', 'name', 'lan0', 'netns', third],
                      ['-n', here, 'link', 'add', 'lan', 'type', 'bridge'],
                      ['-n', here, 'link', 'set', 'lan0', 'master', 'lan'],
                      ['-n', here, 'link', 'set', 'lan1', 'master', 'lan'],
                      ['-n', here, 'address', 'del', self.HERE + '/24', 'dev', 'lan0'],
                      ['-n', here, 'address', 'add', self.HERE + '/24', 'dev', 'lan'],
                      ['-n', here, 'link', 'set', 'lan', 'up'],
                      ['-n', here, 'link', 'set', 'lan1', 'up'],
                      ['-n', third, 'address', 'add', self.OPERATOR + '/24', 'dev', 'lan0'],
                      ['-n', third, 'link', 'set', 'lan0', 'up']):
            done = self._ip(*words)
            if done.code and 'bridge' in words:
                raise Skip('no bridge here: ' + done.err)
            equal(done.code, 0, 'ip %s: %s' % (' '.join(words), done.err))

    @property
    def third(self):
        return self.inside(2)


def short_certificate(stage, kit, days):
    """A certificate of the kit's authority that ends so soon, in the place of the broker's."""
    names = stage.write('names', 'subjectAltName=DNS:pc-tui-broker,DNS:localhost,IP:127.0.0.1\n')
    key, request, made = (stage.path(name) for name in ('short.key', 'short.csr', 'short.crt'))
    for argv in (['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', request,
                  '-subj', '/CN=short'],
                 ['x509', '-req', '-in', request, '-CA', kit.path('ca.crt'), '-CAkey', kit.path('ca.key'), '-days', str(days),
                  '-extfile', names, '-out', made]):
        done = stage.run([tool('openssl')] + argv)
        equal(done.code, 0, 'openssl %s: %r' % (argv[0], done))
    with open(kit.path('server.pem'), 'w', encoding='ascii') as out:
        for path in (made, key):
            with open(path, encoding='ascii') as f:
                out.write(f.read())


def status_of(device='', online=False, boot='9f31c2aa', **more):
    """A status as a device reports it."""
    return json.dumps(dict({'v': 1, 'device': device, 'online': online, 'boot': boot}, **more))


def alive(device='', boot='9f31c2aa'):
    """A status of a device that is there, without channels."""
    return status_of(device, True, boot, seq=1, t=1, report=1.0, stops=0, channels={})


def listens(port, host='127.0.0.1'):
    try:
        socket.create_connection((host, port), 1).close()
        return True
    except OSError:
        return False


def mode(path):
    return '%03o' % (os.stat(path).st_mode & 0o777)
