# SPDX-License-Identifier: MIT
"""nano-agent check on a real kernel, through libgpiod 1 and 2: each finding is there, with what mends it, and looking changes
nothing at the lines and in the registers."""
import re

import nano
from harness import check, equal, scenario
from nano import DEADLINE, LED, both, boot, cabled

AWAY = ['-h', '127.0.0.1', '-p', '1']  # there is no broker
NOBODY = 65534
OWN = 'pca9685 i2c-0 0x40'


def look(guest, config, user=None, args=(), variables=()):
    """The findings of `nano-agent check` inside: a list of (ok, line), the mends, and the exit status."""
    path = guest.configure(config, 'check.conf')
    argv = ['env'] + list(variables) + ['/run/nano/nano-agent', 'check', '-c', path] + list(args or AWAY)
    run = nano.Guest(guest, 'check', argv, user=user, root=guest.agent_root)
    code = run.wait(3 * DEADLINE)
    findings = [(line.startswith('ok  '), line[4:]) for line in run.out().splitlines() if line[:4] in ('ok  ', '!!  ')]
    mends = [line for line in run.out().splitlines() if line.startswith('    mend: ')]
    equal(len(mends), sum(not ok for ok, _ in findings), 'a mend for each: %s%s' % (run.out(), run.err()))
    equal(code, 1 if mends else 0, 'the exit status: %s' % run.out())
    return findings, mends


def finds(found, ok, pattern):
    findings, _ = found
    matching = [line for is_ok, line in findings if is_ok == ok and re.search(pattern, line)]
    check(matching, 'no %s finding like %r among %r' % ('ok' if ok else 'wrong', pattern, findings))


@both
def a_nano_in_order_is_all_ok_also_while_its_agent_runs(stage, modern):
    config = nano.SERVO + nano.SWITCH + 'input key { gpio = "tegra-gpio:11" }\n'
    _, watcher, guest, agent = cabled(stage, config, modern=modern)
    agent_boot = watcher.online().boot
    before = (guest.channels(16), guest.register(0), guest.prescale(), guest.line())
    found = look(guest, config, args=['-h', nano.PC])
    equal(found[1], [], 'nothing to mend: %r' % (found[0],))
    finds(found, True, r'^servo tilt: 0-0040:0 \(pwmchip0\), driven by a nano-agent that runs, 4096 steps')
    finds(found, True, r'^switch led: tegra-gpio:216, held by a nano-agent that runs')
    finds(found, True, r'^input key: tegra-gpio:11, held by a nano-agent that runs')
    finds(found, True, r'^broker 192\.168\.55\.100:1883: connected, MQTT 5')
    finds(found, True, r'^libgpiod: %s\.' % ('2' if modern else '1'))
    equal((guest.channels(16), guest.register(0), guest.prescale(), guest.line()), before, 'registers and line 216')
    mark = watcher.mark()
    report = watcher.wait(lambda r: True, 'a report afterwards', since=mark)
    equal((report.boot, report.online), (agent_boot, True), 'the agent was not disturbed')
    agent.terminate()
    found = look(guest, config, args=['-h', nano.PC])
    finds(found, True, r'^switch led: tegra-gpio:216, free')
    equal(found[1], [], 'nothing to mend: %r' % (found[0],))


@both
def everything_that_is_wrong_with_gpio_and_pwm_is_found_at_once(stage, modern):
    guest = boot(stage, modern)
    holder = guest.start('gpioset', ['gpioset', '-m', 'signal', 'tegra-gpio', '216=1'])
    guest.line_becomes(1)
    found = look(guest, nano.SWITCH + '''
switch lost { gpio = "no-such-chip:3" }
switch far { gpio = "tegra-gpio:256" }
servo fine { pwm = "0-0040:0" }
servo gone { pwm = "7000a000.pwm:2" }
servo beyond { pwm = "0-0040:99" }
servo own { pwm = "pca9685 i2c-0 0x40:5" }
servo bus { pwm = "pca9685 i2c-7 0x40:5" }
servo chip { pwm = "pca9685 i2c-0 0x41:5" }
''')
    finds(found, False, r'^switch led: tegra-gpio:216 is held by gpioset')
    finds(found, False, r'^switch lost: gpiochip no-such-chip: not there; there is tegra-gpio')
    finds(found, False, r'^switch far: tegra-gpio has lines 0 to 255, no 256')
    finds(found, True, r'^servo fine: 0-0040:0 \(pwmchip0\), free, 4096 steps')
    finds(found, False, r'^servo gone: .*no chip 7000a000\.pwm, only 0-0040')
    finds(found, False, r'^servo beyond: 0-0040 has channels 0 to 16, no 99')
    finds(found, False, r'^servo own: address 0x40 of /dev/i2c-0: busy.*pwm = "0-0040:5"')
    finds(found, False, r'^servo bus: /dev/i2c-7: No such file.*no such bus')
    finds(found, False, r'^servo chip: no chip answers at address 0x41 of /dev/i2c-0')
    finds(found, False, r'^broker 127\.0\.0\.1:1: connection refused')
    equal(len(found[1]), 9, 'mends: %r' % (found[1],))
    equal(guest.line(), 1, 'the holder still has its line')
    equal(guest.sh('test -e ' + nano.pwm_directory(0))[0], 1, 'nothing was exported')
    holder.terminate()


