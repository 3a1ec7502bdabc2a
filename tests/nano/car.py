# SPDX-License-Identifier: MIT
"""A car on the virtual Nano: the wiring of a common kit, two bridges on one PCA9685 and the servos on another."""
import json

import harness
import trace
from harness import check, wait_for
from nano import cabled, steps_of

CHIPS = '0x5c,0x5e'
SERVOS, MOTORS = 0x5c, 0x5e
ENABLE = 29  # the line of the driver's own enable input
FORWARD_60, BACKWARD_60, OFF = [2458, 0, 0, 2458], [0, 2458, 2458, 0], [0, 0, 0, 0]  # of 4096 steps
DEAD = 0.020
FRAME = 0.020

CAR = '''%s
servo pan { pwm = "pca9685 i2c-0 0x5c:0" axis = pan speed = 10000 accel = 0 }
motor drive {
    forward = {"pca9685 i2c-0 0x5e:3", "pca9685 i2c-0 0x5e:0"}
    backward = {"pca9685 i2c-0 0x5e:2", "pca9685 i2c-0 0x5e:1"}
    enable = "tegra-gpio:29"
    axis = drive
    %s
}
'''


def car(stage, more='', more_config='', **options):
    """Everything up, and the trace begun. Returns broker, watcher, nano, agent."""
    rig = cabled(stage, CAR % (more_config, more), 'none', chips=CHIPS, **options)
    trace.begin(rig[2])
    return rig


def motor_steps(guest):
    return [steps_of(*led) for led in guest.channels(4, MOTORS)]


def stands_still(guest, deadline=harness.DEADLINE):
    wait_for(lambda: motor_steps(guest) == OFF, 'all four channels are off', deadline)


def turns(watcher, mark, target, name='drive'):
    return watcher.wait(lambda r: r.online and r.channel(name).get('percent') == target, 'it turns at %d %%' % target, mark)


def never_both_sides(chip):
    for t, now in chip.history:
        check(not (now[0] or now[3]) or not (now[1] or now[2]), 'both sides at %.6f: %r' % (t, now))


def drive(stage, broker, watcher, percent, name='drive'):
    """Runs it for as long as `run` says: a word without a deadline runs it for a second. Returns when it turns."""
    while True:
        status = watcher.since()[-1].status
        command = {'cmd': '%s %d' % (name, percent), 'by': status['t'] + 60000, 'boot': status['boot']}
        mark = watcher.mark()
        if stage.say(broker, watcher, json.dumps(command)).last['result'] == 'ok':  # not so half a second after `stop`
            return turns(watcher, mark, percent, name)


def drive_forward(stage, broker, watcher, guest):
    """Runs `drive` at 60 %. Returns when the chip does it: the bus has a thread of its own, and may be later than the report.
    Where the machine is so busy that this thread is not heard of for 0.1 s, the agent takes that for a bus that hangs, and
    zeroes the motor: it is driven again then."""
    def outcome(mark):
        if motor_steps(guest) == FORWARD_60:
            return 'turns'
        return 'failed' if any(r.online and r.channel('drive').get('fault') for r in watcher.since(mark)) else None

    while True:
        mark = watcher.mark()
        drive(stage, broker, watcher, 60)
        if wait_for(lambda: outcome(mark), 'it turns') == 'turns':
            return
