# SPDX-License-Identifier: MIT
"""The service and the packages: in a Debian of its own, booted by its own systemd on a real kernel."""
import glob
import os
import random
import re
import subprocess
import time

import harness
from harness import SOURCE_DIR, check, equal, scenario, tool, wait_for
from nano import Cable, nearest_step
from systemd_nano import CONF, STATE, SystemdNano, debugfs, disk, newer, packages

CONFIG = '''# mine
servo tilt { pwm = "0-0040:0" step = 5 speed = 120 accel = 600 axis = tilt }
switch led { gpio = "tegra-gpio:216" }
'''
# What lintian may say, and why that is none of ours.
LINTIAN = {
    'bogus-mail-host': 'who makes the packages gives an address of his own (PACKAGE_MAINTAINER)',
    'bogus-mail-host-in-debian-changelog': 'the same',
    'initial-upload-closes-no-bugs': 'the packages are not in Debian, so there is no request for them there',
}
# Units' directives and the systemd that first knew them, from its NEWS. JetPack 4 has 237; what it does not know it ignores, so
# nothing that the start or the work of the service depends on may be younger.
JETPACK_4 = 237
KNOWN_SINCE = {
    'Unit': {'Description': 1, 'Documentation': 17, 'After': 1, 'Wants': 1, 'StartLimitIntervalSec': 230},
    'Service': {'Type': 1, 'ExecStartPre': 1, 'ExecStart': 1, 'ExecStopPost': 1, 'RuntimeDirectory': 211, 'RuntimeDirectoryPreserve': 235, 'TimeoutAbortSec': 243,
                'Restart': 1, 'RestartSec': 1, 'RestartSteps': 254,
                'RestartMaxDelaySec': 254, 'WatchdogSec': 30,
                'TimeoutStopSec': 37, 'User': 1, 'StateDirectory': 235, 'UMask': 1,
                'DevicePolicy': 208, 'DeviceAllow': 208, 'CapabilityBoundingSet': 1, 'NoNewPrivileges': 187,
                'ProtectSystem': 214, 'ProtectHome': 214, 'ProtectControlGroups': 232, 'ProtectKernelModules': 232,
                'ProtectKernelLogs': 244, 'ProtectClock': 245, 'ProtectHostname': 242, 'ProtectProc': 247, 'PrivateTmp': 1,
                'PrivateMounts': 239, 'RemoveIPC': 232, 'RestrictAddressFamilies': 211, 'RestrictNamespaces': 233,
                'RestrictRealtime': 231, 'RestrictSUIDSGID': 242, 'LockPersonality': 235, 'MemoryDenyWriteExecute': 231,
                'SystemCallArchitectures': 209, 'SystemCallErrorNumber': 209, 'SystemCallFilter': 187},
    'Install': {'WantedBy': 1},
}
VALUES_SINCE = {('Type', 'notify'): 1, ('ProtectSystem', 'strict'): 232, ('Restart', 'always'): 1, ('DevicePolicy', 'closed'): 208,
                ('ProtectProc', 'invisible'): 247}
# Hardening, and pauses that grow: where one is ignored, everything works as well.
DISPENSABLE = {'ProtectKernelLogs', 'ProtectClock', 'ProtectHostname', 'ProtectProc', 'PrivateMounts', 'RestrictSUIDSGID',
               'RestartSteps', 'RestartMaxDelaySec', 'TimeoutAbortSec'}
FILTER_GROUPS_237 = set('''@aio @basic-io @chown @clock @cpu-emulation @debug @file-system @io-event @ipc @keyring @memlock @module
    @mount @network-io @obsolete @privileged @process @raw-io @reboot @resources @setuid @signal @swap @sync @timer'''.split())
EXPOSURE_MAX = 1.6
CUTS = int(os.environ.get('POWER_CUTS', '5'))


def place(module, variable, otherwise):
    """Where this system looks for units or udev rules; the packages that are made on it must have them there."""
    done = subprocess.run(['pkg-config', '--variable=' + variable, module], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=False)
    return done.stdout.strip() or otherwise


