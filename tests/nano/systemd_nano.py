# SPDX-License-Identifier: MIT
"""The virtual Nano with a disk of its own and a real systemd on it, nano-agent installed from its Debian package."""
import fcntl
import glob
import os
import re
import shutil
import subprocess
import time

import nano
from harness import BUILD_DIR, SANITIZED, SOURCE_DIR, Failure, Skip, equal, wait_for
from nano import HERE

CONF = '/etc/nano-agent.conf'
STATE = '/var/lib/nano-agent'


def _made_of():
    """What packages are made of: each file's name, size and time."""
    found = []
    for top in [os.path.join(SOURCE_DIR, name) for name in ('common', 'nano-agent', 'pc-tui', 'docs')] + \
            [os.path.join(BUILD_DIR, name) for name in ('common', 'nano-agent', 'pc-tui')]:
        for folder, _, names in os.walk(top):
            found += [os.path.join(folder, name) for name in names]
    found += [path for path in glob.glob(SOURCE_DIR + '/*') if os.path.isfile(path)]
    found += [os.path.join(BUILD_DIR, name) for name in ('CPackConfig.cmake', 'cmake_install.cmake', 'changelog.Debian.gz')]
    return '\n'.join('%s %d %d' % (path, os.stat(path).st_size, os.stat(path).st_mtime_ns) for path in sorted(found)
                     if os.path.exists(path))


def _make(stage, directory):
    done = stage.run(['cpack', '--config', os.path.join(BUILD_DIR, 'CPackConfig.cmake'), '-B', directory], deadline=240)
    equal(done.code, 0, 'cpack: %s%s' % (done.out, done.err))


def packages(stage, anew=False):
    """The packages of this build's programs: {'nano-agent': path, 'pc-tui': path}. They are made once, as long as nothing that is
    in them changes; anew: in any case."""
    if SANITIZED:
        raise Skip('packages are made of programs without sanitizers')
    if not shutil.which('dpkg-shlibdeps') or not shutil.which('cpack'):
        raise Skip('making packages needs cpack and dpkg-shlibdeps: sudo apt install cmake dpkg-dev')
    if not shutil.which('scdoc'):
        raise Skip('packages without manual pages are none: sudo apt install scdoc')
    directory = stage.path('packages') if anew else os.path.join(BUILD_DIR, 'test-packages')
    if anew:
        _make(stage, directory)
    else:
        note = directory + '.made-of'
        with open(directory + '.lock', 'w', encoding='ascii') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.exists(note) or open(note, encoding='utf-8').read() != _made_of():
                shutil.rmtree(directory, ignore_errors=True)
                _make(stage, directory)
                with open(note, 'w', encoding='utf-8') as f:
                    f.write(_made_of())
    found = {os.path.basename(path).split('_')[0]: path for path in glob.glob(directory + '/*.deb')}
    equal(sorted(found), ['nano-agent', 'pc-tui'], 'packages')
    return found


def newer(stage, deb, version='0.1.0-2', conf=None):
    """The same package as a later release brings it; conf: the text of its default configuration."""
    root = stage.path('newer')
    for argv in (['dpkg-deb', '-R', deb, root],):
        equal(stage.run(argv).code, 0, ' '.join(argv))
    path = root + '/DEBIAN/control'
    with open(path, encoding='utf-8') as f:
        control = re.sub(r'^Version: .*$', 'Version: ' + version, f.read(), flags=re.M)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(control)
    if conf:
        with open(root + CONF, 'w', encoding='utf-8') as f:
            f.write(conf)
    out = stage.path('nano-agent_%s.deb' % version)
    equal(stage.run(['dpkg-deb', '--root-owner-group', '-b', root, out]).code, 0, 'dpkg-deb -b')
    return out


def disk(stage, debs=()):
    """A disk of this scenario's own; the packages are installed on it as in a freshly written card."""
    path = stage.path('disk.img')
    done = subprocess.run([os.path.join(HERE, 'systemd'), path] + list(debs), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode == 77:
        raise Skip(done.stderr.strip())
    equal(done.returncode, 0, 'tests/nano/systemd: %s' % done.stderr)
    return path


def debugfs(stage, image, request, write=False):
    """What the file system of a disk answers; with `write`, it is changed. Only while no virtual Nano uses it."""
    done = stage.run([nano.tool('debugfs')] + (['-w'] if write else []) + ['-R', request, image])
    equal(done.code, 0, 'debugfs -R %r: %s' % (request, done.err))
    return done.out


class SystemdNano(nano.VirtualNano):
    """Boots a disk. The scenario's shell runs beside systemd, as root."""

    def __init__(self, stage, image, cable=None, words=()):
        self.image = image
        count = 1 + sum(1 for p in stage.processes if isinstance(p, SystemdNano))
        self._boot(stage, cable, ['ubd0=' + image, 'root=/dev/ubda', 'rw', 'net.ifnames=0', 'NANO_TESTS=' + HERE] + list(words),
                   'nano-%d' % count)

    def cut_power(self):
        """From one instruction to the next nothing of it is there any more, but for its disk."""
        with open('/proc/%d/task/%d/children' % (self.pid, self.pid), encoding='ascii') as f:
            children = f.read().split()
        self.kill()
        wait_for(lambda: not any(os.path.exists('/proc/' + child) for child in children), 'the power is off')

    def end(self):
        if self.alive():
            self.cut_power()

    def power_off(self):
        """As an operator does it."""
        os.write(self.to_guest, b'systemctl poweroff\n')
        self.wait(30)

    def reboot(self):
        """systemctl reboot, until the shell answers again."""
        os.write(self.to_guest, b'systemctl reboot >/dev/null 2>&1\n')
        until = time.monotonic() + 60
        while self._line(until) != b'ready\n':
            pass

    def evidence(self):
        if self.alive():
            try:
                status, text = self.sh('systemctl status nano-agent --no-pager; journalctl -b --no-pager | tail -n 80', 20)
                return '--- journal of the virtual Nano (%d)\n%s\n%s' % (status, text, super().evidence())
            except Failure:
                pass
        return super().evidence()

    # the service

    def show(self, name):
        return self.run('systemctl show -p %s --value nano-agent' % name)

    def main_pid(self):
        return int(self.show('MainPID'))

    def active(self, since=None, deadline=15):
        """Waits until the service runs, since: with another process than that. Returns the process."""
        def pid():
            words = self.run('systemctl show -p ActiveState -p SubState -p MainPID --value nano-agent').split()
            main = max(int(word) for word in words if word.isdigit())
            return 'active' in words and 'running' in words and main != since and main
        return wait_for(pid, 'nano-agent.service is active', deadline)

    def journal(self, pattern, deadline=10):
        return wait_for(lambda: re.search(pattern, self.run('journalctl -b -u nano-agent -o cat --no-pager'), re.M),
                        'the journal of nano-agent has %r' % pattern, deadline)

    def put(self, path, text):
        """A file on its disk, root's and readable."""
        with open(os.path.join(self.host_directory, 'put'), 'w', encoding='utf-8') as f:
            f.write(text)
        self.run('cp /run/host/put {0} && chmod 644 {0}'.format(path))

    def take(self, path):
        """A file of the PC for the guest. Returns the path inside."""
        shutil.copy(path, self.host_directory)
        return '/run/host/' + os.path.basename(path)
