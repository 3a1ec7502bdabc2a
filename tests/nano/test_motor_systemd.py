# SPDX-License-Identifier: MIT
"""A motor when its agent dies, under a real systemd: what the service does about it, by the kernel's trace of the bus."""
import statistics

import car
import harness
import trace
from car import CAR, FORWARD_60, MOTORS, OFF, drive_forward, stands_still
from harness import check, equal, scenario, wait_for
from nano import Cable
from systemd_nano import CONF, SystemdNano, debugfs, disk, packages

LISTED = '/run/nano-agent/motors'
CONFIG = CAR % ('', 'run = 10 ramp = 0')


def configure(stage, image, text):
    """Writes the configuration while the machine is off."""
    debugfs(stage, image, 'rm ' + CONF, write=True)
    debugfs(stage, image, 'write %s %s' % (stage.write('nano-agent.conf', text), CONF), write=True)
    debugfs(stage, image, 'set_inode_field %s mode 0100644' % CONF, write=True)


def stopped_after(rig, command):
    """Does something to the agent while the motor turns. Returns how many seconds later all its channels were off."""
    stage, broker, watcher, guest = rig
    trace.clear(guest)
    drive_forward(stage, broker, watcher, guest)
    guest.run('echo now >%s/trace_marker; %s' % (trace.TRACING, command))
    stands_still(guest, 20)
    seen = trace.events(guest)
    began = next(event.t for event in seen if event.what == 'mark')
    chip = trace.Chip(MOTORS, seen)
    check(any(t < began and now == FORWARD_60 for t, now in chip.history), 'it turned: %r' % chip.history)
    off = [t for t, now in chip.history if t > began and now == OFF]
    check(off, 'it was switched off: %r' % chip.history)
    low = [event.t for event in seen if event.what == 'line' and event.level == 0 and event.t > began]
    check(low and low[0] <= off[0], 'enable was low before the bus was asked: %r' % low)
    return off[0] - began


@scenario(timeout=600)
def systemd_a_motor_stands_still_however_its_agent_ends(stage):
    image = disk(stage, [packages(stage)['nano-agent']])
    configure(stage, image, CONFIG)
    cable = Cable(stage)
    broker = cable.broker()
    watcher = stage.watcher(broker)
    guest = SystemdNano(stage, image, cable, ['NANO_CHIPS=' + car.CHIPS, 'NANO_PCA9685=none'])
    main = guest.active(deadline=40)
    watcher.online(deadline=30)
    trace.begin(guest)
    listed = guest.run('cat ' + LISTED).splitlines()[1:]
    equal(listed, ['gpio high 29 tegra-gpio'] + ['pca9685 i2c-0 0x5e %d' % n for n in (3, 0, 2, 1)], LISTED)
    took, rig = {}, (stage, broker, watcher, guest)

    def killed(what, config=CONFIG):
        nonlocal main
        guest.put(CONF, config)
        took[what] = stopped_after(rig, 'kill -9 %d' % main)
        guest.put(CONF, CONFIG)
        mark = watcher.mark()
        guest.run('systemctl restart nano-agent', 60)
        watcher.online(mark, deadline=30)
        main = guest.active(since=main, deadline=30)

    killed('kill -9')
    killed('kill -9 after a typo in the configuration', CONFIG.replace('motor', 'moter'))
    killed('kill -9 after another output in the configuration', CONFIG.replace('0x5e:3', '0x5e:7').replace('0x5e:0', '0x5e:4').replace(':29', ':30'))
    equal(guest.run('cat ' + LISTED).splitlines()[1:], listed, 'what is listed after restarts')

    took['kill -STOP'] = stopped_after(rig, 'kill -STOP %d' % main)
    guest.journal('[Ww]atchdog timeout|gave no sign of life')
    main = guest.active(since=main, deadline=40)

    # At rest it is ten seconds again that systemd waits.
    mark = watcher.mark()
    watcher.online(mark, deadline=30)
    guest.run('kill -STOP %d; sleep 4; kill -CONT %d' % (main, main), 20)
    equal(guest.main_pid(), main, 'the process, after 4 s without a sign of life')
    # It had not heard of the broker for as long either, so the first thing that it did was to ask for a new connection.
    watcher.online(watcher.mark(), deadline=30)

    # The chip of the motors runs on at its frequency, and nothing of the other chip was touched.
    equal([guest.run('i2cget -y 0 0x5e 0x%02x' % n) for n in (0, 0xfe)], ['0x20', '0x1e'], 'MODE1 and PRE_SCALE')
    mark = watcher.mark()
    took['systemctl stop'] = stopped_after(rig, 'systemctl stop --no-block nano-agent')
    watcher.wait(lambda r: r.online is False, 'its goodbye', mark)
    wait_for(lambda: guest.show('ActiveState') == 'inactive', 'it has stopped', 20)
    equal(guest.show('Result'), 'success', 'how it ended')
    for what, seconds in took.items():
        print('%s: zero after %.3f s' % (what, seconds))
    # What happens in here takes ten times as long as on a board, and on a busy machine longer.
    check(statistics.median(seconds for what, seconds in took.items() if what.startswith('kill -9')) < 0.5, '%r' % took)
    check(max(took.values()) < 10, '%r' % took)
    told = guest.run('journalctl -b -u nano-agent -o cat --no-pager | grep -c "nano-guard: the agent ended without a word"; :')
    equal(int(told), 3, 'times that the guardian did it')


if __name__ == '__main__':
    harness.main()
