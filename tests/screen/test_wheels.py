# SPDX-License-Identifier: MIT
"""The agent's motor, driven from the screen: the wheels stand still within the motor's own run time, however the operator
leaves. What the wheels did is read from the lines that the simulated hardware prints with their times."""
import re
import signal
import time

from screen import check, equal, harness, live, scenario, tui
from test_drive import driving, hold, ready

RUN = 0.5
CAR = '''
servo steer { pwm = "pca9685 i2c-1 0x5c:15" hz = 50 pulse = {1167, 1833} angle = {-30, 30} limit = {-30, 30} step = 5 speed = 300
              axis = steer start = off safe = off lost = hold exit = hold }
switch lamp { gpio = "pin 7" start = off safe = off lost = hold stop = off }
motor drive { forward = {"pca9685 i2c-1 0x5e:3", "pca9685 i2c-1 0x5e:0"}
              backward = {"pca9685 i2c-1 0x5e:2", "pca9685 i2c-1 0x5e:1"}
              hz = 200 min = 20 max = 99 start_at = 60 ramp = 1000 dead = 20 run = 0.5 axis = drive }
'''
TURNS = re.compile(r'^\s*(\d+\.\d{3}) drive (.*)$', re.M)


class Wheels:
    """What the simulated hardware says that the motor does. Its times are those of the agent, so a busy test sees no delay that
    was not there; the least difference to the test's own clock says when the agent began to count."""

    def __init__(self, agent):
        self.agent, self.seen, self.zero = agent, 0, None

    def lines(self):
        lines = [(float(at), what) for at, what in TURNS.findall(self.agent.out())]
        now = time.monotonic()
        if len(lines) > self.seen:
            self.seen = len(lines)
            self.zero = min(now - lines[-1][0], self.zero or now)
        return lines

    def turning(self):
        lines = self.lines()
        return bool(lines) and lines[-1][1] not in ('coast', 'short')

    def stopped_after(self):
        """Since when the wheels have stood still, by the test's own clock."""
        lines = self.lines()
        check(lines and not self.turning(), 'the wheels stand: %r' % lines)
        return lines[-1][0] + self.zero


def car(stage, *args, **options):
    broker, agent, s = live(stage, *args, channels=CAR, **options)
    ready(s)
    return broker, agent, s, Wheels(agent)


# With a stop that was sent the wheels stand after some 10 ms; without one, when the run of the last command is over.
STOPPED, RUN_OUT = 0.3, RUN + 0.1


def stands_still(wheels, began, what, within=STOPPED):
    """The wheels stand in time after `began`, as the agent's simulated hardware tells."""
    harness.wait_for(lambda: not wheels.turning(), 'the wheels stand after ' + what, 3)
    late = wheels.stopped_after() - began
    print('%s: %.3f s' % (what, late))
    check(late <= within * harness.PATIENCE, '%s: the wheels stood after %.3f s' % (what, late))


@scenario
def a_tap_is_a_quarter_of_a_second_and_a_held_key_goes_on(stage):
    broker, agent, s, wheels = car(stage)
    s.press('w')
    harness.wait_for(wheels.turning, 'a tap turns the wheels')
    harness.wait_for(lambda: not wheels.turning(), 'and ends')
    s.wait(r'drive_forward 60 +sent .*ok 60 %')
    s.wait(r'drive_stop +sent .*ok 0 %')
    time.sleep(0.8)  # longer than a held key's first repeat
    hold(s, 's', 1.5)
    held = [line for line in wheels.lines() if 'backward' in line[1]]
    check(held, 'backward: %r' % wheels.lines())
    stands_still(wheels, time.monotonic(), 'letting go')
    s.wait(r'drive_backward 60 +sent \d+ times')


@scenario
def the_number_on_the_screen_is_sent(stage):
    broker, agent, s, wheels = car(stage, columns=120)
    s.wait('< > speed 60 %')
    s.press('<')
    s.wait('< > speed 50 %')
    s.press('w')
    s.wait(r'drive_forward 50 +sent')
    harness.wait_for(lambda: any('50.0 %' in what for _, what in wheels.lines()), '50 percent at the motor')