def unit_directives(stage):
    """(section, name, value) of the unit as the package brings it, in order."""
    root = stage.path('unpacked')
    equal(stage.run(['dpkg-deb', '-x', packages(stage)['nano-agent'], root]).code, 0, 'dpkg-deb -x')
    path = root + place('systemd', 'systemdsystemunitdir', '/usr/lib/systemd/system') + '/nano-agent.service'
    section, found = None, []
    with open(path, encoding='utf-8') as f:
        for line in f:
            line = line.strip()
            if line.startswith('['):
                section = line.strip('[]')
            elif line and line[0] not in '#;':
                found.append((section,) + tuple(line.split('=', 1)))
    return path, found


def configure(stage, image, text):
    """Writes the configuration while the machine is off."""
    debugfs(stage, image, 'rm ' + CONF, write=True)
    debugfs(stage, image, 'write %s %s' % (stage.write('nano-agent.conf', text), CONF), write=True)
    debugfs(stage, image, 'set_inode_field %s mode 0100644' % CONF, write=True)


def moves_to(stage, broker, watcher, guest, angle):
    """The servo goes there, by the registers of the chip."""
    stage.say(broker, watcher, 'tilt %g' % angle)
    wanted = nearest_step(1500 + angle * 500 / 45)
    wait_for(lambda: abs(guest.steps() - wanted) <= 1, 'the chip emits %d steps for %g degrees' % (wanted, angle))
    return guest.steps()


def led(stage, broker, watcher, guest, on):
    stage.say(broker, watcher, 'led_on' if on else 'led_off')
    guest.line_becomes(int(on))


# ---- without booting


@scenario(timeout=180)
def systemd_packages_are_made_and_lintian_has_nothing_to_say(stage):
    made = packages(stage, anew=True)
    control = stage.run(['dpkg-deb', '-f', made['nano-agent'], 'Depends']).out
    for library in ('libc6', 'libmosquitto1', 'libevent-core', 'libjansson4', 'libconfuse', 'libgpiod'):
        check(library in control, 'nano-agent depends on %s: %s' % (library, control))
    control = stage.run(['dpkg-deb', '-f', made['pc-tui'], 'Depends']).out
    check('libncursesw6' in control and 'libgpiod' not in control, 'pc-tui depends on %s' % control)
    equal(stage.run(['dpkg-deb', '--ctrl-tarfile', made['nano-agent']]).code, 0, 'the control files')
    expected = {
        'nano-agent': ['/etc/nano-agent.conf', '/usr/bin/nano-agent', '/usr/lib/modules-load.d/nano-agent.conf',
                       '/usr/lib/nano-agent/pwm-access', '/usr/lib/sysusers.d/nano-agent.conf',
                       place('systemd', 'systemdsystemunitdir', '/usr/lib/systemd/system') + '/nano-agent.service',
                       place('udev', 'udevdir', '/usr/lib/udev') + '/rules.d/60-nano-agent.rules', '/usr/share/doc/nano-agent/changelog.Debian.gz',
                       '/usr/share/doc/nano-agent/copyright', '/usr/share/man/man5/nano-agent.conf.5.gz',
                       '/usr/share/man/man8/nano-agent.8.gz', '/usr/share/bash-completion/completions/nano-agent',
                       '/usr/share/zsh/vendor-completions/_nano-agent', '/usr/share/nano-agent/kits/plain.conf'] +
                      ['/usr/share/nano-agent/kits/' + os.path.basename(path)
                       for path in glob.glob(os.path.join(SOURCE_DIR, 'nano-agent/dist/kits/*.conf'))],
        'pc-tui': ['/usr/bin/pc-tui', '/usr/sbin/pc-tui-broker', '/usr/share/doc/pc-tui/changelog.Debian.gz',
                   '/usr/share/doc/pc-tui/copyright', '/usr/share/man/man1/pc-tui.1.gz', '/usr/share/man/man8/pc-tui-broker.8.gz',
                   '/usr/share/bash-completion/completions/pc-tui', '/usr/share/zsh/vendor-completions/_pc-tui'] +
                  ['/usr/share/pc-tui-broker/' + os.path.basename(path)
                   for pattern in ('*.sh', '*.in') for path in glob.glob(os.path.join(SOURCE_DIR, 'pc-tui/broker', pattern))],
    }
    for name, path in made.items():
        listing = stage.run(['dpkg-deb', '-c', path]).out
        equal(sorted(row.split()[5][1:] for row in listing.splitlines() if not row.startswith('d')), sorted(expected[name]),
              'files of ' + name)
    # The tag list is ours; where lintian is missing, the rest was checked.
    said = stage.run([tool('lintian'), '--allow-root', '--suppress-tags', ','.join(LINTIAN), *made.values()], deadline=120)
    findings = [line for line in said.out.splitlines() if re.match('[EW]:', line)]
    check(not findings and said.code == 0, 'lintian: %s%s' % (said.out, said.err))


