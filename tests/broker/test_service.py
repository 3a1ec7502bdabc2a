# SPDX-License-Identifier: MIT
"""pc-tui-broker with mosquitto.service: in a Debian of its own, booted by its own systemd, from the package."""
import os
import re
import sys
import time

import harness
from harness import SOURCE_DIR, check, equal, scenario

sys.path.append(os.path.join(SOURCE_DIR, 'tests', 'nano'))
from broker_rig import Kit, short_certificate
from nano import PC, Cable
from systemd_nano import CONF, SystemdNano, disk, packages

EXPOSURE_MAX = 1.5
SLOW = 300  # seconds; everything is slow in there


def boot(stage):
    os.environ['MORE_PACKAGES'] = 'mosquitto,mosquitto-clients,openssl'
    guest = SystemdNano(stage, disk(stage, [packages(stage)['pc-tui']]))
    guest.run('useradd -m alice', SLOW)
    return guest


def tree(guest, *folders):
    """Every file below these folders: its mode, owner and content."""
    names = ' '.join(folders)
    return guest.run("find %s -xdev \\( -type d -o -type l -o -type f \\) -printf '%%p %%y %%m %%u %%g %%l\\n' 2>/dev/null | sort; "
                     "find %s -xdev -type f -exec sha256sum {} + 2>/dev/null | sort" % (names, names), SLOW)


def active(guest):
    equal(guest.sh('systemctl is-active mosquitto', SLOW)[1].strip(), 'active', 'mosquitto.service')


def setup(guest, *words, status=0, answer=None):
    """answer: on a terminal, where that is the answer to its question."""
    command = 'SUDO_USER=alice pc-tui-broker setup %s' % ' '.join(words)
    if answer:
        command = "echo %s | script -qec '%s' /dev/null" % (answer, command)
    have, output = guest.sh(command + ' 2>&1', SLOW)
    equal(have, status, 'setup %s: %s' % (' '.join(words), output))
    return output


def publishes(guest, *words, port=8883):
    """Whether mosquitto_pub comes in with these options."""
    return guest.sh('mosquitto_pub -h 127.0.0.1 -p %d -q 1 -t jetson/x -m x %s 2>&1' % (port, ' '.join(words)), 30)[0] == 0


def join(guest, name):
    """A device's options of mosquitto_pub, from its bundle."""
    text = guest.run('pc-tui-broker add-device %s -o -' % name, SLOW)
    user, password = (re.search(pattern, text).group(1) for pattern in (r'\nuser (\S+)', r'\[password\]\n(\S+)'))
    return ['--cafile /etc/pc-tui-broker/ca.crt', '-u', user, '-P', password]


MINE = '/etc/mosquitto/conf.d/mine.conf'


def refused_setup_changes_nothing(guest):
    before = tree(guest, '/etc', '/home', '/root')
    # There is no terminal, so nothing is asked. On one it is, and the answer counts.
    output = setup(guest, status=1)
    check('setup --yes' in output and 'mine.conf' in output and 'Go on?' not in output, output)
    output = setup(guest, status=1, answer='n')
    check('Go on? [y/N]' in output and 'nothing was changed' in output, output)
    equal(tree(guest, '/etc', '/home', '/root'), before, 'a refused setup changes nothing')
    setup(guest, answer='y')
    active(guest)


def leaves_as_it_was(guest, text, question=False):
    """setup twice and reset beside such a file of somebody else, which is in use again afterwards."""
    guest.put(MINE, text)
    guest.run('systemctl restart mosquitto', SLOW)
    active(guest)
    before = tree(guest, '/etc', '/home', '/root')
    theirs = tree(guest, '/etc/mosquitto')
    if question:
        refused_setup_changes_nothing(guest)
    else:
        setup(guest, '--yes')
        active(guest)
    setup(guest, '--yes')
    active(guest)
    equal(tree(guest, '/etc/mosquitto'), theirs, 'files of others')
    check(publishes(guest, *join(guest, 'arm')), 'a device comes in')
    check(not publishes(guest, port=1883), 'nobody does without a login')
    guest.run('pc-tui-broker reset', SLOW)
    active(guest)
    left = tree(guest, '/etc', '/home', '/root')
    equal(set(left.splitlines()) ^ set(before.splitlines()), set(), 'what reset leaves')


