# SPDX-License-Identifier: MIT
"""The whole path on a real kernel: PC, USB cable, nano-agent, GPIO line and PWM chip, seen at the line and at the chip."""
import os
import random
import re
import socket
import sys
import time

import harness
import nano
from harness import check, equal, scenario, wait_for
from nano import LED, cabled, nearest_step, us_of

CONFIG = nano.SERVO + nano.SWITCH


def rest(watcher, report):
    """The first report, of this command's or later, with every servo at rest."""
    def fulfilled(r):
        return r.boot == report.boot and r.last.get('n') == report.last['n'] and not any(
            channel.get('moving') for channel in r.status['channels'].values())
    return watcher.wait(fulfilled, 'rest after %(cmd)s' % report.last)


@scenario
def led_on_and_led_off_over_the_cable_switch_line_216(stage):
    broker, watcher, guest, _ = cabled(stage, CONFIG)
    equal(guest.line(), 0, 'line 216 before the first command')
    for _ in range(3):
        for word, level in (('led_on', 1), ('led_off', 0), ('led_toggle', 1), ('led_toggle', 0)):
            equal(stage.say(broker, watcher, word).last['result'], 'ok', word)
            # The report comes after the deed.
            equal(guest.line(), level, 'line 216 after %s' % word)


@scenario
def three_steps_up_from_the_centre_are_1667_us_in_the_registers(stage):
    broker, watcher, guest, _ = cabled(stage, CONFIG)
    equal(guest.steps(), 0, 'steps before the first command')
    for word in ('tilt_center', 'tilt_up', 'tilt_up', 'tilt_up'):
        said = stage.say(broker, watcher, word)
        equal(said.last['result'], 'ok', word)
    report = rest(watcher, said)
    equal(guest.register(0xfe), 0x79, 'PRE_SCALE: 50 Hz')
    step = guest.step_us()
    check(abs(guest.pulse_us() - 1666.7) <= step, 'pulse: %.1f us, step %.2f us' % (guest.pulse_us(), step))
    check(abs(report.channel('tilt')['us'] - guest.pulse_us()) <= step, 'reported: %r' % report)


@scenario
def a_target_beyond_the_limit_stops_at_the_limits_pulse(stage):
    config = CONFIG.replace('limit = {-45, 45}', 'limit = {-30, 20}')
    broker, watcher, guest, _ = cabled(stage, config)
    recorder = guest.record(6)
    for word, angle in (('tilt 90', 20), ('tilt -90', -30), ('tilt 90', 20)):
        said = stage.say(broker, watcher, word)
        equal(said.last['result'], 'limit', word)
        rest(watcher, said)
        limit = 1500 + angle * 500 / 45.0
        us = us_of(guest.steps())
        check(abs(us - limit) <= us_of(1), '%s: %.1f us, the limit is at %.1f us' % (word, us, limit))
    recorder.wait()
    lowest, highest = 1500 - 30 * 500 / 45.0, 1500 + 20 * 500 / 45.0
    pulses = [us_of(look.steps()) for look in guest.recorded(recorder) if look.steps()]
    check(len(pulses) > 20, 'the recorder saw the motion: %r' % pulses)
    # Never outside, not by a step: the pulse is rounded inwards.
    check(min(pulses) >= lowest - 0.01 and max(pulses) <= highest + 0.01, 'pulses: %r' % sorted(set(pulses)))


MANY = '''
servo tilt { pwm = "0-0040:0" limit = {-40, 35} speed = 10000 accel = 0 axis = tilt }
servo pan { pwm = "0-0040:1" pulse = {2000, 1000} angle = {-90, 90} speed = 10000 accel = 0 axis = pan }
dimmer lamp { pwm = "0-0040:2" hz = 50 }
switch led { gpio = "tegra-gpio:216" }
switch low { gpio = "tegra-gpio:50" active_low = true }
'''


def random_word(dice):
    servo = dice.choice(('tilt', 'pan'))
    number = dice.choice(('%d', '%.1f')) % dice.uniform(-100, 100)
    step = '%.1f' % dice.uniform(0.1, 30)
    return dice.choice((
        servo + '_up', servo + '_down', servo + '_up ' + step, servo + '_down ' + step, servo + ' ' + number,
        servo + ' ' + number, servo + '_center', servo + '_off', servo + '_stop', 'pan_left', 'pan_right ' + step,
        'move ' + number, 'led_on', 'led_off', 'led_toggle', 'low_on', 'low_off', 'low_toggle', 'lamp_on', 'lamp_off',
        'lamp_toggle', 'lamp_up', 'lamp_down 7', 'lamp %d' % dice.randint(0, 100), 'center', 'off'))