@scenario
def systemd_237_of_jetpack_4_starts_the_service(stage):
    _, directives = unit_directives(stage)
    equal([row for row in directives if row[1] not in KNOWN_SINCE.get(row[0], {})], [], 'directives missing in the table')
    young = {name for section, name, _ in directives if KNOWN_SINCE[section][name] > JETPACK_4}
    equal(young - DISPENSABLE, set(), 'younger than systemd 237, and needed')
    for _, name, value in directives:
        check(VALUES_SINCE.get((name, value), 1) <= JETPACK_4 or name in DISPENSABLE, '%s=%s is too young' % (name, value))
        if name == 'SystemCallFilter':
            groups = {word.lstrip('~') for word in value.split() if '@' in word}
            equal(groups - FILTER_GROUPS_237, set(), 'groups of system calls that 237 does not know')
            # It knows no allow-list that would be long enough.
            check(value.startswith('~'), 'a list of refused calls: ' + value)
        if name.startswith('Exec'):
            check(re.match(r'[-+]*/usr/', value), 'prefixes that 237 knows: ' + value)
        check('%' not in value, 'specifiers differ: %s=%s' % (name, value))
    values = {name: value for _, name, value in directives}
    equal((values['Type'], values['Restart'], values['StartLimitIntervalSec']), ('notify', 'always', '0'), 'it never gives up')
    check('ProtectKernelTunables' not in values and 'PrivateDevices' not in values, 'PWM files and GPIO chips stay')


@scenario
def systemd_finds_nothing_wrong_with_the_unit(stage):
    path, _ = unit_directives(stage)
    with open(path, encoding='utf-8') as f:  # its programs are not installed on this machine
        text = f.read().replace('/usr/bin/nano-agent', '/bin/true').replace('/usr/lib/nano-agent/pwm-access', '/bin/true')
    unit = stage.write('nano-agent.service', re.sub('^Documentation=.*', '', text, flags=re.M))
    done = stage.run([tool('systemd-analyze'), 'verify', unit], deadline=30)
    young = r"Unknown key (name )?'(%s)' in section" % '|'.join(DISPENSABLE)
    said = [line for line in done.err.splitlines() if 'nano-agent' in line and not re.search(young, line)]
    check(done.code == 0 and not said, 'systemd-analyze verify: %s' % done.err)


# ---- booted


def belongings(guest):
    """Everything on the disk that is there to stay, except logs, with dpkg's own books left out."""
    text = guest.run("find / -xdev \\( -path /var/log -o -path /var/lib/dpkg -o -path /var/cache -o -path /tmp -o -path /var/tmp "
                     "-o -path /var/lib/systemd/timers -o -path /var/lib/systemd/random-seed -o -path /var/lib/private "
                     "\\) -prune -o -print | sort", 60)
    return set(text.splitlines())


