# SPDX-License-Identifier: MIT
"""Expectation: nothing that reads nano-agent's output can hold it up. A stop is answered and SIGTERM obeyed while stderr
and stdout take nothing, and no line is lost without being counted."""
import fcntl
import os
import pty
import re
import select
import signal
import socket
import subprocess
import termios
import time

import harness
from harness import PATIENCE, check, equal, scenario, wait_for

STOP_S = 0.1
END_S = 1.0


class Reader:
    """Reads a descriptor only when it is told to."""

    def __init__(self, fd):
        self.fd = fd
        self.data = b''

    def read(self, seconds=0.0):
        """All that comes until nothing comes for so long."""
        while select.select([self.fd], [], [], seconds)[0]:
            try:
                chunk = os.read(self.fd, 65536)
            except OSError:  # the other end of a pty is gone
                break
            if not chunk:
                break
            self.data += chunk
        return self.data.decode('utf-8', 'replace')


class Deaf:
    """An agent whose output goes to descriptors that nobody reads."""

    def __init__(self, stage, broker, stdout, stderr, args=()):
        path = stage.write('agent.conf', ('memory_limit = 0\n' if harness.SANITIZED else '') + harness.CHANNELS)
        argv = [harness.program('nano-agent'), '-c', path, '--sim'] + broker.options() + list(args)
        self.popen = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, cwd=stage.directory,
                                      env=stage.env, start_new_session=True)
        stage.deaf = getattr(stage, 'deaf', []) + [self.popen]

    def end(self):
        """SIGTERM; the seconds it took."""
        before = time.monotonic()
        os.kill(self.popen.pid, signal.SIGTERM)
        try:
            equal(self.popen.wait(10 * PATIENCE), 0, 'exit status')
        finally:
            if self.popen.poll() is None:
                self.popen.kill()
                self.popen.wait()
        return time.monotonic() - before


def answered_stop(stage, watcher, client, name):
    """Publishes stop over a connection that is up; the seconds until its result is published."""
    mark = watcher.mark()
    before = time.monotonic()
    client.publish('jetson/control', '{"cmd":"stop","id":"%s"}' % name, 1)
    return watcher.result('the stop is answered', mark, id=name).at - before


def fill(watcher, client):
    """Commands of different kinds, and refused ones with a long word: so many that the log and the outputs are certainly full,
    however slow the machine is."""
    for _ in range(400):
        for _ in range(40):
            client.publish('jetson/control', 'led_toggle', 0)
        client.publish('jetson/control', '{"cmd":"%s"}' % ('x' * 500), 0)
        time.sleep(0.01)
    client.publish('jetson/control', '{"cmd":"led_on","id":"last"}', 1)
    watcher.result('all were carried out', id='last', deadline=30)


def connected(broker):
    client = harness.paho_client()
    client.connect('127.0.0.1', broker.port)
    client.loop_start()
    wait_for(client.is_connected, 'the client is connected')
    return client


def proof(stage, stdout, stderr, readers, full):
    """The promise, whatever the descriptors are. full() fills what stderr and stdout are so that they take nothing."""
    broker = stage.broker(config='max_queued_messages 0\nmax_inflight_messages 0\n')
    watcher = stage.watcher(broker)
    agent = Deaf(stage, broker, stdout, stderr, ['-v'])
    for fd in {stdout, stderr}:
        os.close(fd)
    try:
        watcher.online()
        client = connected(broker)
        full()
        fill(watcher, client)
        client.publish('jetson/control', 'tilt 45', 1)
        watcher.wait(lambda r: r.channel('tilt').get('moving'), 'the servo moves')
        for turn in range(20):
            took = answered_stop(stage, watcher, client, 'stop-%d' % turn)
            check(took < STOP_S * PATIENCE, 'a stop was answered after %.3f s' % took)
        beats = watcher.mark()
        watcher.wait(lambda r: r.online, 'the heart beats', beats, 3)
        text = [reader.read(0.3) for reader in readers]
        watcher.mark()
        answered_stop(stage, watcher, client, 'read-again')
        text = [reader.read(0.3) for reader in readers]
        full()
        fill(watcher, client)
        took = agent.end()
        check(took < END_S * PATIENCE, 'the end came after %.3f s' % took)
        client.loop_stop()
        return text
    finally:
        for process in stage.deaf:
            if process.poll() is None:
                process.kill()
                process.wait()