@scenario(timeout=1200)
def service_leaves_files_of_others_of_four_kinds_as_they_were(stage):
    guest = boot(stage)
    # The two lines of many a tutorial.
    leaves_as_it_was(guest, 'listener 1883\nallow_anonymous true\n', question=True)
    check(publishes(guest, port=1883), 'they are in use again')

    guest.run('printf "me:secret\\n" >/etc/mosquitto/mine.passwd && mosquitto_passwd -U /etc/mosquitto/mine.passwd && '
              'chgrp mosquitto /etc/mosquitto/mine.passwd && chmod 640 /etc/mosquitto/mine.passwd', SLOW)
    leaves_as_it_was(guest, 'listener 1883\nallow_anonymous false\npassword_file /etc/mosquitto/mine.passwd\n')
    check(publishes(guest, '-u me -P secret', port=1883) and not publishes(guest, port=1883), 'it is in use again')

    leaves_as_it_was(guest, 'per_listener_settings true\nlistener 1884\nallow_anonymous true\nmax_connections 5\n')
    check(publishes(guest, port=1884), 'they are in use again')

    leaves_as_it_was(guest, 'connection far\naddress 127.0.0.1:1999\ntopic jetson/# both 0\nrestart_timeout 1\n')
    # The bridge's other end is there only now.
    guest.put('/root/far.conf', 'listener 1999 127.0.0.1\nallow_anonymous true\nlog_type all\n')
    far = guest.start('far', ['mosquitto', '-c', '/root/far.conf'])
    far.log('New bridge connected from .* as nano.far', 60)


@scenario(timeout=900)
def service_is_confined_and_starts_with_the_machine(stage):
    guest = boot(stage)
    guest.put('/etc/mosquitto/conf.d/mine.conf', 'max_queued_messages 5\n')
    output = setup(guest, '--listen', '192.168.55.100')
    check('mine.conf (settings)' in output, 'what goes out of use is named: ' + output)
    check('ip_nonlocal_bind to 1' in output, 'what is set for an absent address is said: ' + output)
    exposure = float(re.search(r'exposure level for mosquitto\.service: ([\d.]+)',
                               guest.run('systemd-analyze security --no-pager mosquitto', SLOW)).group(1))
    print('systemd-analyze security: %.1f' % exposure)
    check(exposure <= EXPOSURE_MAX, 'exposure %.1f' % exposure)
    main = guest.run('systemctl show -p MainPID --value mosquitto', SLOW).strip()
    status = dict(line.split(':\t', 1) for line in guest.run('cat /proc/%s/status' % main).splitlines() if ':\t' in line)
    equal((status['NoNewPrivs'], status['Seccomp'], int(status['CapEff'], 16), int(status['CapBnd'], 16)), ('1', '2', 0, 0),
          'what the kernel says of its privileges')
    equal(guest.run('stat -c %U /proc/' + main), 'mosquitto', 'whose process it is')

    # Who may read what.
    files = dict(row.split(' ', 1) for row in guest.run('cd /etc/pc-tui-broker && stat -c "%n %a %U %G" . *').splitlines())
    group = {name: '640 root mosquitto' for name in ('acl', 'ca.crt', 'mosquitto.conf', 'passwd', 'server.pem')}
    root = {name: '600 root root' for name in ('ca.key', 'own.password', 'settings')}
    equal(files, {'.': '750 root mosquitto', **group, **root}, 'files')
    equal(guest.run('cd ~alice/.config/pc-tui && stat -c "%n %a %U" . *').split('\n'),
          ['. 700 alice', 'broker.conf 600 alice', 'ca.crt 600 alice', 'password 600 alice'], "the operator's files")
    check('lacks' not in guest.run('pc-tui-broker status', SLOW), 'status')

    device = join(guest, 'arm')
    check(publishes(guest, *device), 'a device comes in')
    guest.run('pc-tui-broker renew', SLOW)
    check(publishes(guest, *device), 'after renew as well: the broker may read its new certificate')
    guest.run('systemctl start pc-tui-broker-renew.service', SLOW)
    equal(guest.run('systemctl is-enabled pc-tui-broker-renew.timer', SLOW), 'enabled', 'the weekly renewal')
    guest.run('pc-tui-broker remove arm', SLOW)
    check(not publishes(guest, *device), 'a removed one does not')
    leg = join(guest, 'leg')

    # kill -9, and the next boot, with the cable still out.
    guest.run('kill -9 ' + main)
    harness.wait_for(lambda: publishes(guest, *leg), 'it is started again', 60)
    guest.reboot()
    harness.wait_for(lambda: publishes(guest, *leg), 'it starts with the machine', 90)
    guest.run('pc-tui-broker status', SLOW)

    # A setup that fails leaves the service as it was.
    blocker = guest.start('other', ['mosquitto', '-p', '8884'])
    harness.wait_for(lambda: 'running' in blocker.err(), 'another broker', 30)
    output = setup(guest, '--tls-port', '8884', status=1)
    check('Address already in use' in output, 'why: ' + output)
    check(publishes(guest, *leg), 'the device comes in as before')
    guest.run('pc-tui-broker status', SLOW)


