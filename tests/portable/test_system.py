# SPDX-License-Identifier: MIT
"""The portable package on systems older than its libraries: installed by their own dpkg, and running beside their own C library."""
import errno
import os
import re
import shutil
import socket
import struct
import sys
import threading

import portable
from harness import BUILD_DIR, SOURCE_DIR, Skip, check, equal, scenario, tool, wait_for
from portable import CONF, TRIPLETS, Tree, compile_for, deb, own_network, program, repacked

sys.path.insert(1, os.path.join(SOURCE_DIR, 'tests', 'nano'))
from test_systemd import DISPENSABLE  # noqa: E402 (the path above is needed first)

UNIT, RULES = '/lib/systemd/system/nano-agent.service', '/lib/udev/rules.d/60-nano-agent.rules'
WANTED = '/etc/systemd/system/multi-user.target.wants/nano-agent.service'
OWN = ['/usr/bin/nano-agent', '/usr/lib/nano-agent/pwm-access', '/usr/lib/sysusers.d/nano-agent.conf',
       '/usr/lib/modules-load.d/nano-agent.conf', UNIT, RULES, CONF]


def on(*names):
    """A scenario for each of these trees: function(stage, tree)."""
    def register(function):
        for name in names:
            def run(stage, name=name):
                function(stage, Tree(stage, name))
            run.__name__, run.__module__ = '%s_%s' % (function.__name__, name), function.__module__
            scenario(run, timeout=300)
        return function
    return register


def groups(tree):
    return set(re.findall(r'^(\w[\w-]*):', tree.read('/etc/group'), re.M))


def is_whole(tree, what):
    """Everything is there, and the service starts at the next boot."""
    for path in OWN:
        check(tree.exists(path), '%s: %s is there' % (what, path))
    check(tree.exists(WANTED), '%s: the link of multi-user.target leads somewhere' % what)
    equal(tree.done('systemctl', 'is-enabled', 'nano-agent').strip(), 'enabled', '%s: the service' % what)
    equal(tree.done('dpkg', '--audit'), '', '%s: dpkg --audit' % what)


@on('debian11')
def it_installs_and_leaves_again_on(_stage, tree):
    for path in ('/lib', '/bin', '/sbin'):
        check(not os.path.islink(tree.root + path), '%s has a %s of its own' % (tree.name, path))
    before = groups(tree)
    tree.install(deb('amd64'))
    is_whole(tree, 'installed')
    equal(os.readlink(tree.root + WANTED), UNIT, 'the link')
    check('nano-agent:' in tree.read('/etc/passwd'), 'the user')
    members = tree.done('id', '-nG', 'nano-agent').split()
    equal(set(members), {'nano-agent', 'gpio', 'i2c'}, 'its groups')
    # Its udev looks there, and understands every line.
    said = tree.run('udevadm', 'test', '/sys/devices/virtual/mem/null')
    equal(said.code, 0, 'udevadm test: %s' % said)
    seen = [line for line in (said.out + said.err).splitlines() if '60-nano-agent.rules' in line]
    equal(len(seen), 1, 'udev reads the rules and has nothing to say about them: %s' % said)
    check(RULES in seen[0], seen[0])
    # Its systemd loads the unit.
    said = tree.run('systemd-analyze', 'verify', UNIT)
    text = said.out + said.err
    unknown = set(re.findall(r"Unknown (?:lvalue|key name) '(\w+)'", text))
    check(unknown <= DISPENSABLE, 'what its systemd does not know: %s' % text)
    rest = [line for line in text.splitlines() if 'nano-agent' in line and 'Unknown' not in line and 'man nano-agent' not in line]
    equal(rest, [], 'systemd-analyze verify')
    tree.dpkg('-r', 'nano-agent')
    check(tree.exists(CONF) and not tree.exists('/usr/bin/nano-agent') and not tree.exists(UNIT), 'removed, but for its configuration')
    tree.dpkg('-P', 'nano-agent')
    left = [path for path in OWN + [WANTED] if os.path.lexists(tree.root + path)]
    equal(left, [], 'purged')
    check('nano-agent:' not in tree.read('/etc/passwd'), 'its user is gone')
    equal(groups(tree) - before - {'i2c'}, {'gpio'}, 'groups that others may use stay; i2c-tools may have had its own')