def count_lost(text, what):
    lost = [int(n) for n in re.findall(r'(\d+) %ss? lost here' % what, text)]
    check(lost, 'the reader is told how many %ss were lost:\n%s' % (what, text[-2000:]))
    return sum(lost)


def every_change_is_there_or_counted(text):
    """The lamp goes on and off in turn: where two equal lines follow each other, an odd number is missing between."""
    before = None
    lost = 0
    for line in text.splitlines():
        words = line.split()
        if 'lost' in words:
            lost += int(words[1])
        elif len(words) == 3 and words[1] == 'led':
            if before is not None:
                equal((words[2] == before) == (lost % 2 == 1), True,
                      'after %s, %d lost, comes %s' % (before, lost, words[2]))
            before, lost = words[2], 0


def pipes(size=4096):
    end, begin = os.pipe()
    fcntl.fcntl(begin, 1031, size)  # F_SETPIPE_SZ
    return end, begin


@scenario(lock='calm', timeout=90)
def full_pipes_hold_nothing_up_and_what_is_lost_is_counted(stage):
    out, stdout = pipes()
    err, stderr = pipes()
    text, log = proof(stage, stdout, stderr, [Reader(out), Reader(err)], lambda: None)
    count_lost(text, 'change')
    every_change_is_there_or_counted(text)
    count_lost(log, 'line')