@scenario(timeout=900)
def systemd_package_installed_upgraded_removed_and_purged(stage):
    first = packages(stage)['nano-agent']
    guest = SystemdNano(stage, disk(stage))
    users = 'getent passwd | sort; getent group gpio i2c'
    before, users_before = belongings(guest), set(guest.run(users + '; :').splitlines())

    # Installed: with the package's own configuration, whose pins this machine has not, dpkg is content nevertheless.
    path = guest.take(first)
    guest.run('dpkg -i ' + path, 240)
    guest.journal('no Jetson that I know')
    main = guest.active()
    guest.put(CONF, CONFIG)
    guest.journal('the configuration is right now')
    equal(guest.active(), main, 'without anyone: the same process goes on')
    equal(guest.run('ps -o user= -p %d' % main).strip(), 'nano-agent', 'whose process it is')
    equal(set(guest.run('id -nG nano-agent').split()), {'nano-agent', 'gpio', 'i2c'}, 'its groups')
    equal(guest.run('systemctl is-enabled nano-agent'), 'enabled', 'starts with the machine')
    equal(guest.run('stat -c "%U %G %a" ' + STATE).split()[0], 'nano-agent', 'the owner of its state')

    exposure = float(re.search(r'exposure level for nano-agent\.service: ([\d.]+)',
                               guest.run('systemd-analyze security --no-pager nano-agent')).group(1))
    print('systemd-analyze security: %.1f' % exposure)
    check(exposure <= EXPOSURE_MAX, 'exposure %.1f' % exposure)
    status = dict(line.split(':\t', 1) for line in guest.run('cat /proc/%d/status' % main).splitlines() if ':\t' in line)
    equal((status['NoNewPrivs'], status['Seccomp'], int(status['CapEff'], 16), int(status['CapBnd'], 16)),
          ('1', '2', 0, 0), 'what the kernel says of its privileges')
    # memory_limit (64 MiB by default) acts, although the unit refuses @resources.
    limits = guest.run('cat /proc/%d/limits' % main)
    check(re.search(r'^Max data size +%d ' % (64 << 20), limits, re.M), 'memory_limit: ' + limits)
    files = guest.run('stat -c "%n %G %A" /dev/gpiochip* /dev/i2c-* /sys/class/pwm/pwmchip0/export '
                      '/sys/class/pwm/pwmchip0/pwm0/duty_cycle /sys/class/pwm/pwmchip0/uevent').splitlines()
    for line in files:
        name, group, mode = line.split()
        wanted = 'i2c' if 'i2c-' in name else 'root' if 'uevent' in name else 'gpio'
        equal((group, mode[5]), (wanted, '-' if wanted == 'root' else 'w'), name)
    check(sum('gpiochip' in line for line in files) == 2, 'every GPIO chip: %s' % files)

    # Kernels before 4.20: every channel is there before the service is.
    guest.run('echo 0 >/sys/class/pwm/pwmchip0/unexport; systemctl stop nano-agent; echo 0 >/sys/class/pwm/pwmchip0/unexport; :')
    equal(guest.run('ls /sys/class/pwm/pwmchip0 | grep -c ^pwm; :'), '0', 'exported channels')
    guest.run('PWM_ACCESS_KERNEL=4.20.1 /usr/lib/nano-agent/pwm-access')
    equal(guest.run('ls /sys/class/pwm/pwmchip0 | grep -c ^pwm; :'), '0', 'with a kernel that tells udev')
    guest.run('PWM_ACCESS_KERNEL=4.9.337-tegra /usr/lib/nano-agent/pwm-access')
    equal(guest.run('stat -c %G /sys/class/pwm/pwmchip0/pwm*/duty_cycle | sort | uniq -c').split(),
          ['16', 'gpio'], 'channels and their group; the 17th is all of them')
    guest.run('systemctl start nano-agent')
    main = guest.active()

    # Upgraded: restarted, and the configuration that was edited is kept, although the new package brings another.
    second = newer(stage, first, conf='broker = {"other"}\n')
    output = guest.run('dpkg --force-confdef -i ' + guest.take(second), 240)
    check('Setting up nano-agent (0.1.0-2)' in output, output)
    main = guest.active(since=main)
    equal(guest.run('cat ' + CONF), CONFIG.rstrip('\n'), 'the configuration')
    guest.run('systemctl disable nano-agent 2>&1')
    guest.run('dpkg --force-confdef -i ' + guest.take(first) + ' 2>&1', 240)
    equal(guest.sh('systemctl is-enabled nano-agent')[1].strip(), 'disabled', 'an administrator\'s disable outlives it')
    guest.active(since=main)

    # Removed: nothing but the configuration, and its user, who may own a password file of it.
    guest.run('dpkg -r nano-agent 2>&1', 240)
    equal(guest.sh('pidof nano-agent')[0], 1, 'no process is left')
    left = {p for p in belongings(guest) - before if not p.startswith('/var/lib/systemd/deb-systemd-helper')}
    equal({p for p in left if not re.match(r'/etc/(passwd|group|shadow|gshadow|subuid|subgid|\.pwd\.lock)', p)} -
          {'/etc/systemd/system/nano-agent.service'}, {CONF, CONF + '.dpkg-dist'} & left | {CONF}, 'what a removed package leaves')

    guest.run('dpkg -P nano-agent 2>&1', 240)
    left = {p for p in belongings(guest) - before if not re.match(r'/etc/(passwd|group|shadow|gshadow)-$|/etc/\.pwd\.lock$', p)}
    equal(left, set(), 'what a purged package leaves')
    equal({row for row in set(guest.run(users + '; :').splitlines()) - users_before if not re.match('gpio:|i2c:', row)}, set(),
          'users and groups that it leaves')
    equal(before - belongings(guest), set(), 'what it took with it')