@on('debian11', 'debian12')
def an_upgrade_from_one_package_to_the_other_and_back_loses_nothing_on(stage, tree):
    """The other is the one that is built on a system for that system: with /usr/lib as where Debian 13 wants it, and with /lib."""
    static = deb('amd64')
    version = stage.run(['dpkg-deb', '-f', static, 'Version']).out.strip().replace('+static', '')
    base = version.split('-')[0]
    usr = repacked(stage, static, version, '/usr/lib/systemd/system', '/usr/lib/udev/rules.d', 'passwd, libc6')
    later = repacked(stage, static, base + '-3', '/usr/lib/systemd/system', '/usr/lib/udev/rules.d', 'passwd, libc6')
    again = repacked(stage, static, base + '-3+static', None, None, 'passwd')
    # On a system with two folders the other package has /lib too: it is built there, and asks.
    split = not os.path.islink(tree.root + '/lib')
    if split:
        usr = repacked(stage, static, base + '-0', None, None, 'passwd, libc6')
        later = repacked(stage, static, base + '-4', None, None, 'passwd, libc6')
        again = repacked(stage, static, base + '-4+static', None, None, 'passwd')
    tree.install(usr)
    is_whole(tree, 'the other package')
    tree.write(CONF, '# mine\nswitch led { gpio = "gpiochip0:1" }\n')
    os.makedirs(tree.root + '/var/lib/nano-agent')
    tree.write('/var/lib/nano-agent/state', 'kept')
    for path, what in ((static, 'the static one'), (later, 'the other again'), (again, 'the static one again'), (usr, 'downgraded')):
        tree.install(path, '--force-downgrade')
        is_whole(tree, what)
        equal(tree.read(CONF).splitlines()[0], '# mine', what + ': the configuration')
        equal(tree.read('/var/lib/nano-agent/state'), 'kept', what + ': the positions')
    tree.done('systemctl', 'disable', 'nano-agent')
    for path, what in ((static, 'disabled, the static one'), (later, 'disabled, the other')):
        tree.install(path)
        check(not os.path.lexists(tree.root + WANTED), what + ': it stays disabled')
        for own in OWN:
            check(tree.exists(own), '%s: %s' % (what, own))


# ---- names

NSSWITCH_OF_UBUNTU_18 = '''passwd:         compat systemd
group:          compat systemd
shadow:         compat
hosts:          files mdns4_minimal [NOTFOUND=return] dns myhostname
networks:       files
protocols:      db files
services:       db files
netgroup:       nis
'''
PLUG_INS = ('compat', 'systemd', 'mdns4_minimal', 'myhostname', 'db', 'nis')
# What becomes of a static program that looks up a user and does not say how.
CARELESS = '#include <pwd.h>\n#include <stdio.h>\nint main(void){ getpwuid(4711); puts("alive"); return 0; }\n'


