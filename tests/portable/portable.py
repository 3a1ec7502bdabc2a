# SPDX-License-Identifier: MIT
"""The portable packages, and older systems to put them on, for scenarios."""
import ctypes
import glob
import os
import shutil
import subprocess

import harness
from harness import SOURCE_DIR, Skip, check, equal, tool, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
RECIPE = os.path.join(SOURCE_DIR, 'nano-agent', 'dist', 'portable')
TRIPLETS = {'arm64': 'aarch64-linux-gnu', 'amd64': 'x86_64-linux-gnu'}
CONF = '/etc/nano-agent.conf'


def helper(*argv):
    """The last line that a script of this folder prints; what it cannot have skips the scenario."""
    done = subprocess.run([os.path.join(HERE, argv[0])] + list(argv[1:]), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode == 77:
        raise Skip(done.stderr.strip().splitlines()[-1])
    equal(done.returncode, 0, 'tests/portable/%s: %s' % (' '.join(argv), done.stderr[-6000:]))
    return done.stdout.strip().splitlines()[-1]


def packages():
    """The folder with both packages, and their contents in arm64/ and amd64/."""
    return helper('packages')


def deb(architecture):
    found = glob.glob('%s/nano-agent_*_%s.deb' % (packages(), architecture))
    equal(len(found), 1, 'packages for %s' % architecture)
    return found[0]


def program(architecture):
    return '%s/%s/usr/bin/nano-agent' % (packages(), architecture)


def emulator(architecture):
    """In front of a program of that architecture; a static program too, so that it runs in any tree."""
    return [tool('qemu-aarch64-static'), '-r', '4.9.337'] if architecture == 'arm64' else []


def compile_for(architecture, source, output, *flags):
    """A C program or library for that architecture, against the sysroot that the package was made with."""
    packages()
    cache = os.environ.get('PORTABLE_CACHE') or os.path.join(
        os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'), 'jetson-hands')
    sysroots = glob.glob('%s/portable/sysroot-%s-*' % (cache, architecture))
    check(sysroots, 'there is no sysroot of %s in %s' % (architecture, cache))
    root, triplet = max(sysroots, key=os.path.getmtime), TRIPLETS[architecture]
    argv = [tool(triplet + '-gcc'), '--sysroot=' + root, '-B%s/usr/lib/%s' % (root, triplet),
            '-isystem', '%s/usr/include/%s' % (root, triplet), '-isystem', root + '/usr/include',
            '-w', '-o', output, '-x', 'c', '-'] + list(flags)
    done = subprocess.run(argv, input=source, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    equal(done.returncode, 0, '%s: %s' % (' '.join(argv), done.stdout))


def own_network():
    """The whole scenario moves into a network of its own: nothing but 127.0.0.0/8."""
    CLONE_NEWNET = 0x40000000
    if os.geteuid() != 0:
        raise Skip('a network of its own needs root')
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) < 0:
        raise Skip('no network namespace here: %s' % os.strerror(ctypes.get_errno()))
    equal(subprocess.run([tool('ip'), 'link', 'set', 'lo', 'up'], check=False).returncode, 0, 'ip link set lo up')


class Tree:
    """A system for this scenario alone, entered by chroot; no service runs in it. What is changed in it is kept apart from the
    tree that all share. A process of its own holds the mounts, and they are gone with it."""

    def __init__(self, stage, name):
        self.stage, self.name = stage, name
        shared, place = helper('tree', name), stage.path(name)
        os.mkdir(place)
        # In memory: dpkg waits for the disk after each step, and the disk of a busy machine is slow.
        mounts = '''shared=$0 place=$1
            mount -t tmpfs tmpfs "$place"
            mkdir "$place/upper" "$place/work" "$place/root"
            mount -t overlay -o "lowerdir=$shared,upperdir=$place/upper,workdir=$place/work" tree "$place/root" 2>/dev/null ||
                cp -a "$shared/." "$place/root"
            for d in proc sys dev; do mount --rbind "/$d" "$place/root/$d"; done
            echo ready
            exec sleep infinity'''
        holder = stage.start(name, [tool('unshare'), '--mount', 'sh', '-ec', mounts, shared, place])
        wait_for(lambda: 'ready' in holder.out() or not holder.alive(), 'the tree is mounted', 60)
        if not holder.alive():
            raise Skip('no tree can be mounted here: %s' % holder.err())
        self.root = '/proc/%d/root%s/root' % (holder.pid, place)

    def run(self, *argv, deadline=60):
        return self.stage.run([tool('chroot'), self.root, '/usr/bin/env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
                               'LC_ALL=C.UTF-8', 'DEBIAN_FRONTEND=noninteractive', *argv], deadline=deadline)

    def done(self, *argv):
        """Runs it; it must succeed. Returns what it printed."""
        outcome = self.run(*argv)
        equal(outcome.code, 0, '%s: %s' % (' '.join(argv), outcome))
        return outcome.out

    def dpkg(self, *words):
        return self.done('dpkg', *words)

    def install(self, path, *options):
        shutil.copy(path, self.root + '/tmp/')
        return self.dpkg(*options, '-i', '/tmp/' + os.path.basename(path))

    def exists(self, path):
        """A link to an absolute path leads to a place inside."""
        if os.path.islink(self.root + path):
            target = os.readlink(self.root + path)
            if target.startswith('/'):
                return self.exists(target)
        return os.path.exists(self.root + path)

    def read(self, path):
        with open(self.root + path, encoding='utf-8') as f:
            return f.read()

    def write(self, path, text):
        with open(self.root + path, 'w', encoding='utf-8') as f:
            f.write(text)


def repacked(stage, path, version, unit_dir=None, udev_dir=None, depends=None):
    """The same package with another version, places and needs, as another build makes it."""
    root = stage.path('repacked-' + version)
    equal(stage.run(['dpkg-deb', '-R', path, root]).code, 0, 'dpkg-deb -R')
    with open(root + '/DEBIAN/control', encoding='utf-8') as f:
        lines = f.read().splitlines()
    replaced = {'Version': version, 'Depends': depends}
    lines = [line for line in lines if replaced.get(line.split(':')[0]) is None]
    lines += ['%s: %s' % item for item in replaced.items() if item[1] is not None]
    with open(root + '/DEBIAN/control', 'w', encoding='utf-8') as f:
        f.write('\n'.join(line for line in lines if line) + '\n')
    for name, wanted in (('nano-agent.service', unit_dir), ('60-nano-agent.rules', udev_dir)):
        if not wanted:
            continue
        found = glob.glob(root + '/**/' + name, recursive=True)
        equal(len(found), 1, name)
        os.makedirs(root + wanted, exist_ok=True)
        os.rename(found[0], os.path.join(root + wanted, name))
    if unit_dir and not unit_dir.startswith('/lib'):
        shutil.rmtree(root + '/lib', ignore_errors=True)
    out = stage.path('nano-agent_%s.deb' % version)
    equal(stage.run(['dpkg-deb', '--root-owner-group', '-Znone', '-b', root, out]).code, 0, 'dpkg-deb -b')
    return out


def main():
    harness.main()
