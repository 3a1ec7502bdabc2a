# SPDX-License-Identifier: MIT
"""What programs and people publish on a control topic, through a real broker: by an MQTT 5 and by a 3.1.1 client, and what
comes of it at the simulated outputs. Each row is the smallest case of a kind."""
import time

import harness
from harness import answers, at_rest, check, equal, paho_client, scenario, set_up, wait_for

# A slow servo, so that each stop has something to stop.
CHANNELS = '''
servo tilt { pwm = "pin 33" hz = 50 pulse = {1000, 2000} angle = {-45, 45} limit = {-45, 45} step = 5 speed = 30 axis = tilt }
servo pan { pwm = "sim" hz = 50 pulse = {1000, 2000} angle = {-90, 90} limit = {-60, 60} step = 10 speed = 500 axis = pan }
switch led { gpio = "pin 7" }
'''

# payload, result, what its why contains
LIGHT = [
    (b' {"cmd":"led_on"}', 'ok', None),  # a blank before JSON
    (b'\n{"cmd":"led_on"}', 'ok', None),  # a template that begins with a line end
    (b'\xef\xbb\xbf{"cmd":"led_on"}', 'ok', None),  # a byte order mark
    (b'\xef\xbb\xbfled_on\r\n', 'ok', None),
    (b'\xc2\xa0led_on\xc2\xa0', 'ok', None),  # copied from a web page
    (b'ON', 'unknown', 'say which: led_on'),
    (b'on', 'unknown', 'say which: led_on'),
    (b'true', 'unknown', 'say which: led_on'),
    (b'1', 'unknown', 'say which: led_on'),
    (b'led on', 'unknown', 'led_on'),
    (b'move led 20', 'unknown', 'led is a switch'),
    (b'1e1', 'invalid', ''),
    (b'tilt 12,5', 'invalid', 'not a number'),
    (b'tilt nan', 'invalid', 'not a number'),
    (b'tilt inf', 'invalid', 'not a number'),
    (b'tilt 1e1', 'invalid', 'not a number'),
    (b'nonstop', 'unknown', 'no nonstop here'),
    (b'20', 'invalid', 'say which servo'),
]

# payload, the target in degrees
NUMBERS = [
    (b'tilt 20.000000', 20),  # C's and Arduino's default format
    (b'tilt 12.333333333333334', 12.3),  # Python's, JavaScript's
    (b'tilt 0.30000000000000004', 0.3),
    (b'tilt \xe2\x88\x9220', -20),  # the minus of typography
    (b'tilt -7.25', -7.3),
]

STOPS = [
    b'\n{"cmd":"stop"}',
    b'stop now',
    b'stop tilt',
    b'tilt stop',
    b'stop!',
    b'STOP!',
    b'please stop',
    b'"stop"',
    b'{"command":"stop"}',
    b'{"cmd": "stop now"}',
    b'[{"cmd":"stop"}]',
    b'{"cmd":"stop"',  # cut off, and plain enough
    b'tilt_stop 1',
    b'OFF',  # a home automation's default for one light
    b'Off',
    b'\xc2\xa0stop\xc2\xa0',
    b'{"cmd":"stop","cmd":"led_on"}',  # a key twice
    'ｓｔｏｐ'.encode(),  # from a keyboard in full-width mode
    b'\xff\xfes\x00t\x00o\x00p\x00',  # what a shell of Windows makes of `echo stop`
]

NO_STOPS = [
    b'nonstop',
    b'tilt nonstop',
    b'{"command":"tilt_up","id":"stop"}',
    b'roll_stop',  # on the topic of all: another device's servo
    b'{"cmd":"stop now","boot":"another0"}',
]


class Sender:
    """A client of one MQTT version; publishes and waits for the result that it caused."""

    def __init__(self, broker, watcher, version):
        self.watcher = watcher
        self.client = paho_client(version=version)
        connected = []
        self.client.on_connect = lambda *_: connected.append(True)
        self.client.connect('127.0.0.1', broker.port, 60)
        self.client.loop_start()
        wait_for(lambda: connected, 'the sender is connected')

    def publish(self, payload, topic='jetson/control', retain=False):
        self.client.publish(topic, payload, 1, retain)

    def say(self, payload, topic='jetson/control', retain=False):
        before = self.watcher.mark()
        known = [r['n'] for r in self.watcher.results()]
        self.publish(payload, topic, retain)
        n = max(known, default=0)
        return self.watcher.wait(lambda r: r.last and r.last['n'] > n, 'the result of %r' % payload, since=before)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def moving(sender):
    """Brings tilt on its way to the far end; returns when it moves."""
    deg = sender.say(b'status').channel('tilt')['deg'] or 0
    target = b'tilt -45' if deg > 0 else b'tilt 45'

    def goes():
        report = sender.say(target)
        return report.last['result'] == 'ok' and report.channel('tilt')['moving']
    wait_for(goes, 'tilt moves')


def each_version(scene):
    def with_version(version):
        def run(stage):
            broker, watcher, agent = set_up(stage, channels=CHANNELS)
            sender = Sender(broker, watcher, version)
            try:
                scene(stage, broker, watcher, agent, sender)
            finally:
                sender.close()
        run.__name__ = '%s_over_mqtt_%s' % (scene.__name__, '5' if version == 5 else '311')
        scenario(run)
    for version in (5, 4):
        with_version(version)