@scenario(timeout=240)
def after_each_of_1000_random_commands_the_hardware_is_what_was_reported(stage):
    _, watcher, guest, _ = cabled(stage, MANY)
    guest.open_eyes(3, (LED, 50))
    seed = random.randrange(1 << 32)
    dice = random.Random(seed)
    words = []
    stage.witnesses.append(lambda: 'seed %d, the last commands: %s' % (seed, ', '.join(words[-5:])))
    driven, stopped = 0, 0
    for number in range(1, 1001):
        words.append(random_word(dice))
        mark = watcher.mark()
        watcher.client.publish('jetson/control', '{"cmd":"%s","id":"r-%d"}' % (words[-1], number), 1)
        result = watcher.result(words[-1], mark, id='r-%d' % number).last['result']
        # For half a second after a stop nothing may move a servo; the hardware must then be as before all the same.
        check(result in ('ok', 'limit') or result == 'refused' and time.monotonic() < stopped + 1.0,
              '%s: %s' % (words[-1], result))
        if words[-1].endswith('_stop'):
            stopped = time.monotonic()
        report = watcher.wait(lambda r: r.last.get('id') == 'r-%d' % number and
                              not r.channel('tilt')['moving'] and not r.channel('pan')['moving'], 'rest', mark)
        look = guest.look()
        for index, name in enumerate(('tilt', 'pan')):
            channel = report.channel(name)
            expected = nearest_step(channel['us']) if channel['driven'] else 0
            equal(look.steps(index), expected, '%s: steps of %s, reported %r' % (words[-1], name, channel))
            driven += channel['driven']
        lamp = report.channel('lamp')
        expected = nano.STEPS * lamp['percent'] / 100 if lamp['on'] else 0
        check(abs(look.steps(2) - expected) <= 1, '%s: lamp %r, steps %d' % (words[-1], lamp, look.steps(2)))
        equal(look.lines, {LED: int(report.channel('led')['on']), 50: int(not report.channel('low')['on'])},
              '%s: lines' % words[-1])
    check(driven > 300, 'servos were driven after %d of 2000 looks' % driven)


@scenario(timeout=120)
def killed_in_mid_motion_the_next_one_takes_over_the_running_pulse_without_a_jump(stage):
    config = CONFIG.replace('speed = 120', 'speed = 20').replace('accel = 600', 'accel = 0')
    broker, watcher, guest, agent = cabled(stage, config)
    rest(watcher, stage.say(broker, watcher, 'tilt -40'))
    recorder = guest.record(14)
    mark = watcher.mark()
    stage.say(broker, watcher, 'tilt 40')
    watcher.wait(lambda r: (r.channel('tilt').get('deg') or -90) > -20, 'it is on its way', mark)
    agent.kill()
    left = guest.steps()
    check(nearest_step(1500 - 20 * 500 / 45.0) <= left < nearest_step(1500 + 40 * 500 / 45.0), 'killed in mid-motion')

    mark = watcher.mark()
    guest.agent(config)
    report = watcher.online(mark)
    tilt = report.channel('tilt')
    check(tilt['driven'] and not tilt['moving'] and not tilt.get('assumed'), 'the position is known: %r' % report)
    equal(guest.steps(), left, 'steps after the start')
    equal(nearest_step(tilt['us']), left, 'steps by the first report')
    check(abs(tilt['deg'] - (us_of(left) - 1500) / 500 * 45) <= 0.5, 'degrees: %r' % tilt)

    # The next step counts from there.
    there = rest(watcher, stage.say(broker, watcher, 'tilt_up')).channel('tilt')
    check(abs(there['deg'] - tilt['deg'] - 5) <= 0.5, 'from %r to %r' % (tilt, there))
    recorder.wait(20)
    looks = guest.recorded(recorder)
    jumps = [(a, b) for a, b in zip(looks, looks[1:]) if abs(a.steps() - b.steps()) > 6]
    check(len(looks) > 50, 'the recorder saw %d changes' % len(looks))
    # At 20 degrees a second a frame is one step of the chip; a late frame may make up for one more, and the
    # recorder may miss some where the machine is busy.
    check(not jumps, 'jumps: %r' % jumps)
    check(all(look.steps() for look in looks), 'the pulse never failed')


LOST = '''
servo tilt { pwm = "0-0040:0" speed = 4 accel = 0 axis = tilt }
servo pan { pwm = "0-0040:1" speed = 120 accel = 0 axis = pan lost = center }
servo arm { pwm = "0-0040:2" speed = 120 accel = 0 lost = off }
switch led { gpio = "tegra-gpio:216" }
switch siren { gpio = "tegra-gpio:50" lost = off }
'''