class NameServer:
    """A tiny DNS on 127.0.0.53: broker.test is 127.0.0.1, and there is nothing else. Names asked for are in `asked`."""

    def __init__(self):
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(('127.0.0.53', 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        A, NO_SUCH_NAME = 1, 3
        while True:
            query, client = self.socket.recvfrom(512)
            at, labels = 12, []
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode('ascii'))
                at += 1 + query[at]
            question = query[12:at + 5]
            kind, = struct.unpack('!H', query[at + 1:at + 3])
            name = '.'.join(labels)
            self.asked.append(name)
            known = name == 'broker.test'
            answer = b'\xc0\x0c' + struct.pack('!HHIH', A, 1, 60, 4) + bytes([127, 0, 0, 1]) if known and kind == A else b''
            header = query[:2] + struct.pack('!HHHHH', 0x8180 | (0 if known else NO_SUCH_NAME), 1, 1 if answer else 0, 0, 0)
            self.socket.sendto(header + question + answer, client)


def crafted(stage, architecture):
    """A folder with Ubuntu 18.04's nsswitch.conf, whose every plug-in ends the program that loads it."""
    root = stage.path('root')
    for folder in ('etc', 'tmp', 'usr/bin', 'lib/' + TRIPLETS[architecture], 'usr/lib/' + TRIPLETS[architecture]):
        os.makedirs(os.path.join(root, folder))
    for name, text in (('nsswitch.conf', NSSWITCH_OF_UBUNTU_18), ('hosts', '127.0.0.1 localhost\n'),
                       ('passwd', 'root:x:0:0:root:/root:/bin/sh\n'), ('group', 'root:x:0:\n')):
        with open('%s/etc/%s' % (root, name), 'w', encoding='ascii') as f:
            f.write(text)
    deadly = '%s/lib/%s/libnss_%s.so.2' % (root, TRIPLETS[architecture], PLUG_INS[0])
    compile_for(architecture, '__attribute__((constructor)) void loaded(void) { __builtin_trap(); }', deadly,
                '-shared', '-fPIC', '-nostdlib')
    for name in PLUG_INS[1:]:
        shutil.copy(deadly, os.path.join(os.path.dirname(deadly), 'libnss_%s.so.2' % name))
    return root


def names_are_found(stage, architecture, root):
    """In that root a careless program dies, and nano-agent finds its broker by DNS; check finds its user."""
    compile_for(architecture, CARELESS, root + '/tmp/careless', '-static')
    shutil.copy(program(architecture), root + '/usr/bin/nano-agent')
    inside = [tool('chroot'), root]
    if architecture == 'arm64':
        shutil.copy(tool('qemu-aarch64-static'), root + '/tmp/qemu')
        inside += ['/tmp/qemu', '-r', '4.9.337']
    died = stage.run(inside + ['/tmp/careless'])
    check(died.code != 0 and 'alive' not in died.out, 'the plug-ins are deadly here: %s' % died)
    own_network()
    server = NameServer()
    if os.path.islink(root + '/etc/resolv.conf'):  # to a file of systemd-resolved, which does not run
        os.unlink(root + '/etc/resolv.conf')
    with open(root + '/etc/resolv.conf', 'w', encoding='ascii') as f:
        f.write('nameserver 127.0.0.53\n')
    with open(root + '/etc/nano-agent.conf', 'w', encoding='ascii') as f:
        f.write('switch led { gpio = "pin 7" }\n')
    broker = stage.broker()
    watcher = stage.watcher(broker)
    where = ['-h', 'broker.test', '-p', str(broker.port)]
    agent = stage.start('nano-agent', inside + ['/usr/bin/nano-agent', '--sim'] + where)
    wait_for(lambda: watcher.since() or not agent.alive(), 'a status', 30)
    check(agent.alive(), 'nano-agent lives: %s' % agent.err())
    watcher.online()
    check('broker.test' in server.asked, 'it asked the name server: %s' % server.asked)
    checked = stage.run(inside + ['/usr/bin/nano-agent', 'check', '--sim'] + where, deadline=60)
    check('user: root' in checked.out and 'broker broker.test' in checked.out, 'check: %s' % checked)
    check(not re.search('Assertion|Aborted', checked.err), 'check: %s' % checked)
    equal(agent.terminate(), 0, 'a clean end')
    # A name that nobody has is a sentence and no end. mDNS would have to be asked for this one.
    lost = stage.start('nano-agent', inside + ['/usr/bin/nano-agent', '--sim', '-h', 'printer.local', '-p', '1'])
    wait_for(lambda: 'printer.local' in lost.err() or not lost.alive(), 'it says that there is no such name', 30)
    check(lost.alive(), 'it goes on: %s' % lost.err())


@scenario(timeout=120)
def names_are_looked_up_without_the_systems_plug_ins_arm64(stage):
    names_are_found(stage, 'arm64', crafted(stage, 'arm64'))


@scenario(timeout=120)
def names_are_looked_up_without_the_systems_plug_ins_amd64(stage):
    names_are_found(stage, 'amd64', crafted(stage, 'amd64'))


# ---- kernels


@scenario
def the_old_kernel_of_the_tests_knows_no_young_system_call(stage):
    """What portable.amd64.… runs on: without this, they would show nothing."""
    filtered = os.path.join(BUILD_DIR, 'tests', 'portable', 'old_kernel')
    if not os.access(filtered, os.X_OK):
        raise Skip('this machine is no x86-64')
    ask = ('import ctypes; c = ctypes.CDLL(None, use_errno=True)\n'
           'for number in (325, 326, 332, 435, 439):\n'
           '    ctypes.set_errno(0); c.syscall(number, 0, 0, 0, 0, 0); print(ctypes.get_errno())')
    done = stage.run([filtered, '/usr/bin/python3', '-c', ask])
    equal(done.code, 0, 'it runs a program: %s' % done)
    first, *young = [int(word) for word in done.out.split()]
    check(first != errno.ENOSYS, 'mlock2 is in Linux 4.4')
    equal(young, [errno.ENOSYS] * 4, 'copy_file_range, statx, clone3, faccessat2 are not')


if __name__ == '__main__':
    portable.main()
