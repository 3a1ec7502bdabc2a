# SPDX-License-Identifier: MIT
"""A motor on the screen and under the keys, at a device that is not our agent: what the picture shows, what is sent, and when the
terminal is asked to tell of releases."""
import json
import signal
import threading
import time

import screen as screens
from screen import check, equal, harness, scenario, tui

RUN = 0.5


class Car:
    """A device that is not our agent: paho and a clock. It answers `delay` seconds late, and its motor runs for RUN."""

    def __init__(self, broker, delay=0.0):
        self.delay, self.lock, self.timer = delay, threading.RLock(), None
        self.status = {'v': 1, 'device': '', 'online': True, 'boot': 'car0001', 'seq': 0, 't': 0, 'report': 1.0, 'stops': 0,
                       'channels': {'steer': {'kind': 'servo', 'axis': 'steer', 'deg': 0, 'target': 0, 'min': -30, 'max': 30,
                                              'step': 5, 'speed': 300, 'res': 0.1, 'us': 1500, 'moving': False,
                                              'driven': True},
                                    'drive': {'kind': 'motor', 'axis': 'drive', 'percent': 0, 'target': 0, 'speed': 60,
                                              'min': 20, 'max': 99, 'run': RUN, 'run_ms': 0, 'driven': False},
                                    'lamp': {'kind': 'switch', 'on': False, 'stop': 'off'}}}
        self.motor = self.status['channels']['drive']
        self.commands, self.count = [], 0
        self.client = harness.paho_client('car')
        self.client.on_message = lambda _client, _data, message: self.later(self.obey, json.loads(message.payload))
        self.client.connect('127.0.0.1', broker.port)
        self.client.subscribe('jetson/control', 1)
        self.client.loop_start()
        self.beat()

    def later(self, function, *args, after=None):
        timer = threading.Timer(self.delay if after is None else after, function, args)
        timer.daemon = True
        timer.start()
        return timer

    def report(self):
        self.status['seq'] += 1
        self.status['t'] = int(time.monotonic() * 1000)
        self.client.publish('jetson/status', json.dumps(self.status))

    def beat(self):
        with self.lock:
            self.report()
        self.later(self.beat, after=0.5)

    def turn(self, percent):
        if self.timer:
            self.timer.cancel()
        self.motor.update(percent=percent, target=percent, run_ms=int(RUN * 1000) if percent else 0, driven=bool(percent))

    def rest(self):
        with self.lock:
            self.turn(0)
            self.report()

    def obey(self, envelope):
        with self.lock:
            word, _, number = envelope['cmd'].partition(' ')
            if word != 'status':
                self.commands.append(envelope)
            if word in ('stop', 'drive_stop'):
                self.turn(0)
                self.status['stops'] += word == 'stop'
            elif word in ('drive_forward', 'drive_backward'):
                self.turn(int(number) if word == 'drive_forward' else -int(number))
                self.timer = self.later(self.rest, after=RUN)
            self.count += 1
            self.status['last'] = {'n': self.count, 'id': envelope['id'], 'cmd': envelope['cmd'], 'result': 'ok'}
            self.report()

    def turning(self):
        return self.motor['percent'] != 0

    def words(self):
        return [envelope['cmd'] for envelope in self.commands]

    def close(self):
        self.client.loop_stop()
        self.client.disconnect()


def hold(s, key='w', seconds=1.0, until=None):
    """Holds a key down as a terminal does: the first repeat after 0.3 s, then 25 a second."""
    s.press(key)
    time.sleep(0.3)
    end = time.monotonic() + seconds
    while time.monotonic() < end and not (until and until()):
        s.press(key)
        time.sleep(0.04)


def ready(s):
    """Waits until a motor is there and its device's clock is known."""
    s.wait('drive +├')
    s.wait(r'◉ connected +[0-9.]+ m?s ')


def driving(s, wheels):
    """Holds w until the wheels turn; returns with the key still down."""
    ready(s)
    s.press('w')
    harness.wait_for(wheels.turning, 'the wheels turn')
    time.sleep(0.3)
    for _ in range(12):
        s.press('w')
        time.sleep(0.04)
    check(wheels.turning(), 'the wheels go on turning while the key is down')


