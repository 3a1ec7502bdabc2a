# SPDX-License-Identifier: MIT
"""PWM on a real kernel: through its driver's files and through our own back end for the PCA9685, seen in its registers."""
import nano
from harness import check, equal, scenario, wait_for
from nano import STEPS, boot, cabled, nearest_step, us_of

AWAY = ['-h', '127.0.0.1', '-p', '1']  # there is no broker
NOBODY = 65534
DRIVER, OWN = '0-0040', 'pca9685 i2c-0 0x40'
FAST = 'speed = 10000 accel = 0'


def servo(chip, channel=0, name='tilt', rest=FAST):
    return 'servo %s { pwm = "%s:%d" %s }\n' % (name, chip, channel, rest)


def waits(guest, config, **options):
    """An agent that has opened its hardware and now waits for a broker that is not there."""
    agent = guest.agent(config, AWAY, **options)
    agent.log('refused at')
    return agent


def whole_range(stage, chip, pca9685):
    wide = 'pulse = {400, 2600} angle = {-90, 90} ' + FAST
    config = servo(chip, 0, rest=wide) + servo(chip, 15, 'pan', wide.replace('400, 2600', '2600, 400')) + \
        servo(chip, 1, 'neck', wide + ' limit = {-37.3, 41.9}')
    broker, watcher, guest, _ = cabled(stage, config, pca9685)
    guest.open_eyes(16)
    for angle in list(range(-90, 91, 9)) + [-89.9, 89.9, 0.1, -0.1, 1000, -1000]:
        for index, name in ((0, 'tilt'), (15, 'pan'), (1, 'neck')):
            report = stage.say(broker, watcher, '%s %g' % (name, angle))
            report = watcher.wait(lambda r: r.last.get('n') == report.last['n'] and not r.channel(name)['moving'], 'rest')
            steps, reported = guest.look().steps(index), report.channel(name)
            equal(steps, nearest_step(reported['us']), '%s at %g, reported %r' % (name, angle, reported))
            low, high = (-37.3, 41.9) if name == 'neck' else (-90, 90)
            wanted = min(max(angle, low), high) * (-1 if name == 'pan' else 1)
            us, step_us = us_of(steps), us_of(1)
            check(abs(us - (1500 + wanted * 1100 / 90)) <= step_us, '%s at %g: %.1f us' % (name, angle, us))
            lowest, highest = (1500 + low * 1100 / 90, 1500 + high * 1100 / 90)
            check(lowest - 0.01 <= us <= highest + 0.01, '%s at %g: %.2f us is outside the limits' % (name, angle, us))
    equal(guest.register(0xfe), 0x79, 'PRE_SCALE: 50 Hz')
    for name in ('tilt', 'pan', 'neck'):
        stage.say(broker, watcher, name + '_off')
    wait_for(lambda: not any(guest.look().steps(i) for i in range(16)), 'no pulses any more')


@scenario
def over_the_whole_range_and_at_the_limits_the_registers_are_what_was_asked_for(stage):
    whole_range(stage, DRIVER, 'driver')


@scenario
def our_own_pca9685_emits_what_was_asked_for_over_the_whole_range(stage):
    whole_range(stage, OWN, 'none')


def exported(guest, channel=0, period=20000000, duty=0, enable=0):
    """What somebody did before the agent: an exported channel, perhaps running."""
    directory = nano.pwm_directory(channel)
    guest.run('echo %d >/sys/class/pwm/pwmchip0/export && cd %s && echo 0 >duty_cycle && echo %d >period && '
              'echo %d >duty_cycle && echo %d >enable' % (channel, directory, period, duty, enable))


@scenario
def a_channel_that_is_exported_already_is_taken(stage):
    guest = boot(stage)
    exported(guest, 0)
    agent = guest.agent(servo(DRIVER, rest=FAST + ' start = center'), AWAY)
    agent.log('refused at')
    equal(guest.steps(), nearest_step(1500), 'steps')


@scenario
def a_channel_exported_by_somebody_else_in_the_same_moment_is_taken(stage):
    guest = boot(stage)
    exported(guest, 0)
    # access() says that it is not there; the export that follows finds EBUSY.
    blind = ['strace', '-f', '-o', '/run/trace', '-e', 'trace=access,openat,pwrite64', '-e', 'inject=access:error=ENOENT']
    waits(guest, servo(DRIVER, rest=FAST + ' start = center'), through=blind)
    check('EBUSY' in guest.run('cat /run/trace'), 'the export was refused')
    equal(guest.steps(), nearest_step(1500), 'steps')


