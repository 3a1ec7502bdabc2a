# SPDX-License-Identifier: MIT
"""A service whose configuration is wrong: nobody reads its journal, so it tells the PC, and goes on when it is mended."""
import json
import os
import socket
import threading

import harness
from harness import check, equal, scenario, tool, wait_for

GOOD = 'switch led { gpio = "pin 7" }\nservo tilt { pwm = "pin 33" }\n'
BAD = 'switch led { gpio = "pin 7" }\nservo tilt { pwm = "pin 33" sped = 5 }\n'


class Manager:
    """What systemd would hear."""

    def __init__(self, stage, watchdog_us=2000000):
        path = stage.path('notify')
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.heard = []
        self.env = {'NOTIFY_SOCKET': path, 'WATCHDOG_USEC': str(watchdog_us)}
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            self.heard.append(self.socket.recv(2048).decode('utf-8'))

    def count(self, word):
        return sum(line.startswith(word) for line in self.heard)


class Service:
    """nano-agent as a service; its configuration can be written anew while it runs."""

    def __init__(self, stage, broker, channels, device='', head=''):
        self.stage, self.manager = stage, Manager(stage)
        self.broker_part = 'broker = "127.0.0.1:%d"   device = "%s"\n' % (broker.port, device)
        self.head = head
        self.path = stage.path('agent.conf')
        self.configure(channels)
        self.process = stage.start('nano-agent', [harness.program('nano-agent'), '-c', self.path, '--sim'],
                                   env=self.manager.env, own=True)

    def configure(self, channels, in_place=False):
        # The broker stands behind the mistake, where nothing that stops at it comes to.
        text = self.head + channels + self.broker_part + ('memory_limit = 0\n' if harness.SANITIZED else '')
        with open(self.path if in_place else self.path + '.new', 'w', encoding='utf-8') as f:
            f.write(text)
        if not in_place:
            os.rename(self.path + '.new', self.path)

    def why(self, line, words):
        return '%s:%d: %s' % (self.path, line, words)


SPED = 'servo tilt: unknown key sped; did you mean speed?'


@scenario
def a_mistake_is_told_as_an_offline_status_and_mended_the_same_process_goes_on(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    service = Service(stage, broker, BAD)
    report = watcher.wait(lambda r: r.online is False, 'the mistake')
    why = service.why(2, SPED)
    equal(report.status, {'v': 1, 'device': '', 'online': False, 'boot': report.boot, 'fault': 'configuration', 'why': why},
          'the status')
    fresh = stage.watcher(broker)
    check(fresh.wait(lambda r: r.online is False, 'it is kept').retained, 'retained')
    wait_for(lambda: service.manager.count('READY=1'), 'READY=1')
    wait_for(lambda: service.manager.count('WATCHDOG=1') >= 2, 'the watchdog is fed')
    equal(service.process.out(), '', 'what the outputs did')

    mark = watcher.mark()
    service.configure(GOOD.replace('led', '9led'), in_place=True)
    other = watcher.wait(lambda r: r.online is False and '9led' in r.status['why'], 'another mistake', mark)
    equal(other.boot, report.boot, 'the run')

    mark = watcher.mark()
    service.configure(GOOD)
    online = watcher.wait(lambda r: r.online, 'mended', mark)
    check(online.boot != report.boot, 'another run')
    check('fault' not in online.status, online)
    equal(stage.say(broker, watcher, 'led_on').last['result'], 'ok', 'led_on')
    equal(service.process.popen.poll(), None, 'the process goes on')
    equal(service.process.err().count(SPED), 1, 'lines about it in the log')
    equal(service.process.terminate(), 0, 'its exit status')


@scenario
def every_command_is_answered_with_the_mistake(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    service = Service(stage, broker, BAD, device='arm')
    topics = ['jetson/arm/status', 'jetson/arm/control', 'jetson/control']
    report = watcher.wait(lambda r: r.online is False and r.topic == topics[0], 'the mistake')
    why = service.why(2, SPED)
    for n, (topic, payload) in enumerate([(topics[1], 'led_on'), (topics[2], 'stop'), (topics[1], '{"cmd":"led_on","id":"7"}')]):
        mark = watcher.mark()
        stage.pub(broker, payload, topic)
        last = watcher.wait(lambda r: r.last.get('n') == n + 1, 'the answer to %s' % payload, mark).last
        equal((last['result'], last['why']), ('fault', why), payload)
        equal(last.get('id'), '7' if 'id' in payload else None, 'its id')
    mark = watcher.mark()
    stage.pub(broker, '{"cmd":"led_on","boot":"another","id":"8"}', topics[2])
    stage.pub(broker, 'status', topics[1])
    last = watcher.wait(lambda r: r.last.get('n', 0) >= 4, 'an answer', mark).last
    equal((last['n'], last['cmd']), (4, 'status'), 'an envelope for another device is left to that')
    answer = stage.run([tool('mosquitto_rr')] + broker.options() +
                       ['-V', 'mqttv5', '-t', topics[1], '-e', 'jetson/reply/me', '-m', 'led_on', '-W', '10'])
    equal(json.loads(answer.out)['last']['why'], why, 'the answer at the response topic')
    equal(service.process.terminate(), 0, 'the exit status after SIGTERM')
    last = watcher.wait(lambda r: r.status and r.status.get('why') == 'stopped', 'a clean stop is told', mark)
    equal((last.boot, last.online), (report.boot, False), 'by this run')


@scenario
def killed_meanwhile_its_will_comes(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    service = Service(stage, broker, BAD)
    report = watcher.wait(lambda r: r.online is False, 'the mistake')
    mark = watcher.mark()
    service.process.kill()
    will = watcher.wait(lambda r: r.online is False, 'the will', mark)
    equal(will.status, {'v': 1, 'device': '', 'online': False, 'boot': report.boot}, 'the will')


@scenario
def where_the_brokers_part_is_wrong_as_well_nobody_is_told_and_mended_it_goes_on(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    service = Service(stage, broker, BAD, head='root = "wrong/#"\n')
    wait_for(lambda: service.manager.count('READY=1'), 'READY=1')
    wait_for(lambda: 'no broker can be told' in service.process.err(), 'the log says so')
    wait_for(lambda: service.manager.count('WATCHDOG=1') >= 2, 'the watchdog is fed')
    equal(watcher.since(), [], 'what was published')
    service.head = ''
    service.configure(BAD)
    watcher.wait(lambda r: r.online is False and SPED in r.status['why'], 'now there is a broker to tell')
    service.configure(GOOD)
    watcher.wait(lambda r: r.online, 'mended')


@scenario
def a_mistake_that_names_another_root_is_told_there(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker, topics=['#'])
    service = Service(stage, broker, BAD)
    watcher.wait(lambda r: r.online is False and r.topic == 'jetson/status', 'the mistake')
    service.broker_part += 'root = "lab"\n'
    service.configure(BAD)
    watcher.wait(lambda r: r.online is False and r.topic == 'lab/status' and SPED in r.status['why'], 'the same, there')


@scenario
def a_person_at_a_terminal_gets_the_mistake_and_exit_status_2(stage):
    path = stage.write('agent.conf', BAD)
    done = stage.run([harness.program('nano-agent'), '-c', path, '--sim'])
    equal((done.code, done.out, done.err), (2, '', '%s:2: %s\n' % (path, SPED)), 'what it says')


if __name__ == '__main__':
    harness.main()