@each_version
def commands_are_understood_as_programs_write_them(stage, broker, watcher, agent, sender):
    for payload, result, why in LIGHT:
        if result == 'ok':
            sender.say(b'led_off')
        report = sender.say(payload)
        equal(report.last['result'], result, repr(payload))
        if result == 'ok':
            check(report.channel('led')['on'], '%r: the led is not on' % payload)
        else:
            check(why in report.last['why'], '%r: %s' % (payload, report.last['why']))
    equal(agent.pulses(), [], 'pulses emitted')
    for payload, degrees in NUMBERS:
        report = sender.say(payload)
        equal((report.last['result'], report.channel('tilt')['target']), ('ok', degrees), repr(payload))
    stage.validate(watcher.since())


@each_version
def whatever_says_stop_stops(stage, broker, watcher, agent, sender):
    for payload in STOPS:
        moving(sender)
        report = sender.say(payload)
        equal(report.last['result'], 'ok', repr(payload))
        servo = report.channel('tilt')
        check(not servo['moving'] and servo['deg'] == servo['target'], '%r: %r' % (payload, servo))
        later = sender.say(b'status').channel('tilt')
        equal((later['deg'], later['us'], later['moving']), (servo['deg'], servo['us'], False), 'after %r' % payload)
    stage.validate(watcher.since())


@each_version
def what_only_looks_like_a_stop_stops_nothing(stage, broker, watcher, agent, sender):
    for payload in NO_STOPS:
        moving(sender)
        report = sender.say(payload)
        check(report.last['result'] in ('unknown', 'invalid', 'expired'), '%r: %r' % (payload, report.last))
        check(report.channel('tilt')['moving'], '%r stopped the servo' % payload)


@scenario
def on_its_own_topic_a_device_obeys_any_stop(stage):
    broker, watcher, agent = set_up(stage, channels=CHANNELS, args=('--device', 'nano'))
    sender = Sender(broker, watcher, 5)
    try:
        for payload in (b'roll_stop', b'{"cmd":"stop now","by":1,"boot":"another0"}', b'stop!'):
            own = 'jetson/nano/control'
            wait_for(lambda: sender.say(b'tilt 45', own).last['result'] in ('ok', 'limit'), 'motion is taken')
            report = sender.say(payload, own)
            equal(report.last['result'], 'ok', repr(payload))
            check(not report.channel('tilt')['moving'], '%r' % payload)
            wait_for(lambda: sender.say(b'tilt -45', own).last['result'] == 'ok', 'it goes back')
    finally:
        sender.close()


@scenario
def a_value_that_says_stop_ten_times_a_second_leaves_the_device_usable(stage):
    broker, watcher, agent = set_up(stage, channels=CHANNELS)
    sender = Sender(broker, watcher, 5)
    try:
        refused = []
        for _ in range(30):
            sender.say(b'{"stop":false}')
            refused.append(sender.say(b'pan_up 1').last['result'] == 'refused')
            time.sleep(0.1)  # the rate is what the promise is about
        check(refused[0], 'the first one refuses motion for half a second')
        check(refused.count(False) >= 15, 'motion was refused too often: %r' % refused)
        noisy = watcher.wait(lambda r: r.status and r.status.get('health', {}).get('noise'), 'the health names the topic')
        equal(noisy.status['health']['noise'], 'jetson/control', 'the topic')
        lines = [line for line in agent.err().splitlines() if 'that say stop' in line]
        equal(len(lines), 1, 'lines of the log: %r' % lines)
        stage.validate(watcher.since())
    finally:
        sender.close()


@scenario
def reports_led_back_by_a_bridge_go_round_once_at_most(stage):
    """Somebody copies each status to the control topic, as `topic # both 0` with a wrong prefix does."""
    broker, watcher, agent = set_up(stage, channels=CHANNELS)
    sender = Sender(broker, watcher, 5)
    copier = paho_client(version=4)
    copier.on_connect = lambda c, *_: c.subscribe('jetson/status')
    copier.on_message = lambda c, _u, message: c.publish('jetson/control', message.payload)
    copier.connect('127.0.0.1', broker.port, 60)
    copier.loop_start()
    try:
        n = sender.say(b'stop now').last['n']
        for _ in range(20):
            n += 1
            equal(sender.say(b'led_toggle').last['n'], n, 'nothing but our commands is counted')
        moving(sender)
        at_rest(watcher, since=watcher.mark())
        lines = [line for line in agent.err().splitlines() if 'a status was published there' in line]
        equal(len(lines), 1, 'lines of the log: %r' % lines)
    finally:
        copier.disconnect()
        copier.loop_stop()
        sender.close()
    answers(stage, broker, watcher)


@scenario
def a_retained_command_says_how_to_publish_and_is_cleared_once(stage):
    broker, watcher, agent = set_up(stage, channels=CHANNELS)
    sender = Sender(broker, watcher, 5)
    try:
        agent.terminate()
        sender.publish(b'tilt 30', retain=True)
        again = stage.agent(broker, channels=CHANNELS)
        report = watcher.wait(lambda r: r.last and r.last['result'] == 'retained', 'it is refused')
        equal(report.last['why'], 'retained: publish it without -r (retain: false)', 'the reason')
        equal(again.pulses(), [], 'pulses emitted')
        wait_for(lambda: 'clearing it' in again.err(), 'it is cleared')
        sender.say(b'status')  # what clears it went to the broker before this answer
        late = stage.watcher(broker, topics=['jetson/control'], name='late')
        sender.publish(b'led_on')
        late.wait(lambda r: r.payload == b'led_on', 'a live command')
        equal([r.payload for r in late.since() if r.retained], [], 'what is retained on the control topic')
    finally:
        sender.close()


if __name__ == '__main__':
    harness.main()