@scenario(timeout=150)
def a_cable_pulled_for_30_s_is_noticed_and_forgiven_and_nothing_is_replayed(stage):
    broker, watcher, guest, agent = cabled(stage, LOST)
    guest.open_eyes(3, (LED, 50))
    for word in ('led_on', 'siren_on', 'tilt_center', 'pan 30', 'arm 30'):
        said = stage.say(broker, watcher, word)
    rest(watcher, said)
    on_the_pc = ['-h', '127.0.0.1', '-p', str(broker.port)]
    broker.options = lambda: on_the_pc

    stage.say(broker, watcher, 'tilt 40')  # takes 10 s
    pulled = time.monotonic()
    guest.cable.pull()
    stage.pub(broker, 'led_off', args=['-q', '1'])  # goes into the connection that is about to die
    agent.log('nothing heard for 3')
    noticed = time.monotonic() - pulled
    check(noticed <= 3.0 + 1.0, 'the lost link was noticed after %.2f s' % noticed)
    wait_for(lambda: guest.look().steps(2) == 0, 'lost = off: no pulse any more', 2)
    wait_for(lambda: guest.look().steps(1) == nearest_step(1500), 'lost = center: 1500 us', 2)
    held = guest.look()
    equal(held.lines, {LED: 1, 50: 0}, 'lost = hold and lost = off of the switches')
    # 4 degrees a second: a step of the chip each 0.1 s. It was stopped on its way.
    check(nearest_step(1500) < held.steps(0) < nearest_step(1500 + 25 * 500 / 45.0), 'tilt stopped: %r' % held)
    stage.pub(broker, 'led_off', args=['-q', '1'])
    stage.pub(broker, 'tilt -40', args=['-q', '2'])
    while time.monotonic() < pulled + 30:
        time.sleep(0.5)
        look = guest.look()
        equal((look.leds, look.lines), (held.leds, held.lines), 'nothing moves while the cable is pulled')
    check(any(r.online is False for r in watcher.since()), 'the broker told that the device was gone')

    mark = watcher.mark()
    guest.cable.plug()
    plugged = time.monotonic()
    report = watcher.online(mark)
    back = time.monotonic() - plugged
    check(back <= 6.0, 'both ends were back after %.2f s' % back)
    channels = report.status['channels']
    equal((channels['led']['on'], channels['siren']['on'], channels['arm']['driven'], channels['tilt']['moving']),
          (True, False, False, False), 'the first report afterwards: %r' % report)
    report = stage.say(broker, watcher, '{"cmd":"status","id":"after"}')
    # The words of the time without cable have left no trace: the count goes on by this one.
    words = [last['cmd'] for last in watcher.results(mark) if last.get('cmd') in ('led_off', 'tilt -40')]
    equal(words, [], 'results of what was sent meanwhile')
    look = guest.look()
    equal((look.leds, look.lines), (held.leds, held.lines), 'nothing was replayed')
    equal(stage.say(broker, watcher, 'led_off').last['result'], 'ok', 'led_off')
    equal(guest.line(), 0, 'line 216')


@scenario
def a_stop_button_stops_the_servo_in_the_middle_of_a_handshake(stage):
    cable = nano.Cable(stage)
    with socket.socket() as listener:  # the kernel accepts, and nobody answers
        listener.bind((nano.PC, 8883))
        listener.listen(64)
        listener.settimeout(20)
        guest = nano.boot(stage, cable=cable)
        agent = guest.agent('broker = {"mqtts://%s"}\n' % nano.PC + nano.SERVO.replace('speed = 120', 'speed = 2') +
                            'input go { gpio = "tegra-gpio:11" press = "tilt 45" }\n'
                            'input halt { gpio = "tegra-gpio:12" press = "stop" }\n')
        given_up = 'TLS was not set up within'
        agent.log(given_up)
        guest.pull(11, True)
        agent.log('go: tilt 45: ok')
        peers = [listener.accept()[0] for _ in range(2)]  # it is in the middle of the second
        before, times = guest.steps(), agent.err().count(given_up)
        wait_for(lambda: guest.steps() != before, 'it moves')
        guest.pull(12, True)
        agent.log('halt: stop: ok')
        equal(agent.err().count(given_up), times, 'handshakes given up: it was within one')
        at_rest = guest.steps()
        wait_for(lambda: agent.err().count(given_up) > times, 'this one is given up', 20)
        equal(guest.steps(), at_rest, 'it stands still')
        for peer in peers:
            peer.close()


@scenario
def a_run_by_hand_prints_what_the_command_prints_and_ends_with_its_status(stage):
    cache = os.path.dirname(nano.kernel_directory())
    done = stage.run([nano.HERE + '/run', 'sh', '-c', 'gpiodetect; echo two; printf three; exit 7'],
                     deadline=60, env={'VIRTUAL_NANO_CACHE': cache})
    equal(done.code, 7, 'the exit status')
    lines = done.out.splitlines()
    check(re.search(r'\[tegra-gpio\] \(256 lines\)', done.out), 'a Jetson\'s chip: %r' % done)
    equal(lines[-2:], ['two', 'three'], 'the output')


@scenario
def the_demonstration_by_script_finds_every_command_at_the_chips(stage):
    nano.Cable(stage)  # where there can be none, there is nothing to demonstrate
    cache = os.path.dirname(nano.kernel_directory())
    done = stage.run([sys.executable, '-B', nano.HERE + '/demo.py'], deadline=50,
                     env={'VIRTUAL_NANO_CACHE': cache, 'BUILD_DIR': harness.BUILD_DIR})
    equal(done.code, 0, 'the exit status')
    check(re.search(r'led_on\n(.*\n)?GPIO chip tegra-gpio +line 216 .*HIGH', done.out), 'line 216 after led_on')
    check(re.search(r'All \d+ commands were found at the chips', done.out), 'the last line')


if __name__ == '__main__':
    nano.main()