@scenario
def a_pulse_found_longer_than_the_new_period_is_cut_and_is_no_position(stage):
    guest = boot(stage)
    exported(guest, 0, period=20000000, duty=10000000, enable=1)
    waits(guest, servo(DRIVER, rest=FAST + ' hz = 400'))
    directory = nano.pwm_directory(0)
    equal(guest.run('cat %s/period %s/enable' % (directory, directory)).split(), [str(15 * STEPS * 40), '0'],
          'period and enable: what was cut holds no servo')
    duty = int(guest.run('cat %s/duty_cycle' % directory))
    check(0 <= duty <= 2000000, 'duty %d: inside the limits' % duty)
    equal(guest.register(0xfe), round(25e6 / STEPS / 400) - 1, 'PRE_SCALE: 400 Hz')


@scenario
def files_that_udev_has_not_opened_yet_are_waited_for(stage):
    guest = boot(stage)
    guest.run('chmod 666 /sys/class/pwm/pwmchip0/export')
    agent = guest.agent(servo(DRIVER, rest=FAST + ' start = center'), AWAY, user=NOBODY)
    wait_for(lambda: guest.sh('test -e ' + nano.pwm_directory(0))[0] == 0, 'the agent exports the channel')
    equal(agent.exit(), None, 'the agent still waits')
    guest.run('chmod 666 {0}/period {0}/duty_cycle {0}/enable'.format(nano.pwm_directory(0)))
    agent.log('refused at')
    equal(guest.steps(), nearest_step(1500), 'steps')


@scenario
def pwm_that_cannot_be_opened_is_one_line_that_says_why(stage):
    guest = boot(stage)
    guest.refused(servo('7000a000.pwm', 2), r'servo tilt: .*no chip 7000a000\.pwm, only 0-0040 \(pwmchip0\).*jetson-io')
    guest.refused(servo(DRIVER, 99), r'servo tilt: .*the chip has no channel 99')
    guest.refused(servo(DRIVER), r'servo tilt: /sys/class/pwm/pwmchip0/export: Permission denied.*group gpio', user=NOBODY)
    exported(guest, 3)
    guest.refused(servo(DRIVER, 3), r'/sys/class/pwm/pwmchip0/pwm3/\w+: Permission denied.*60-nano-agent', user=NOBODY)
    first = waits(guest, servo(DRIVER, 5))
    guest.refused(servo('pwmchip0', 5), r'servo tilt: .*pwm5: another nano-agent.*drives it')
    first.terminate()
    # A PCA9685 has one frequency. Two others have it at 400 Hz.
    guest.run('for i in 3 5; do echo $i >/sys/class/pwm/pwmchip0/unexport; done')
    exported(guest, 7, period=2500000, duty=1000000, enable=1)
    exported(guest, 8, period=2500000, duty=1000000, enable=1)
    agent = guest.agent(servo(DRIVER, 0, rest=FAST + ' start = center'), AWAY)
    agent.log(r'other period|another period|[Bb]usy')
    equal(guest.register(0xfe), round(25e6 / STEPS / 400) - 1, 'the others\' frequency stays')


@scenario
def our_own_pca9685_sets_up_a_chip_fresh_from_power_up(stage):
    guest = boot(stage, pca9685='none')
    equal((guest.register(0), guest.register(0xfe)), (0x11, 0x1e), 'MODE1 and PRE_SCALE: asleep, 200 Hz')
    waits(guest, servo(OWN, 3, rest=FAST + ' start = center'))
    mode1 = guest.register(0)
    equal(mode1 & 0x10, 0, 'MODE1: awake')
    check(mode1 & 0x20, 'MODE1: the register address counts up')
    equal(guest.register(1), 0x04, 'MODE2: totem pole')
    equal(guest.register(0xfe), 0x79, 'PRE_SCALE: 50 Hz')
    check(abs(guest.pulse_us(3) - 1500) <= guest.step_us(), 'pulse: %.1f us' % guest.pulse_us(3))
    equal([guest.steps(n) for n in (0, 2, 4, 15)], [0] * 4, 'the other channels')


POWER_UP = ('i2cset -y -f 0 0x40 0x00 0x11; i2cset -y -f 0 0x40 0x01 0x04; i2cset -y -f 0 0x40 0xfe 0x1e; '
            'for n in $(seq 0 15); do i2cset -y -f 0 0x40 $((6 + 4 * n)) 0 0 0 0x10 i; done')
# A chip loses all of it at once. The agent must not see the half of it.
AT_ONCE = 'kill -STOP $(pidof nano-agent); %s; kill -CONT $(pidof nano-agent)'


