# SPDX-License-Identifier: MIT
"""The portable package itself: what is in it, and that it is the same whoever builds it."""
import hashlib
import os
import re
import shutil
import socket

import subprocess
import threading

import portable
from harness import SOURCE_DIR, Skip, check, equal, scenario, tool, wait_for
from portable import RECIPE, deb, emulator, packages, program

MACHINE = {'arm64': 'AArch64', 'amd64': 'X86-64'}
LIBRARIES = {'glibc', 'libgpiod', 'jansson', 'libconfuse', 'libevent', 'mosquitto', 'openssl'}
# What lintian of Debian 12 may say, and why that is none of ours.
LINTIAN = {
    'bogus-mail-host': 'who makes the packages gives an address of his own (PACKAGE_MAINTAINER)',
    'bogus-mail-host-in-debian-changelog': 'the same',
    'initial-upload-closes-no-bugs': 'the packages are not in Debian, so there is no request for them there',
    'shared-library-lacks-prerequisites': 'a static executable that can be placed anywhere has the type of a shared library',
    'unknown-field': 'Static-Built-Using is younger than this lintian',
}
FILES = ['/etc/nano-agent.conf', '/lib/systemd/system/nano-agent.service', '/lib/udev/rules.d/60-nano-agent.rules',
         '/usr/bin/nano-agent', '/usr/lib/modules-load.d/nano-agent.conf', '/usr/lib/nano-agent/pwm-access',
         '/usr/lib/sysusers.d/nano-agent.conf', '/usr/share/doc/nano-agent/README.Debian',
         '/usr/share/doc/nano-agent/changelog.Debian.gz', '/usr/share/doc/nano-agent/copyright',
         '/usr/share/man/man5/nano-agent.conf.5.gz', '/usr/share/man/man8/nano-agent.8.gz']


def field(stage, path, name):
    return stage.run(['dpkg-deb', '-f', path, name]).out.strip()


def both(function, **options):
    """A scenario for each of the two packages: function(stage, architecture)."""
    for architecture in ('arm64', 'amd64'):
        def run(stage, architecture=architecture):
            function(stage, architecture)
        run.__name__, run.__module__ = '%s_%s' % (function.__name__, architecture), function.__module__
        scenario(run, **options)
    return function


@both
def the_program_needs_nothing_of_the_system(stage, architecture):
    path = program(architecture)
    header = stage.run([tool('readelf'), '-hW', path]).out
    check(MACHINE[architecture] in header and re.search(r'Type:\s+DYN', header), 'a position-independent program: ' + header)
    dynamic = stage.run([tool('readelf'), '-dW', path]).out
    check('FLAGS_1' in dynamic, 'readelf -d shows what it has: ' + dynamic)
    check('NEEDED' not in dynamic and 'PATH' not in dynamic, 'no library: ' + dynamic)
    segments = stage.run([tool('readelf'), '-lW', path]).out
    check('LOAD' in segments and 'INTERP' not in segments, 'no interpreter: ' + segments)
    check('GNU_RELRO' in segments and not re.search(r'GNU_STACK.* RWE ', segments), 'hardened: ' + segments)
    lowest = re.search(r'Linux, ABI: (\d+)\.(\d+)', stage.run([tool('readelf'), '-nW', path]).out)
    check(lowest and (int(lowest.group(1)), int(lowest.group(2))) <= (4, 4), 'it starts on Linux 4.9: %s' % lowest)
    said = stage.run(emulator(architecture) + [path, '--version'])
    equal(said.code, 0, '--version: %s' % said)