@scenario
def a_terminal_that_tells_of_releases_is_asked_to_only_where_a_motor_is(stage):
    broker = stage.broker()
    plain = stage.agent(broker)
    s = tui(stage, broker, kitty=True)
    s.wait('◉ live')
    equal(s.keyboard(), 0, 'without a motor no releases')
    plain.signal(signal.SIGTERM)
    s.wait('offline')
    car = Car(broker)
    s.wait('drive +├')
    harness.wait_for(lambda: s.keyboard() == 3, 'releases are asked for')
    driving(s, car)
    s.bytes('\x1b[119;1:3u')
    harness.wait_for(lambda: not car.turning(), 'letting go stops the wheels')
    s.press('w')  # from now on the key does not rest, although its first repeat is late
    time.sleep(0.6)
    check(car.turning(), 'the wheels go on turning: %r' % car.words())
    equal(car.words()[-1], 'drive_forward 60', 'and no stop was sent')
    s.bytes('\x1b[119;1:3u')
    harness.wait_for(lambda: not car.turning(), 'letting go stops the wheels')
    s.press('q')
    equal(s.exited(), 'exit 0', 'the end')
    equal(s.modes()['keyboard'], (0, 0), 'the keyboard is as it was')
    car.close()


@scenario
def a_terminal_that_answers_nothing_about_its_keyboard_is_not_asked(stage):
    broker = stage.broker()
    car = Car(broker)
    s = tui(stage, broker)
    ready(s)
    s.press('w')
    s.wait(r'drive_stop +sent .* ok 0 %')
    equal(s.keyboard(), 0, 'no releases')
    car.close()


@scenario
def the_keyboard_is_given_back_for_a_suspension_and_after_a_crash(stage):
    broker = stage.broker()
    car = Car(broker)
    s = screens.Screen(stage, [harness.tool('bash'), '--norc', '--noprofile', '-i'], kitty=True, errors_apart=False,
                       env={'PS1': 'shell> ', 'HISTFILE': None})
    s.wait(r'shell>')
    s.bytes(' '.join([harness.program('pc-tui')] + broker.options()) + '\n')
    harness.wait_for(lambda: s.keyboard() == 3, 'releases are asked for')
    ready(s)
    s.press('\x1a')
    s.gone('SPACE STOP')
    equal(s.modes()['keyboard'], (0, 0), 'nothing of it is left for the shell')
    s.bytes('fg\n')
    s.wait('SPACE STOP')
    harness.wait_for(lambda: s.keyboard() == 3, 'asked for again')
    s.press('q')
    s.gone('SPACE STOP')
    equal(s.modes()['keyboard'], (0, 0), 'nor after the end')
    s.bytes('exit\n')
    s.exited()
    s = tui(stage, broker, kitty=True)
    harness.wait_for(lambda: s.keyboard() == 3, 'releases are asked for')
    s.signal(signal.SIGABRT)
    s.exited()
    equal(s.modes()['keyboard'], (0, 0), 'nor after a crash')
    car.close()


@scenario
def over_a_link_that_is_too_slow_nothing_drives(stage):
    broker = stage.broker()
    car = Car(broker, delay=0.4)
    s = tui(stage, broker)
    ready(s)
    ready(s)
    hold(s, 'w', 0.5)
    s.wait(r'link too slow to drive \(0\.\d s\)')
    time.sleep(0.5)
    equal(car.words(), [], 'what the car heard')
    car.close()


@scenario
def what_drives_carries_a_deadline_and_the_stops_that_were_seen(stage):
    broker = stage.broker()
    car = Car(broker)
    s = tui(stage, broker)
    ready(s)
    s.press('space')
    s.wait(r'stop +sent .* ok$')
    s.press('w')
    s.wait(r'drive_stop +sent .* ok 0 %')
    run, stop = car.commands[-2:]
    equal((run['cmd'], run['boot'], run['stops'], 'by' in run), ('drive_forward 60', 'car0001', 1, True), 'the command')
    equal((stop['cmd'], stop['boot'], 'stops' in stop), ('drive_stop', 'car0001', False), 'the stop')
    car.close()


if __name__ == '__main__':
    harness.main()