@scenario(timeout=900)
def systemd_service_survives_and_works_inside_its_sandbox(stage):
    image = disk(stage, [packages(stage)['nano-agent']])
    configure(stage, image, CONFIG)
    cable = Cable(stage)
    guest = SystemdNano(stage, image, cable)
    main = guest.active()  # installed in an image, it starts with the first boot; the broker is not there
    guest.journal('refused|no answer|unreachable')

    broker = cable.broker()
    started = time.monotonic()
    watcher = stage.watcher(broker)
    watcher.online()
    took = time.monotonic() - started
    print('connected %.1f s after the broker\'s start' % took)
    check(took <= 6, 'connected only %.1f s after the broker\'s start' % took)

    led(stage, broker, watcher, guest, True)
    moves_to(stage, broker, watcher, guest, -20)
    position = moves_to(stage, broker, watcher, guest, 20)

    # kill -9. The pulse is looked at all the while.
    mark = watcher.mark()
    text = guest.run('''old=$(systemctl show -p MainPID --value nano-agent)
begin=${EPOCHREALTIME/./}
kill -9 "$old"
while :; do
    set -- $(systemctl show -p MainPID -p ActiveState -p SubState --value nano-agent)
    i2cget -f -y 0 0x40 8; i2cget -f -y 0 0x40 9; sleep 0.05
    case "$*" in *active*running*) case " $* " in *" $old "*) ;; *) break ;; esac ;; esac
done
echo $(((${EPOCHREALTIME/./} - begin) / 1000)) ms''', 20).split()
    took, seen = int(text[-2]), text[:-2]
    print('back %d ms after kill -9' % took)
    check(took <= 8000, 'back only %d ms after kill -9' % took)
    equal({int(high, 16) << 8 | int(low, 16) for low, high in zip(seen[::2], seen[1::2])}, {position}, 'the pulse meanwhile')
    tilt = watcher.online(mark).channel('tilt')
    check(tilt['driven'] and not tilt['moving'] and abs(tilt['deg'] - 20) <= 0.5, 'the servo where it was: %r' % tilt)
    equal(guest.steps(), position, 'the pulse afterwards')
    moves_to(stage, broker, watcher, guest, -10)
    main = guest.active(since=main)

    # Stopped: no word to the watchdog any more.
    guest.run('kill -STOP %d' % main)
    main = guest.active(since=main, deadline=30)
    guest.journal('[Ww]atchdog timeout')
    mark = watcher.mark()
    watcher.online(mark)
    led(stage, broker, watcher, guest, True)

    # A clean stop says goodbye, and a start finds the pulse that was left.
    mark = watcher.mark()
    guest.run('systemctl stop nano-agent', 60)
    watcher.wait(lambda r: r.online is False, 'its goodbye', mark)
    equal(guest.show('Result'), 'success', 'how it ended')

    # Its own back end for the PCA9685, through /dev/i2c-0.
    guest.run('echo 0x40 >/sys/bus/i2c/devices/i2c-0/delete_device')
    guest.put(CONF, CONFIG.replace('0-0040:0', 'pca9685 i2c-0 0x40:0'))
    mark = watcher.mark()
    guest.run('systemctl start nano-agent', 60)
    watcher.online(mark)
    moves_to(stage, broker, watcher, guest, 30)
    guest.put(CONF, CONFIG)

    # The machine starts anew, and everything is there again without anyone.
    mark = watcher.mark()
    guest.reboot()
    guest.active(deadline=30)
    watcher.online(mark, deadline=30)
    led(stage, broker, watcher, guest, True)
    moves_to(stage, broker, watcher, guest, 10)