@both
def files_are_where_ubuntu_18_looks_for_them(stage, architecture):
    rows = [row.split() for row in stage.run(['dpkg-deb', '-c', deb(architecture)]).out.splitlines()]
    files = sorted(row[5][1:] for row in rows if not row[0].startswith('d'))
    equal([path for path in FILES if path not in files], [], 'files that are missing')
    wrong = [path for path in files if re.match('/usr/lib/(systemd|udev)/', path) or path.split('/')[1] not in ('etc', 'lib', 'usr')]
    equal(wrong, [], 'files where Ubuntu 18.04 does not look')
    equal({row[1] for row in rows}, {'root/root'}, 'owners')
    equal({row[0] for row in rows}, {'drwxr-xr-x', '-rw-r--r--', '-rwxr-xr-x'}, 'permissions')
    # dpkg 1.19 of Ubuntu 18.04 knows xz, and no zstd as Debian's does not.
    members = subprocess.run(['ar', 't', deb(architecture)], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    equal(members, ['debian-binary', 'control.tar.xz', 'data.tar.xz'], 'members')
    control = stage.path('control')
    equal(stage.run(['dpkg-deb', '-e', deb(architecture), control]).code, 0, 'dpkg-deb -e')
    done = subprocess.run(['md5sum', '--check', '--quiet', control + '/md5sums'], cwd=os.path.join(packages(), architecture),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    equal(done.returncode, 0, 'md5sums: ' + done.stdout)
    with open(control + '/md5sums', encoding='utf-8') as f:
        equal(sorted('/' + line.split()[1] for line in f), files, 'md5sums of')


@both
def the_package_says_what_is_in_it(stage, architecture):
    path = deb(architecture)
    equal(field(stage, path, 'Architecture'), architecture, 'architecture')
    version = field(stage, path, 'Version')
    check(re.fullmatch(r'[0-9.]+-1\+static', version), 'version %s' % version)
    plain = version.replace('+static', '')
    equal(stage.run(['dpkg', '--compare-versions', plain, 'lt', version]).code, 0, 'apt tells it from ' + plain)
    equal(field(stage, path, 'Depends'), 'passwd', 'Depends: no library')
    named = {}
    for name in ('Built-Using', 'Static-Built-Using'):
        relations = field(stage, path, name)
        for relation in relations.split(', '):
            match = re.fullmatch(r'([a-z0-9.+-]+) \(= ([^ )]+)\)', relation)
            check(match, '%s: %s' % (name, relations))
            named[match.group(1)] = (name, match.group(2))
    equal(set(named), LIBRARIES, 'libraries')
    equal({name for name, (where, _) in named.items() if where == 'Built-Using'}, {'glibc', 'libgpiod'},
          'those whose source must stay with the package')
    root = os.path.join(packages(), architecture)
    with open(root + '/usr/share/doc/nano-agent/copyright', encoding='utf-8') as f:
        text = f.read()
    for name, (_, number) in named.items():
        check('======== %s %s\n' % (name, number) in text, 'the copyright of %s %s' % (name, number))
    for words in ('Permission is hereby granted, free of charge', 'GNU Lesser', 'Eclipse Distribution License', 'mosquitto.patch',
                  'Niels Provos', 'Petri Lehtinen'):
        check(words in text, 'the copyright has %r' % words)
    newest = stage.run(['sh', '-c', 'zcat %s/usr/share/doc/nano-agent/changelog.Debian.gz | head -n 1' % root]).out
    check('(%s)' % version in newest, 'the changelog is of this version: ' + newest)


@scenario()
def no_openssl_cnf_of_the_system_is_read(stage):
    """It could name a provider, which is made for another OpenSSL and another C library."""
    configuration = stage.write('openssl.cnf', 'openssl_conf = init\n[init]\nproviders = all\n[all]\ndefault = on\nlegacy = on\n'
                                '[on]\nactivate = 1\n')
    trace = stage.path('trace')
    ran = stage.run([tool('strace'), '-f', '-o', trace, '-e', 'trace=open,openat', program('amd64'), 'check', '--sim', '-h',
                     'mqtts://127.0.0.1:1'], env={'OPENSSL_CONF': configuration}, deadline=60)
    check('connection refused at 127.0.0.1:1' in ran.out, 'it tried: %s' % ran)
    with open(trace, encoding='utf-8', errors='replace') as f:
        opened = f.read()
    check('/etc/ssl/certs' in opened, 'the authorities of the system are looked for: %s' % opened)
    check(not re.search('openssl.cnf|legacy|ossl-modules', opened), 'nothing of providers: %s' % opened)


@scenario(timeout=240)
def lintian_has_nothing_to_say(stage):
    said = stage.run([tool('lintian'), '--allow-root', '--suppress-tags', ','.join(LINTIAN), deb('arm64'), deb('amd64')], deadline=200)
    findings = [line for line in said.out.splitlines() if re.match('[EW]:', line)]
    check(not findings and said.code == 0, 'lintian: %s%s' % (said.out, said.err))


def sha256(path):
    with open(path, 'rb') as f:
        return hashlib.sha256(f.read()).hexdigest()


def another_checkout(stage):
    """Its folder; what the packages are made of, and no more."""
    checkout = stage.path('another/checkout/of/it')
    for part in ('CMakeLists.txt', 'common', 'nano-agent', 'tests/dependencies.sh'):
        source, copy = os.path.join(SOURCE_DIR, part), os.path.join(checkout, part)
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        if os.path.isdir(source):
            shutil.copytree(source, copy)
        else:
            shutil.copy(source, copy)
    return checkout


@scenario(timeout=900)
def built_twice_the_bytes_are_the_same(stage):
    """By another checkout in another folder. For arm64 nothing is kept from before: lists, sysroot and all are fetched again."""
    checkout = another_checkout(stage)
    for architecture, cache in (('arm64', {'PORTABLE_CACHE': stage.path('cache')}), ('amd64', {})):
        first = deb(architecture)
        done = stage.run([checkout + '/nano-agent/dist/portable/build', '--arch', architecture], deadline=400, env=cache)
        equal(done.code, 0, 'build: %s' % done)
        second = os.path.join(checkout, 'build/portable', os.path.basename(first))
        equal(done.out, second + '\n', 'stdout: the path')
        for name in ('Built-Using', 'Static-Built-Using'):
            if field(stage, first, name) != field(stage, second, name):
                raise Skip('Debian has newer libraries since the packages of the tests were made')
        equal(sha256(second), sha256(first), os.path.basename(first))
    equal(len(os.listdir(os.path.dirname(second))), 2, 'nothing else is left behind')


@scenario
def stdout_is_the_two_paths_arm64_first(_stage):
    with open(packages() + '/made', encoding='utf-8') as f:
        said = f.read()
    check(re.fullmatch(r'/\S+/nano-agent_\S+_arm64\.deb\n/\S+/nano-agent_\S+_amd64\.deb\n', said), said)


@scenario(timeout=240)
def the_sources_of_what_is_in_a_package_can_be_fetched(stage):
    out = stage.path('sources')
    os.mkdir(out)
    shutil.copy(deb('arm64'), out)
    done = stage.run([RECIPE + '/build', '--sources', out], deadline=200)
    relations = ', '.join(field(stage, deb('arm64'), name) for name in ('Built-Using', 'Static-Built-Using'))
    wanted = {'%s/%s_%s.dsc' % (out, name, re.sub('^[0-9]+:', '', version)): '%s %s' % (name, version)
              for name, version in re.findall(r'(\S+) \(= ([^)]+)\)', relations)}
    equal(len(wanted), len(LIBRARIES), relations)
    missing = re.search(r'^portable: not, or not whole, on the mirrors: (.*)', done.err, re.M)
    if missing:  # a mirror may have lost a file; then it is said, and all others are there
        wanted = {path: source for path, source in wanted.items() if source not in missing.group(1)}
        check(wanted, missing.group(0))
    equal((done.code, set(done.out.split())), (2 if missing else 0, set(wanted)), 'build --sources: %s' % done)
    for path in wanted:
        with open(path, encoding='utf-8') as f:
            section = re.search(r'^Checksums-Sha256:\n((?: .*\n)+)', f.read(), re.M).group(1)
        for row in section.splitlines():
            digest, _, name = row.split()
            equal(sha256(os.path.join(out, name)), digest, name)


@scenario
def a_wrong_call_is_one_line_and_exit_2(stage):
    build = RECIPE + '/build'
    for arguments, words in ((['--arch', 'riscv64'], 'arm64 or amd64'), (['--sources'], 'folder'), (['--arch'], 'usage'),
                             (['--nothing'], 'usage'), (['a', 'b'], 'usage'), (['/dev/null/x'], '/dev/null/x')):
        done = stage.run([build] + arguments)
        equal((done.code, done.out), (2, ''), 'build %s: %s' % (arguments, done))
        check(words in done.err and (words == 'usage' or done.err.count('portable: ') == 1), '%s: %s' % (arguments, done.err))


# ---- libmosquitto with the patch

CONNECT, CONNACK_UNKNOWN = 0x10, b'\x20\x06\x00\x00\x03\x7f\x00\x00'  # a property 0x7f does not exist


class FakeBroker:
    """Accepts clients, reads their CONNECT and answers with these bytes. Counts the clients."""

    def __init__(self, answer):
        self.answer, self.clients = answer, 0
        self.socket = socket.socket()
        self.socket.bind(('127.0.0.1', 0))
        self.socket.listen()
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            client, _ = self.socket.accept()
            client.settimeout(5)
            try:
                if client.recv(1024)[:1] == bytes([CONNECT]):
                    self.clients += 1
                    client.sendall(self.answer)
                    client.recv(1024)
            except OSError:
                pass
            client.close()

    def options(self):
        return ['-h', '127.0.0.1', '-p', str(self.port)]


@both
def an_unknown_property_does_not_end_it(stage, architecture):
    broker = FakeBroker(CONNACK_UNKNOWN)
    config = stage.write('agent.conf', 'switch led { gpio = "pin 7" }\n')
    agent = stage.start('nano-agent', emulator(architecture) + [program(architecture), '-c', config, '--sim'] + broker.options())
    wait_for(lambda: broker.clients >= 3 or not agent.alive(), 'it tries again', 30)
    check(agent.alive(), 'it goes on: %s' % agent.err())
    check('Assertion' not in agent.err(), agent.err())
    equal(agent.terminate(), 0, 'a clean end')


if __name__ == '__main__':
    portable.main()