@scenario(timeout=90)
def a_pca9685_whose_supply_broke_down_in_mid_motion_is_told_and_set_up_again(stage):
    config = servo(OWN, 0, rest='speed = 10 accel = 0') + servo(OWN, 5, 'pan')
    broker, watcher, guest, agent = cabled(stage, config, 'none')
    stage.say(broker, watcher, 'pan 10')
    mark = watcher.mark()
    stage.say(broker, watcher, 'tilt 40')
    watcher.wait(lambda r: (r.channel('tilt').get('deg') or 0) > 8 and r.channel('tilt')['moving'], 'it is on its way', mark)
    mark = watcher.mark()
    guest.run(AT_ONCE % POWER_UP)
    agent.log('servo tilt: its chip was reset')
    agent.log('servo pan: its chip was reset')
    report = watcher.wait(lambda r: r.online and not r.channel('tilt')['driven'], 'the report says that it is off', mark)
    tilt, pan = report.channel('tilt'), report.channel('pan')
    equal((tilt['moving'], tilt.get('us', 0), pan['driven'], pan.get('us', 0)), (False, 0, False, 0), 'what is claimed')
    equal((guest.register(0) & 0x30, guest.register(1), guest.register(0xfe)), (0x20, 0x04, 0x79), 'MODE1, MODE2, PRE_SCALE')
    equal([guest.steps(n) for n in range(16)], [0] * 16, 'no pulse comes to life by itself')
    stage.say(broker, watcher, 'pan -10')
    wait_for(lambda: guest.steps(5) == nearest_step(1500 - 10 * 500 / 45), 'a command drives it again')
    equal(guest.steps(0), 0, 'the other one stays off')
    equal(len([line for line in agent.err().splitlines() if 'was reset' in line]), 2, 'lines about it')


@scenario(timeout=90)
def a_chip_that_was_reset_while_all_was_off_is_set_up_before_it_powers(stage):
    broker, watcher, guest, _ = cabled(stage, 'report = 60.0\n' + servo(OWN, 3), 'none')
    guest.run(POWER_UP)
    stage.say(broker, watcher, 'tilt 10')
    wait_for(lambda: guest.steps(3) == nearest_step(1500 + 10 * 500 / 45), 'the pulse')
    equal((guest.register(0) & 0x30, guest.register(0xfe)), (0x20, 0x79), 'MODE1 and PRE_SCALE')


@scenario
def with_stderr_closed_no_line_of_the_log_goes_to_the_bus(stage):
    guest = boot(stage, pca9685='none')
    closed = ['sh', '-c', 'exec "$@" <&- >&- 2>&-', 'sh']
    guest.agent(servo(OWN, 3, rest=FAST + ' start = center'), AWAY, through=closed)
    wait_for(lambda: guest.steps(3) == nearest_step(1500), 'the servo is driven')
    before = guest.channels(16)
    files = guest.run('ls -l /proc/$(pidof nano-agent)/fd')
    for number in range(3):
        check(' %d -> /dev/null' % number in files, 'what is open: %s' % files)
    check('/dev/i2c-0' in files, 'the bus is open: %s' % files)
    guest.run('sleep 2')  # attempts to connect, and a line for the first
    equal(guest.channels(16), before, 'the registers')


@scenario(timeout=90)
def our_own_pca9685_is_taken_over_running_after_a_kill(stage):
    slow = servo(OWN, 0, rest='speed = 20 accel = 0')
    broker, watcher, guest, agent = cabled(stage, slow, 'none')
    report = stage.say(broker, watcher, 'tilt 40')
    watcher.wait(lambda r: (r.channel('tilt').get('deg') or 0) > 8, 'it is on its way')
    agent.kill()
    left = guest.steps()
    check(nearest_step(1500) < left < nearest_step(1900), 'killed in mid-motion: %d' % left)
    recorder = guest.record(5)
    mark = watcher.mark()
    guest.agent(slow)
    tilt = watcher.online(mark).channel('tilt')
    check(tilt['driven'] and not tilt['moving'] and not tilt.get('assumed'), 'taken over: %r' % tilt)
    equal(guest.steps(), left, 'steps after the start')
    check(abs(tilt['us'] - guest.pulse_us()) <= 1, 'reported %r' % tilt)
    recorder.wait(20)
    equal([look.steps() for look in guest.recorded(recorder)], [left], 'what the recorder saw')
    equal(report.boot == watcher.online(mark).boot, False, 'it is another run')


@scenario
def an_i2c_bus_or_chip_that_cannot_be_opened_is_one_line_that_says_why(stage):
    guest = boot(stage)
    guest.refused(servo('pca9685 i2c-7 0x40'), r'servo tilt: .*/dev/i2c-7: No such file.*no such bus')
    guest.refused(servo(OWN), r'servo tilt: .*0x40 of /dev/i2c-0: .*busy.*kernel driver')
    guest.refused(servo('pca9685 i2c-0 0x41'), r'servo tilt: .*no chip answers at address 0x41 of /dev/i2c-0')
    guest.refused(servo(OWN), r'servo tilt: .*/dev/i2c-0: Permission denied.*group i2c', user=NOBODY)
    guest.run('echo 0x40 >/sys/bus/i2c/devices/i2c-0/delete_device')
    # An INA3221 power monitor, as these boards have at this address of other buses: its maker's number at 0xfe.
    guest.run('i2cset -y 0 0x40 0xfe 0x4954 w')
    before = guest.channels(16)
    guest.refused(servo(OWN), r'servo tilt: .*INA3221')
    equal(guest.channels(16), before, 'nothing was written to it')


if __name__ == '__main__':
    nano.main()
