# SPDX-License-Identifier: MIT
"""Hardware that is not there, on a real kernel: what works goes on, the PC's screen says what does not, and what is plugged
in later comes alive without a move."""
import os
import sys

import nano
from harness import check, equal
from nano import cabled, nearest_step

sys.path.insert(0, os.path.join(os.path.dirname(nano.HERE), 'screen'))
import screen as screens  # noqa: E402 (the path has to be known first)

CONFIG = '''
switch led { gpio = "tegra-gpio:216" }
switch busy { gpio = "tegra-gpio:30" start = on }
input button { gpio = "tegra-gpio:31" press = "led_off" }
servo tilt { pwm = "pca9685 i2c-0 0x41:0" start = center axis = tilt speed = 10000 accel = 0 }
'''
# The registers of a chip that has just got its supply (tests/nano/hardware).
PLUG = '''rmmod i2c-stub
insmod $NANO_KERNEL/i2c-stub.ko chip_addr=0x40,0x41
for n in $(seq 0 15); do i2cset -y 0 0x41 $((6 + 4 * n)) 0 0 0 0x10 i; done
i2cset -y 0 0x41 0xfe 0x1e
i2cset -y 0 0x41 0x00 0x11
i2cset -y 0 0x41 0x01 0x04'''


def register(guest, number):
    return int(guest.run('i2cget -f -y 0 0x41 0x%02x' % number), 16)


def steps(guest):
    on_l, on_h, off_l, off_h = [register(guest, 6 + i) for i in range(4)]
    return nano.steps_of(on_l | on_h << 8, off_l | off_h << 8)


@screens.scenario(timeout=120)
def without_a_pca9685_and_two_lines_the_led_works_and_the_rest_comes_alive_when_plugged(stage):
    broker, watcher, guest, _ = cabled(stage, nano.SWITCH, 'none')
    first = guest.guests[-1]
    first.terminate()
    holder = guest.start('gpioset', ['gpioset', '-m', 'signal', 'tegra-gpio', '30=0', '31=0'])
    guest.run('for i in {1..500}; do gpioinfo tegra-gpio | grep -q "31:.*gpioset" && break; sleep 0.02; done')
    mark = watcher.mark()
    agent = guest.agent(CONFIG)
    report = watcher.wait(lambda r: r.online and r.channel('busy'), 'the agent goes on', mark)
    held = 'tegra-gpio:%d is held by gpioset; stop that, or use another pin'
    missing = 'no chip answers at address 0x41 of /dev/i2c-0'
    equal(report.channel('busy'), {'kind': 'switch', 'fault': held % 30}, 'the busy switch')
    equal(report.channel('button')['fault'], held % 31, 'the busy input')
    check(report.channel('tilt')['fault'].startswith(missing), report.channel('tilt'))
    check('fault' not in report.channel('led'), report.channel('led'))

    s = screens.tui(stage, broker, '-h', nano.PC, rows=30, columns=120)
    s.wait(r'✗ busy: tegra-gpio:30 is held by gpioset')
    s.wait(r'✗ button: tegra-gpio:31 is held by gpioset')
    s.wait(r'✗ tilt: ' + missing)
    s.wait(r'1 led +◌ off')
    s.press('1')
    s.wait(r'1 led +◉ on')
    guest.line_becomes(1)
    answer = stage.say(broker, watcher, 'tilt 10').last
    equal((answer['result'], answer['why']), ('fault', report.channel('tilt')['fault']), 'a command for it')

    mark = watcher.mark()
    guest.run(PLUG)
    agent.log('servo tilt: its hardware is there now', 30)
    report = watcher.wait(lambda r: r.online and 'fault' not in r.channel('tilt'), 'the servo is back', mark)
    equal(report.channel('tilt')['driven'], False, 'it is not driven, whatever its start says')
    equal(steps(guest), 0, 'steps of the chip: unmoved')
    holder.terminate()
    report = watcher.wait(lambda r: r.online and 'fault' not in r.channel('busy') and 'fault' not in r.channel('button'),
                          'the lines are back', mark, 30)
    equal((report.channel('busy')['on'], guest.line(30)), (False, 0), 'the switch, whose start is on')
    s.wait(r'2 busy +◌ off')
    s.gone('✗ (tilt|busy|button): ')

    stage.say(broker, watcher, 'tilt 20')
    equal(steps(guest), nearest_step(1500 + 20 * 500 / 45), 'steps after the first command')
    guest.pull(31, True)
    guest.line_becomes(0)
    equal(agent.exit(), None, 'the agent is the same')


if __name__ == '__main__':
    nano.main()