@scenario(lock='calm', timeout=90)
def a_stopped_terminal_holds_nothing_up(stage):
    terminal, line = pty.openpty()
    held = os.dup(line)

    def stop():
        termios.tcflow(held, termios.TCOOFF)  # what Ctrl-S does

    reader = Reader(terminal)
    real = reader.read

    def read(seconds=0.0):
        termios.tcflow(held, termios.TCOON)
        return real(seconds)

    reader.read = read
    text = proof(stage, line, os.dup(line), [reader], stop)[0]
    count_lost(text, 'change')
    count_lost(text, 'line')
    check(re.search(r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} nano-agent: connected to', text, re.M), 'the time on a terminal')


@scenario(lock='calm', timeout=90)
def a_journal_that_hangs_holds_nothing_up(stage):
    journal, stderr = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    stderr.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    stat = os.fstat(stderr.fileno())
    stage.env['JOURNAL_STREAM'] = '%d:%d' % (stat.st_dev, stat.st_ino)
    out, stdout = pipes()
    log = proof(stage, stdout, stderr.detach(), [Reader(out), Reader(journal.fileno())], lambda: None)[1]
    check(log.startswith('<'), 'the lines of a journal: %r' % log[:200])
    count_lost(log, 'line')


FLOOD, FLOOD_SECONDS = 120000, 6  # 20000 commands a second


class Asker:
    """Says stop over MQTT 5 and times the answer, which comes on a topic of its own."""

    def __init__(self, broker):
        self.took, self.asked = [], {}
        self.client = harness.paho_client('asker', 5)
        self.client.on_message = self._answer
        self.client.connect('127.0.0.1', broker.port)
        self.client.loop_start()
        wait_for(self.client.is_connected, 'the asker is connected')
        self.client.subscribe('jetson/reply/asker', 0)

    def _answer(self, _client, _userdata, message):
        self.took.append(time.monotonic() - self.asked[message.properties.CorrelationData])

    def stop(self):
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = 'jetson/reply/asker'
        properties.CorrelationData = b'%d' % len(self.asked)
        self.asked[properties.CorrelationData] = time.monotonic()
        self.client.publish('jetson/control', 'stop', 1, properties=properties)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@scenario(lock='calm', timeout=120)
def a_stop_gets_through_20000_commands_a_second_and_the_log_stays_short(stage):
    broker = stage.broker(verbose=False)
    agent = stage.agent(broker)
    wait_for(lambda: 'connected to' in agent.err(), 'the agent is connected')
    flood = socket.create_connection(('127.0.0.1', broker.port))
    flood.sendall(b'\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x05flood')  # CONNECT of MQTT 3.1.1
    equal(flood.recv(4), b'\x20\x02\x00\x00', 'CONNACK')
    topic = b'jetson/control'
    packets = b''.join(bytes((0x30, 2 + len(topic) + len(word), 0, len(topic))) + topic + word
                       for word in (b'tilt_up', b'tilt_down', b'led_toggle', b'tilt 5'))
    asker = Asker(broker)
    before = len(agent.err().splitlines())
    sent, asked, begun = 0, 0, time.monotonic()
    while sent < FLOOD:
        due = min(FLOOD, int((time.monotonic() - begun) * FLOOD / FLOOD_SECONDS))
        flood.sendall(packets * ((due - sent) // 4))
        sent += (due - sent) // 4 * 4
        if time.monotonic() - begun > asked + 0.5 and asked < 9:
            asker.stop()
            asked += 1
        time.sleep(0.002)
    took = time.monotonic() - begun
    wait_for(lambda: len(asker.took) == asked, 'each of %d stops is answered' % asked)
    lines = agent.err().splitlines()[before:]
    print('%d commands in %.1f s, stops answered after %s ms, %d lines of log' %
          (sent, took, ' '.join('%.0f' % (1000 * t) for t in asker.took), len(lines)))
    check(took < 1.5 * FLOOD_SECONDS, 'the flood came slower than it should: %.1f s' % took)
    # What the agent itself owes is a few milliseconds; most may have waited for other programs of a busy machine. A stop that
    # waits behind all commands before it would come seconds late, and the later the longer the flood lasts.
    answered = sorted(asker.took)
    check(answered[0] < 0.3 * harness.PATIENCE and answered[-1] < 3 * harness.PATIENCE,
          'stops were answered after %r s' % answered)
    # The end of the flood may reach into the second after the next.
    check(len(lines) <= 20 * (took + 1), '%d lines of log:\n%s' % (len(lines), '\n'.join(lines[-30:])))
    check(len(re.findall(r'… \d+ more', agent.err())) >= FLOOD_SECONDS - 2, 'what was folded is told:\n%s' % '\n'.join(lines[-30:]))
    flood.close()
    asker.close()


@scenario(timeout=30)
def the_shell_s_descriptors_stay_as_they_were(stage):
    out, stdout = pipes()
    before = fcntl.fcntl(stdout, fcntl.F_GETFL)
    broker = stage.broker()
    watcher = stage.watcher(broker)
    held = os.dup(stdout)
    agent = Deaf(stage, broker, stdout, stdout)
    watcher.online()
    equal(fcntl.fcntl(held, fcntl.F_GETFL), before, 'flags of a descriptor that is shared')
    agent.end()
    os.close(out)


@scenario(timeout=30)
def verbose_tells_the_configuration_the_link_and_why_each_status_is_sent(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    agent = stage.agent(broker, args=['-v'])
    watcher.online()
    stage.say(broker, watcher, 'tilt 5')
    for words in ('servo tilt: pin 33', 'switch led: pin 7', 'broker 127.0.0.1:%d' % broker.port, 'link: connecting to',
                  'link: up', 'because of the link', 'because of a command', 'because of a change',
                  'because of the heartbeat'):
        wait_for(lambda w=words: w in agent.err(), 'the log says %r' % words)
    quiet = stage.agent(broker, config='log = warning\n', args=['--device', 'quiet'], name='quiet')
    watcher.online(topic='jetson/quiet/status')
    stage.say(broker, watcher, 'led_on', topic='jetson/quiet/control')
    equal(quiet.terminate(), 0, 'exit status')
    equal(quiet.err(), '', 'what log = warning says while nothing is wrong')


if __name__ == '__main__':
    harness.main()