@scenario(timeout=300)
def systemd_service_with_a_mistake_tells_the_pc_and_goes_on_when_it_is_mended(stage):
    image = disk(stage, [packages(stage)['nano-agent']])
    cable = Cable(stage)
    broker = cable.broker()
    watcher = stage.watcher(broker)
    abouts = stage.watcher(broker, topics=['jetson/about'])
    configure(stage, image, CONFIG.replace('speed', 'sped'))
    guest = SystemdNano(stage, image, cable)
    why = '%s:2: servo tilt: unknown key sped; did you mean speed?' % CONF
    report = watcher.wait(lambda r: r.online is False, 'the mistake', deadline=60)
    equal((report.status['fault'], report.status['why']), ('configuration', why), 'what it says')
    about = abouts.wait(lambda r: r.status, 'who it is, from inside the sandbox').status
    check({'if': 'eth0', 'ip': '192.168.55.1'} in about['addresses'], about)
    equal(about['config']['file'], CONF, 'the file that is to be mended')
    main = guest.active()
    let_pass = time.monotonic() + 12  # the watchdog's 10 s
    wait_for(lambda: time.monotonic() > let_pass, 'time to pass', 30)
    mark = watcher.mark()
    guest.put(CONF, CONFIG)
    watcher.online(mark)
    led(stage, broker, watcher, guest, True)
    equal((guest.active(), guest.show('NRestarts')), (main, '0'), 'the process, and how often it was restarted')
    lines = guest.run('journalctl -b SYSLOG_IDENTIFIER=nano-agent -o cat --no-pager', 60).splitlines()
    equal(lines.count(why), 1, 'lines that say so')


@scenario(timeout=300)
def systemd_restarts_gently_what_ends_again_and_again(stage):
    image = disk(stage, [packages(stage)['nano-agent']])
    guest = SystemdNano(stage, image, Cable(stage))
    guest.run('mkdir -p /run/systemd/system/nano-agent.service.d')
    guest.put('/run/systemd/system/nano-agent.service.d/end.conf', "[Service]\nExecStart=\nExecStart=/usr/bin/nano-agent -c ''\n")
    guest.run('systemctl daemon-reload; systemctl restart --no-block nano-agent', 60)
    wait_for(lambda: int(guest.show('NRestarts')) >= 3, 'it is tried again', 60)

    def look():
        uptime, restarts = guest.run('cut -d " " -f 1 /proc/uptime; systemctl show -p NRestarts --value nano-agent').split()
        return float(uptime), int(restarts)

    before = look()
    wait_for(lambda: look()[1] >= before[1] + 8, 'it is tried eight times more', 120)
    after = look()
    rate = (after[1] - before[1]) * 60 / (after[0] - before[0])
    check(rate <= 31, '%.1f restarts a minute' % rate)


# systemd holds the socket, and what it starts for the first question reads none.
SILENT_NAME_SERVER = {
    'silent.socket': '[Socket]\nListenDatagram=127.0.0.53:53\n',
    'silent.service': '[Service]\nExecStart=/bin/sleep infinity\n',
}


@scenario(timeout=300)
def systemd_kills_nothing_in_60_s_while_no_name_server_answers(stage):
    image = disk(stage, [packages(stage)['nano-agent']])
    configure(stage, image, 'broker = {"broker.lan"}\n' + CONFIG)
    guest = SystemdNano(stage, image)
    for name, text in SILENT_NAME_SERVER.items():
        guest.put('/etc/systemd/system/' + name, text)
    guest.put('/etc/resolv.conf', 'nameserver 127.0.0.53\n')
    guest.run('systemctl daemon-reload && systemctl start silent.socket && systemctl restart nano-agent', 60)
    pid = guest.active()
    uptime = float(guest.run('cut -d" " -f1 /proc/uptime'))
    wait_for(lambda: float(guest.run('cut -d" " -f1 /proc/uptime')) >= uptime + 60, 'a minute passes in there', 150)
    equal(guest.main_pid(), pid, 'the process')
    equal(guest.show('NRestarts').strip(), '0', 'restarts')
    # It did ask, and nobody answered.
    check(guest.sh('systemctl is-active silent.service')[1].strip() == 'active', 'the name server was asked')
    guest.journal('broker.lan')
    # The end waits for no answer either: the time as the guest's own clock has it.
    took = float(guest.run('a=$(cut -d" " -f1 /proc/uptime); systemctl stop nano-agent; b=$(cut -d" " -f1 /proc/uptime); '
                           'awk "BEGIN { print $b - $a }"', 60))
    check(took < 5, 'systemctl stop took %.1f s' % took)