@both
def a_plain_user_is_told_which_group_opens_what(stage, modern):
    guest = boot(stage, modern, pca9685='driver')
    config = nano.SWITCH + 'servo fine { pwm = "0-0040:0" }\nservo own { pwm = "pca9685 i2c-0 0x41:5" }\n'
    found = look(guest, config, user=NOBODY)
    finds(found, False, r'^switch led: .*/dev/gpiochip0: Permission denied')
    finds(found, False, r'^servo fine: /sys/class/pwm/pwmchip0/export: Permission denied')
    finds(found, False, r'^servo own: /dev/i2c-0: Permission denied')
    mends = '\n'.join(found[1])
    equal((mends.count('usermod -aG gpio'), mends.count('usermod -aG i2c')), (2, 1), mends)
    guest.run('chmod 666 /dev/gpiochip* /sys/class/pwm/pwmchip0/export')
    found = look(guest, nano.SWITCH + 'servo fine { pwm = "0-0040:0" }\n', user=NOBODY)
    finds(found, True, r'^switch led: tegra-gpio:216, free')
    finds(found, True, r'^servo fine: 0-0040:0')


@scenario
def the_board_of_a_device_tree_gives_the_pins_their_lines(stage):
    guest = boot(stage)
    guest.run('mkdir -p /run/tree && printf "nvidia,jetson-nano\\0nvidia,tegra210\\0" >/run/tree/compatible')
    where = ['NANO_AGENT_DEVICE_TREE=/run/tree']
    found = look(guest, 'switch led { gpio = "pin 7" }\n', variables=where)
    finds(found, True, r'^board: JETSON_NANO \(by its device tree\)')
    finds(found, True, r'^switch led: tegra-gpio:216, free')
    drawn = guest.run('NANO_AGENT_DEVICE_TREE=/run/tree /run/nano/nano-agent pins -c /run/nano/check.conf')
    check('* switch led tegra-gpio:216   7 | 8   UART TX' in drawn, drawn)
    equal(guest.line(LED), 0, 'line 216')


@scenario
def a_chip_that_no_driver_has_is_found_to_be_free_and_left_as_it_is(stage):
    guest = boot(stage, pca9685='none')
    before = (guest.channels(16), guest.register(0), guest.register(1), guest.prescale())
    found = look(guest, 'servo own { pwm = "%s:5" }\n' % OWN)
    finds(found, True, r'^servo own: a chip answers at 0x40 of i2c-0, and no driver has it, 4096 steps')
    equal((guest.channels(16), guest.register(0), guest.register(1), guest.prescale()), before, 'the chip\'s registers')
    guest.run('i2cset -y 0 0x40 0xfe 0x4954 w')
    found = look(guest, 'servo own { pwm = "%s:5" }\n' % OWN)
    finds(found, False, r'^servo own: an INA3221 power monitor')


@scenario
def channels_exported_beforehand_do_not_hold_the_frequency(stage):
    guest = boot(stage)
    guest.run('cd /sys/class/pwm/pwmchip0; for i in $(seq 0 15); do echo $i >export; done')
    equal(guest.run('cat %s/enable' % nano.pwm_directory(3)), '1', 'the kernel calls an idle channel enabled')
    for hz, prescale in ((50, 121), (60, 101)):
        agent = guest.agent('servo a { pwm = "0-0040:0" hz = %d start = center }\nservo b { pwm = "0-0040:1" hz = %d }\n' % (hz, hz), AWAY)
        agent.log('refused at')
        equal(guest.prescale(), prescale, 'PRE_SCALE for %d Hz' % hz)
        check(abs(guest.pulse_us(0) - 1500) <= guest.step_us(), 'pulse: %.1f us' % guest.pulse_us(0))
        equal([guest.steps(i) for i in (1, 2, 15)], [0] * 3, 'steps: nothing else is powered')
        equal(agent.terminate(), 0, 'the exit status')


@scenario
def two_agents_share_a_chip_but_no_channel_and_no_other_frequency(stage):
    guest = boot(stage, pca9685='none')
    first = guest.agent('servo a { pwm = "%s:0" start = center }\n' % OWN, AWAY)
    first.log('refused at')
    steps = guest.steps(0)
    guest.refused('servo b { pwm = "%s:0" }\n' % OWN, r'servo b: pca9685 i2c-0 0x40:0: another nano-agent.*drives it')
    guest.refused('servo b { pwm = "%s:1" hz = 60 }\n' % OWN, r'servo b: another nano-agent drives the chip.*use its hz')
    second = guest.agent('servo b { pwm = "%s:1" start = center }\n' % OWN, AWAY)
    second.log('refused at')
    equal((guest.steps(0), guest.steps(1), guest.prescale()), (steps, steps, 121), 'both')
    first.kill()
    again = guest.agent('servo a { pwm = "%s:0" }\n' % OWN, AWAY)
    again.log('refused at')
    equal((guest.steps(0), guest.steps(1)), (steps, steps), 'both go on')


if __name__ == '__main__':
    nano.main()
