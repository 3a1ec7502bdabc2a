# SPDX-License-Identifier: MIT
"""A forger on the broker: whoever may publish on status topics lies about devices. No key moves another servo, nothing is
cleared in a flood, and leaving still stops what this screen moved."""
import json
import time

import screen as screens
from screen import check, equal, harness, live, scenario, tui

CHANNELS = '''
servo tilt { pwm = "sim" hz = 50 pulse = {1000, 2000} angle = {-45, 45} limit = {-45, 45} step = 5 speed = 10
             accel = 600 axis = tilt start = off safe = off lost = hold exit = hold idle_off = 0 }
servo pan { pwm = "sim" hz = 50 pulse = {1000, 2000} angle = {-90, 90} limit = {-90, 90} step = 5 speed = 10
            accel = 600 axis = pan start = off safe = off lost = hold exit = hold idle_off = 0 }
switch led { gpio = "sim" start = off safe = off lost = hold }
'''


class Forger:
    """Publishes statuses that it makes of real ones."""

    def __init__(self, broker):
        self.client = harness.paho_client('forger')
        self.client.connect('127.0.0.1', broker.port)
        self.client.loop_start()

    def status(self, status, topic='jetson/status', retain=False):
        self.client.publish(topic, json.dumps(status) if status else '', 0, retain)

    def settle(self):
        """Waits until the broker has read everything."""
        self.client.publish('forger/done', b'', 1).wait_for_publish()

    def close(self):
        self.client.loop_stop()
        self.client.disconnect()


def heard(watcher):
    """A real status of the device, as a forger hears it."""
    return json.loads(json.dumps(watcher.online().status))


def controls(stage, broker):
    return stage.watcher(broker, topics=['jetson/control', 'jetson/+/control'], name='control')


def swapped(status):
    """The same device, but its axes lie: the arrows for tilt would mean the other servo."""
    forged = dict(status, channels=json.loads(json.dumps(status['channels'])))
    forged['channels']['tilt']['axis'], forged['channels']['pan']['axis'] = 'pan', 'tilt'
    return forged


@scenario
def no_key_moves_another_servo_while_reports_lie_about_the_axes(stage):
    broker, agent, s = live(stage, channels=CHANNELS)
    watcher = stage.watcher(broker)
    forger = Forger(broker)
    real = heard(watcher)
    for i in range(20):
        forger.status(dict(swapped(real), seq=real['seq'] + 1000 + i))
    forger.settle()
    s.wait(r'other channels was not taken')
    mark = watcher.mark()
    for i in range(3):
        forger.status(dict(swapped(real), seq=real['seq'] + 2000 + i))
        forger.settle()
        s.press('up')
        time.sleep(0.2)
    watcher.result('tilt_up', mark, cmd='tilt_up')
    screens.steady(s)
    check({r['cmd'] for r in watcher.results(mark)} <= {'tilt_up', 'status'}, 'results: %r' % watcher.results(mark))
    check(not agent.pulses('pan'), 'the pan servo has not moved: %r' % agent.pulses('pan'))
    forger.close()


@scenario
def a_report_under_another_boot_moves_no_other_servo_either(stage):
    broker, agent, s = live(stage, channels=CHANNELS)
    watcher = stage.watcher(broker)
    forger = Forger(broker)
    real = heard(watcher)
    for i in range(10):
        forger.status(dict(swapped(real), boot='f00df00d', seq=i + 1))
        forger.settle()
        s.press('up')
        time.sleep(0.15)
    screens.steady(s)
    check(not agent.pulses('pan'), 'the pan servo has not moved: %r' % agent.pulses('pan'))
    forger.close()


@scenario
def claims_of_retained_commands_make_no_flood_of_clears(stage):
    broker = stage.broker()
    stage.agent(broker, args=['--device', 'lab'], name='lab')
    s = tui(stage, broker)
    s.wait('◉ live')
    watcher, control = stage.watcher(broker), controls(stage, broker)
    forger = Forger(broker)
    real = heard(watcher)
    for i in range(500):
        last = {'n': 1000 + i, 'id': 'forged-%d' % i, 'cmd': 'tilt_up', 'result': 'retained',
                'why': 'retained: publish it without -r'}
        forger.status(dict(real, seq=real['seq'] + 1000 + i, last=last), 'jetson/lab/status')
        forger.status(dict(real, device='', last=last, seq=i + 1), 'jetson/status')
    forger.settle()
    s.wait(r'tilt_up ×[0-9]+ .*retained')
    harness.wait_for(lambda: [r for r in control.since() if not r.payload], 'the unnamed device has its topic cleared')
    screens.steady(s, 0.5)
    clears = [r.topic for r in control.since() if not r.payload]
    equal(clears, ['jetson/control'], 'one clear')
    forger.close()


@scenario
def leaving_still_stops_what_we_moved_whatever_reports_claim(stage):
    broker, agent, s = live(stage, channels=CHANNELS)
    watcher, control = stage.watcher(broker), controls(stage, broker)
    forger = Forger(broker)
    real = heard(watcher)
    s.command('tilt 40')
    s.wait('moving')
    at_rest = json.loads(json.dumps(real))
    at_rest['channels']['tilt'].update(deg=40, target=40, moving=False)
    last = {'n': 77, 'id': 'somebody', 'cmd': 'tilt 40', 'result': 'ok'}
    forger.status(dict(at_rest, seq=9000, last=last))
    forger.status(dict(at_rest, seq=1, boot='f00df00d'))
    forger.status(dict(at_rest, seq=9001, last=last))
    forger.settle()
    s.press('q')
    equal(s.exited(), 'exit 0', 'end')
    harness.wait_for(lambda: any(b'"stop"' in r.payload for r in control.since()), 'the stop is on the wire')
    watcher.result('stop', cmd='stop', result='ok')
    forger.close()


def flood(forger, screen, make):
    """Invents names until the screen has met its limit: a broker drops what a reader is too slow for."""
    for _ in range(20):
        for i in range(3000):
            forger.status(make('x%d' % i), 'jetson/x%d/status' % i)
        forger.settle()
        try:
            screen.wait(r'more than 2048 devices', 2)
            return
        except harness.Failure:
            pass
    screen.wait(r'more than 2048 devices')


@scenario(timeout=120)
def a_flood_of_invented_names_hides_neither_the_device_asked_for_nor_the_keys(stage):
    broker = stage.broker()
    forger = Forger(broker)
    s = tui(stage, broker, '--device', 'lab')
    s.wait('◉ connected')
    flood(forger, s, lambda name: {'v': 1, 'device': name, 'online': True, 'boot': 'f00d', 'seq': 1, 't': 1,
                                   'report': 3600, 'channels': {}})
    agent = stage.agent(broker, args=['--device', 'lab'], name='lab')
    s.wait(r'lab +◉ live')
    s.press('t')
    harness.wait_for(lambda: agent.changes('led'), 'the led switches')
    forger.close()


@scenario(timeout=120)
def names_that_are_offline_make_room(stage):
    broker = stage.broker()
    forger = Forger(broker)
    s = tui(stage, broker)
    s.wait('◉ connected')
    flood(forger, s, lambda name: {'v': 1, 'device': name, 'online': False, 'boot': 'f00d'})
    stage.agent(broker, args=['--device', 'lab'], name='lab')
    # Which of the invented names is selected, and where, depends on how many of them the broker has dropped.
    s.press('g')
    s.wait('Devices: all')
    s.write('lab')
    s.wait(r'lab +◉ live')
    forger.close()


if __name__ == '__main__':
    harness.main()
