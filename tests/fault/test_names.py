# SPDX-License-Identifier: MIT
"""Name servers that do not answer, or answer late. Expectation: nothing but the next connection waits for them.

Each scenario runs in a network namespace and a mount namespace of its own, with an /etc/resolv.conf whose addresses are on
its loopback, and an /etc/hosts that it changes while the programs run."""
import ctypes
import os
import re
import socket
import struct
import threading
import time

import harness
from harness import PATIENCE, Skip, check, equal, scenario, wait_for
from pty_terminal import Terminal

NAME = 'broker.lan'
LOST_AFTER = 3.0
SERVO = '''
servo tilt { pwm = "sim" speed = 2 lost = off }
switch led { gpio = "sim" lost = hold }
'''
CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
libc = ctypes.CDLL(None, use_errno=True)


def need(rc, what):
    if rc != 0:
        raise Skip('%s: %s' % (what, os.strerror(ctypes.get_errno())))


def mount(source, target, flags):
    need(libc.mount(source.encode(), target.encode(), None, ctypes.c_ulong(flags), None), 'mount on ' + target)


class Names:
    """What this scenario's machine knows of names."""

    def __init__(self, stage, servers):
        need(libc.unshare(CLONE_NEWNET | CLONE_NEWNS), 'a network namespace')
        mount('none', '/', MS_REC | MS_PRIVATE)
        outcome = stage.run([harness.tool('ip'), 'link', 'set', 'lo', 'up'])
        equal(outcome.code, 0, 'ip link set lo up: %s' % outcome.err)
        self.hosts = stage.write('hosts', '')
        addresses = ['127.0.0.%d' % (53 + i) for i in range(servers)]
        self.sockets = [self.server(address) for address in addresses]
        resolv = stage.write('resolv.conf', ''.join('nameserver %s\n' % address for address in addresses))
        for path, target in ((self.hosts, '/etc/hosts'), (resolv, '/etc/resolv.conf'),
                             (stage.write('nsswitch.conf', 'hosts: files dns\n'), '/etc/nsswitch.conf')):
            mount(path, os.path.realpath(target), MS_BIND)
        self.know()

    @staticmethod
    def server(address):
        """A name server that takes questions and does not answer."""
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind((address, 53))
        return server

    def know(self, *names):
        with open(self.hosts, 'w', encoding='ascii') as f:
            f.write('127.0.0.1 localhost %s\n' % ' '.join(names))

    def asked(self):
        """True if a question has arrived that nobody answers."""
        try:
            return bool(self.sockets[0].recv(512, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return False

    def answer_after(self, seconds):
        """From now on the first server answers with 127.0.0.1, so late."""

        def serve():
            while True:
                question, client = self.sockets[0].recvfrom(512)
                end = question.index(b'\0', 12) + 5  # the name, its type and its class
                is_a = struct.unpack('!H', question[end - 4:end - 2])[0] == 1
                record = b'\xc0\x0c' + struct.pack('!HHIH', 1, 1, 0, 4) + bytes([127, 0, 0, 1]) if is_a else b''
                reply = question[:2] + struct.pack('!HHHHH', 0x8180, 1, int(is_a), 0, 0) + question[12:end] + record
                threading.Timer(seconds, self.sockets[0].sendto, (reply, client)).start()

        threading.Thread(target=serve, daemon=True).start()


class Named:
    """A broker under its name."""

    def __init__(self, broker):
        self.broker = broker

    def options(self):
        return ['-h', NAME, '-p', str(self.broker.port)]


class Watchdog:
    """What systemd would hear: the times of WATCHDOG=1."""

    def __init__(self, stage):
        self.path = stage.path('notify')
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.times = [time.monotonic()]
        self.env = {'NOTIFY_SOCKET': self.path, 'WATCHDOG_USEC': '10000000'}
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            if self.socket.recv(512).startswith(b'WATCHDOG=1'):
                self.times.append(time.monotonic())

    def longest(self):
        times = self.times + [time.monotonic()]
        return max(b - a for a, b in zip(times, times[1:]))


def let_pass(seconds):
    until = time.monotonic() + seconds
    wait_for(lambda: time.monotonic() >= until, 'time to pass', seconds + 10)


def quick(what, limit, function):
    began = time.monotonic()
    result = function()
    took = time.monotonic() - began
    check(took <= limit * PATIENCE, '%s took %.2f s, more than %g' % (what, took, limit))
    return result


def the_broker_dies_while_its_name_cannot_be_asked_for(stage, servers):
    names = Names(stage, servers)
    names.know(NAME)
    watchdog = Watchdog(stage)
    broker = stage.broker()
    watcher = stage.watcher(broker)
    agent = stage.agent(Named(broker), config='lost_after = %.1f\n' % LOST_AFTER, channels=SERVO, env=watchdog.env)
    watcher.online()
    stage.say(broker, watcher, 'tilt 45')
    names.know()
    broker.kill()
    died = time.monotonic()

    def off():
        return [row for row in agent.changes('tilt') if row[2] == 'off']

    wait_for(off, 'lost = off is carried out', LOST_AFTER + 5)
    took = time.monotonic() - died
    # It counts from the last sign of life, which was up to a heartbeat before the death.
    check(LOST_AFTER - 1.2 <= took <= LOST_AFTER + 0.2 * PATIENCE, 'lost = off came after %.2f s' % took)
    check(names.asked(), 'the name server was asked, or this shows nothing')
    # The servo moved all the time until then: a loop that waits would have left out frames of 20 ms.
    at = [float(row[0]) for row in agent.changes('tilt')]
    gap = max(b - a for a, b in zip(at[1:], at[2:]))
    check(gap < 0.4 * PATIENCE, 'the longest time between two pulses of the moving servo: %.3f s' % gap)
    let_pass(14)
    check(watchdog.longest() <= 5.3 * PATIENCE, 'longest time between two watchdog pings: %.2f s' % watchdog.longest())
    check(re.search(r'no address for broker\.lan: no answer from the name server|connection refused', agent.err()),
          'the log says what is missing: %s' % agent.err())
    equal(quick('SIGTERM', 1.0, agent.terminate), 0, 'exit status')


@scenario(timeout=90)
def one_name_server_that_does_not_answer_delays_neither_lost_nor_the_watchdog_nor_sigterm(stage):
    the_broker_dies_while_its_name_cannot_be_asked_for(stage, 1)


@scenario(timeout=90)
def three_name_servers_that_do_not_answer_delay_neither_lost_nor_the_watchdog_nor_sigterm(stage):
    the_broker_dies_while_its_name_cannot_be_asked_for(stage, 3)


@scenario(timeout=60)
def a_broker_that_comes_back_is_found_although_its_name_is_not(stage):
    names = Names(stage, 3)
    names.know(NAME)
    broker = stage.broker()
    agent = stage.agent(Named(broker))
    wait_for(lambda: 'connected to broker.lan' in agent.err(), 'the agent connects')
    names.know()
    broker.kill()
    wait_for(names.asked, 'the name server is asked')
    broker = broker.again()
    wait_for(lambda: agent.err().count('connected to broker.lan') == 2, 'the agent is back, at the last good address', 10)
    stage.watcher(broker).online()


@scenario(timeout=60)
def a_name_server_slower_than_an_attempt_is_waited_for(stage):
    names = Names(stage, 1)
    names.answer_after(4.5)
    broker = stage.broker()
    agent = stage.agent(Named(broker))
    wait_for(lambda: 'connected to broker.lan' in agent.err(), 'the agent connects', 15)
    check('no answer from the name server within 3000 ms' in agent.err(), 'the log says who was slow: %s' % agent.err())


@scenario(timeout=60)
def a_second_broker_is_found_while_the_first_ones_name_hangs(stage):
    names = Names(stage, 1)
    broker = stage.broker()
    names.know('second.lan')
    agent = stage.agent(None, args=['-h', '%s:%d,second.lan:%d' % (NAME, broker.port, broker.port)])
    wait_for(lambda: 'connected to second.lan' in agent.err(), 'the agent connects to the second', 8)
    check(names.asked(), 'the name server was asked, or this shows nothing')


@scenario(timeout=60)
def the_screen_answers_keys_and_leaves_while_a_name_is_looked_up(stage):
    names = Names(stage, 3)
    names.know(NAME)
    broker = stage.broker()
    stage.agent(broker)
    terminal = Terminal(stage, [harness.program('pc-tui')] + Named(broker).options())
    try:
        terminal.wait('live', 'the screen shows a live device')
        names.know()
        broker.kill()
        wait_for(lambda: terminal.read() and names.asked(), 'the name server is asked')
        let_pass(1)
        quick('help', 0.5, lambda: terminal.type(b'?') or terminal.wait('more ▾', 'the help'))
        terminal.type(b'\x1b')
        let_pass(0.3)
        terminal.read()
        quick('q', 1.0, lambda: terminal.type(b'q') or equal(terminal.exit(), 0, 'exit status'))
    finally:
        terminal.close()
    terminal = Terminal(stage, [harness.program('pc-tui')] + Named(broker).options())
    try:
        let_pass(1)
        terminal.read()
        quick('q before the first answer', 1.0, lambda: terminal.type(b'q') or equal(terminal.exit(), 0, 'exit status'))
    finally:
        terminal.close()


@scenario(timeout=60)
def send_ends_after_its_time_limit_while_a_name_is_looked_up(stage):
    Names(stage, 3)
    outcome = quick('send', 4.5, lambda: stage.run([harness.program('pc-tui'), 'send', '-h', NAME, '--timeout', '2', 'led_on']))
    equal(outcome.code, 4, 'exit status: %r' % outcome)


if __name__ == '__main__':
    harness.main()