@scenario
def every_way_out_stops_the_wheels(stage):
    ways = {
        'SPACE': lambda s: s.press('space'),
        'q': lambda s: s.press('q'),
        'Ctrl-C': lambda s: s.press('\x03'),
        'SIGTERM': lambda s: s.signal(signal.SIGTERM),
        'a closed terminal': lambda s: s.hangup(),
        'Ctrl-Z': lambda s: s.press('\x1a'),
        'kill -9': lambda s: s.signal(signal.SIGKILL),
    }
    broker = stage.broker()
    agent = stage.agent(broker, channels=CAR)
    wheels = Wheels(agent)
    for name, leave in ways.items():
        s = tui(stage, broker)
        s.wait('◉ live')
        harness.wait_for(lambda: not wheels.turning(), 'the wheels stand before')
        time.sleep(0.6)  # after a stop motion is refused for 0.5 s
        driving(s, wheels)
        began = time.monotonic()
        leave(s)
        stands_still(wheels, began, name, RUN_OUT if name == 'kill -9' else STOPPED)
        if name in ('SPACE', 'Ctrl-Z'):
            s.signal(signal.SIGCONT)
            s.signal(signal.SIGKILL)
        s.exited()


@scenario
def the_broker_is_killed_and_the_wheels_stand(stage):
    broker, agent, s, wheels = car(stage)
    driving(s, wheels)
    began = time.monotonic()
    broker.kill()
    hold(s, 'w', 1)
    stands_still(wheels, began, 'the broker was killed')
    s.wait('no link to the broker|connection refused|connection lost')


@scenario
def another_operators_stop_is_not_undone(stage):
    broker, agent, s, wheels = car(stage)
    driving(s, wheels)
    stage.pub(broker, 'stop')
    harness.wait_for(lambda: not wheels.turning(), 'the wheels stand')
    count = len(wheels.lines())
    hold(s, 'w', 1.5)
    s.wait('was stopped: let go of the key')
    equal(len(wheels.lines()), count, 'the held key has not turned them again: %r' % wheels.lines())
    time.sleep(0.8)
    s.press('w')
    harness.wait_for(lambda: len(wheels.lines()) > count, 'a new press does')


@scenario
def steering_and_all_devices_have_their_keys(stage):
    broker, agent, s, wheels = car(stage)
    s.press('a')
    s.wait(r'steer_left +sent .*ok −5\.0°')
    s.press('e')
    s.wait(r'steer_center +sent .*ok 0\.0°')
    s.press('d')
    s.wait(r'steer_right +sent .*ok 5\.0°')
    stage.agent(broker, channels=CAR, args=['--device', 'other'], name='other')
    s.wait('1 of 2 devices')
    s.press('A')
    s.wait(r'^  ALL ')
    s.press('w')
    s.wait('ALL: choose one device')
    time.sleep(0.3)
    check(not wheels.lines() or not wheels.turning(), 'no wheel turns')


@scenario
def leaving_switches_off_what_this_screen_turned_on(stage):
    broker, agent, s, _ = car(stage)
    watcher = stage.watcher(broker)
    s.command('lamp_on')
    s.wait(r'lamp_on +sent .*ok on')
    s.press('q')
    watcher.wait(lambda r: r.channel('lamp')['on'] is False, 'the lamp is off again')
    equal(s.exited(), 'exit 0', 'the end')


@scenario
def send_watch_and_completion_know_motors(stage):
    broker = stage.broker()
    wheels = Wheels(stage.agent(broker, channels=CAR))
    watch = stage.start('watch', [harness.program('pc-tui'), 'watch'] + broker.options())
    harness.wait_for(lambda: 'drive 0 %' in watch.out(), 'watch tells of the motor: %r' % watch.out())
    outcome = stage.send(broker, 'drive_forward 40', 'sleep 100ms', 'drive_stop', 'drive_speed 50', 'drive -30')
    equal(outcome.code, 0, 'send: %r' % outcome)
    for line in (r'^drive_forward 40 .*ok .*drive \d+ % -> 40 %', r'^drive_stop .*ok .*drive 0 %', r'^drive -30 .*ok'):
        check(re.search(line, outcome.out, re.M), '%s in %r' % (line, outcome.out))
    harness.wait_for(lambda: re.search(r'drive -\d+ %', watch.out()), 'watch tells of the way back: %r' % watch.out())
    harness.wait_for(lambda: not wheels.turning(), 'and of the end of the run')
    outcome = stage.send(broker, 'drive_forwards')
    equal(outcome.code, 1, 'a word that is none: %r' % outcome)
    check('drive_forward' in outcome.err, 'the nearest word: %r' % outcome)
    outcome = stage.send(broker, '--json', 'drive 40')
    check('"percent":' in outcome.out and '"target":40' in outcome.out, 'as an object: %r' % outcome)
    s = tui(stage, broker)
    ready(s)
    s.press(':')
    s.write('drive_f')
    s.press('tab')
    s.wait('drive_faster')
    s.wait('drive_forward')


if __name__ == '__main__':
    harness.main()
