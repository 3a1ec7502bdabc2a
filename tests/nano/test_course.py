# SPDX-License-Identifier: MIT
"""The course's programs on the PC drive its car: what the two PCA9685s of the kit carry on a real kernel."""
import os
import sys

import harness
import nano
import trace
from car import CHIPS, FORWARD_60, MOTORS, OFF, SERVOS, never_both_sides, stands_still
from harness import SOURCE_DIR, check, equal, scenario, wait_for

KEYS = os.path.join(SOURCE_DIR, 'tests', 'integration', 'course', 'keys.py')
KIT = os.path.join(SOURCE_DIR, 'nano-agent', 'dist', 'kits', 'autocar-prime.conf')
TILT, PAN, STEER = 13, 14, 15
STEP_US = 4.88  # at 50 Hz


def course(stage):
    harness.paho_client()
    with open(KIT, encoding='utf-8') as f:
        config = f.read().replace('i2c-1', 'i2c-0')
    rig = nano.cabled(stage, config, 'none', chips=CHIPS)
    trace.begin(rig[2])
    return rig


def keys(stage, broker, what, text):
    outcome = stage.run([sys.executable, '-u', KEYS, what, '127.0.0.1', str(broker.port)], text, deadline=60)
    equal(outcome.code, 0, outcome.err)


def pulse_us(guest, channel):
    """What a servo's channel carries, read from the chip."""
    first = 6 + 4 * channel
    read = '; '.join('i2cget -y 0 0x%02x %d' % (SERVOS, first + n) for n in range(4))
    return STEP_US * trace.duty([int(byte, 16) for byte in guest.run(read).split()])


def settled(guest, channel, microseconds):
    wait_for(lambda: abs(pulse_us(guest, channel) - microseconds) <= STEP_US, 'channel %d carries %d us' % (channel, microseconds))


@scenario(timeout=90)
def the_courses_programs_turn_its_cars_wheels_and_servos(stage):
    broker, watcher, guest, _ = course(stage)
    keys(stage, broker, 'car', 'w\n')
    watcher.result('forward', cmd='drive_forward', result='ok', on='car/control')
    stands_still(guest)
    seen = trace.events(guest)
    writes = [event for event in seen if event.what == 'write' and event.chip == MOTORS]
    check(writes and all((event.register, len(event.bytes)) == (6, 16) for event in writes),
          'all four channels change in one transfer: %r' % writes)
    chip = trace.Chip(MOTORS, seen)
    never_both_sides(chip)
    equal(max(now for _, now in chip.history), FORWARD_60, 'forward is channels 0 and 3 at 60 %')
    equal(chip.history[-1][1], OFF, 'and then nothing')

    keys(stage, broker, 'camera', 'q\n')
    settled(guest, PAN, 1525)
    settled(guest, TILT, 544)
    keys(stage, broker, 'camera', 'w\n')
    settled(guest, TILT, 544 + 5 * 11.545)
    keys(stage, broker, 'steer', '-1.0\n')
    settled(guest, STEER, 1167)
    keys(stage, broker, 'car', 's\n')
    settled(guest, STEER, 1500)


if __name__ == '__main__':
    nano.main()