def positions(text):
    """What the state file says: {servo: tenths of a degree}. Fails where it is torn."""
    lines = text.splitlines()
    check(re.match(r'nano-agent positions \d+$', lines[0]) and re.match(r'sum [0-9a-f]{8}$', lines[-1]), 'a state file: %r' % text)
    return {words[0]: int(words[1]) for words in (line.split() for line in lines[1:-1])}


def saved(stage, image):
    """The position on a disk whose power was cut, after its journal has been replayed; the disk itself is left as it is."""
    copy = stage.path('copy.img')
    equal(stage.run(['cp', '--sparse=always', image, copy]).code, 0, 'copy of the disk')
    # -p mends what a cut leaves in order (its journal, counts of what is free) and gives up on anything else.
    done = stage.run([tool('e2fsck'), '-f', '-p', copy], deadline=30)
    check(done.code in (0, 1), 'the file system after a cut: %r' % done)
    text = debugfs(stage, copy, 'cat %s/positions' % STATE)
    os.unlink(copy)
    return positions(text)['tilt']


def has_saved(guest, degrees):
    status, text = guest.sh('cat %s/positions' % STATE)
    return status == 0 and abs(positions(text)['tilt'] - 10 * degrees) <= 5


# POWER_CUTS=20 for the whole proof: a few seconds each.
@scenario(timeout=240 + 30 * CUTS)
def systemd_power_cut_in_mid_motion_loses_nothing_but_the_motion(stage):
    image = disk(stage, [packages(stage)['nano-agent']])
    configure(stage, image, CONFIG.replace('speed = 120 accel = 600', 'speed = 20 accel = 0 start = last'))
    cable = Cable(stage)
    broker = cable.broker()
    watcher = stage.watcher(broker)
    short = ['init=/usr/local/sbin/virtual-nano-short']
    dice = random.Random()
    seen, before = [], None
    for cut in range(CUTS + 1):
        mark = watcher.mark()
        # With the agent alone, and in the end with all of systemd.
        whole = cut == CUTS
        guest = SystemdNano(stage, image, cable, [] if whole else short)
        try:
            tilt = watcher.online(mark, deadline=40).channel('tilt')
        except harness.Failure:
            print(guest.sh('cat /run/agent.log')[1])
            raise
        if whole:
            guest.active()
        log = guest.run('journalctl -b -u nano-agent -o cat --no-pager' if whole else 'cat /run/agent.log')
        check(not re.search('torn|ignored|cannot', log), 'the start after a cut: ' + log)
        if before is not None:
            wanted = nearest_step(1500 + before * 50 / 45)
            check(abs(guest.steps() - wanted) <= 1, 'the chip emits %d steps, the position saved is %d' % (guest.steps(), wanted))
            check(abs(tilt['deg'] - before / 10) <= 0.5 and not tilt.get('assumed'), 'saved %d, reported %r' % (before, tilt))
        check('EXT4-fs error' not in guest.run('dmesg'), 'errors of the file system')
        if cut == CUTS:
            break
        # To rest somewhere, and seen in the file.
        rest = dice.choice((-1, 1)) * dice.randint(10, 25)
        stage.say(broker, watcher, 'tilt %d' % rest)
        harness.at_rest(watcher, since=watcher.mark())
        wait_for(lambda: has_saved(guest, rest), 'the position %d is saved' % rest, 15)
        # Away from there, and dark.
        mark = watcher.mark()
        stage.say(broker, watcher, 'tilt %d' % (-40 if rest > 0 else 40))
        watcher.wait(lambda r: r.channel('tilt').get('moving') and abs(r.channel('tilt')['deg'] - rest) > 2, 'it moves', mark)
        time.sleep(dice.uniform(0, 1))
        guest.cut_power()
        now = saved(stage, image)
        check(abs(now - rest * 10) <= 5, 'cut on the way from %d; saved is %d tenths' % (rest, now))
        seen.append('%d→%s' % (rest, now / 10))
        before = now
    print('%d power cuts, at rest and saved: %s' % (CUTS, ' '.join(seen)))


if __name__ == '__main__':
    harness.main()