# ---- the other end: nano-agent.service joins a broker on the PC


def connections(guest):
    """How often the agent has connected; the journal of a clock that jumps is not sorted by it."""
    return int(guest.run("journalctl -b -u nano-agent -o cat --no-pager | grep -c 'connected to' || :"))


def clock_of_1970(stage, guest, kit):
    """A board without a battery for its clock."""
    # The broker's certificate was valid in 1970 as well.
    now = int(guest.run('date +%s'))
    mark = connections(guest)
    guest.run('date -s @86400 && systemctl restart nano-agent', SLOW)
    harness.wait_for(lambda: connections(guest) > mark, 'it connects in 1970', 60)
    # One of somebody else's making was not; it is taken as soon as the clock is right.
    short_certificate(stage, kit, 100)
    kit.broker.signal(1)
    guest.run('systemctl restart nano-agent', SLOW)
    guest.journal('is not valid before .* is the clock right', 60)
    mark = connections(guest)
    guest.run('date -s @%d' % (now + 100), SLOW)
    began = time.monotonic()
    harness.wait_for(lambda: connections(guest) > mark, 'it connects once the clock is set', 60)
    print('connected %.1f s after the clock was set' % (time.monotonic() - began))
    check(time.monotonic() - began < 15, 'a step of the clock ends the wait of half a minute')
    kit.run('renew')


@scenario(timeout=600)
def service_of_a_board_joins_and_is_confined_to_its_broker(stage):
    cable = Cable(stage)
    kit = Kit(stage)
    kit.start(kit.setup())
    os.environ.pop('MORE_PACKAGES', None)
    guest = SystemdNano(stage, disk(stage, [packages(stage)['nano-agent']]), cable)
    guest.put(CONF, 'switch led { gpio = "tegra-gpio:216" }\nbroker = {"192.0.2.1"}\ndevice = "old"\n')
    main = guest.active()
    kit.run('add-device', 'arm', '-o', stage.path('arm.join'))
    bundle = guest.take(stage.path('arm.join'))

    status, output = guest.sh('su -s /bin/sh nano-agent -c "nano-agent join %s" 2>&1' % bundle, SLOW)
    check(status == 2 and 'needs root: sudo nano-agent join' in output, output)
    output = guest.run('nano-agent join ' + bundle, SLOW)
    check('%s:%d lets device-arm in' % (PC, kit.tls_port) in output and 'was started again' in output, output)
    main = guest.active(since=main, deadline=60)
    guest.journal(r'connected to %s:%d' % (PC, kit.tls_port), 60)
    equal(guest.run('cd /etc/nano-agent && stat -c "%n %a %U %G" . *').split('\n'),
          ['. 755 root root', 'broker.conf 640 root nano-agent', 'ca.crt 640 root nano-agent', 'password 640 root nano-agent'], 'files')
    outcome = stage.run([harness.program('pc-tui'), 'send', '--device', 'arm', 'led_on'], deadline=60)
    equal(outcome.code, 0, 'pc-tui of who called setup: %r' % outcome)
    guest.line_becomes(1)

    # By addresses alone, as the cable has them; a bundle with a name leaves the network open.
    drop_in = '/etc/systemd/system/nano-agent.service.d/join.conf'
    if '.local:' not in open(stage.path('arm.join'), encoding='ascii').read():
        check('IPAddressDeny=any' in guest.run('cat ' + drop_in), 'the drop-in')
        exposure = float(re.search(r'exposure level for nano-agent\.service: ([\d.]+)',
                                   guest.run('systemd-analyze security --no-pager nano-agent', SLOW)).group(1))
        print('systemd-analyze security: %.1f' % exposure)
        check(exposure <= EXPOSURE_MAX, 'exposure %.1f' % exposure)

    clock_of_1970(stage, guest, kit)
    main = guest.active()

    guest.run('nano-agent join --undo', SLOW)
    equal(guest.sh('ls -d /etc/nano-agent /etc/systemd/system/nano-agent.service.d 2>/dev/null')[1], '', 'what is left')
    guest.active(since=main, deadline=60)
    guest.run('nano-agent join ' + bundle, SLOW)
    guest.run('dpkg -P nano-agent 2>&1', SLOW)
    equal(guest.sh('ls -d /etc/nano-agent* /etc/systemd/system/nano-agent.service.d 2>/dev/null')[1], '', 'what a purge leaves')


if __name__ == '__main__':
    harness.main()
