# SPDX-License-Identifier: MIT
"""The virtual Nano for scenarios: a real kernel with a Jetson's GPIO chip and a PCA9685, and the USB cable to it.

What the hardware does is read from the kernel's simulators and from the chip's registers, never from our own output.
"""
import ctypes
import fcntl
import json
import os
import re
import select
import shlex
import signal
import subprocess
import threading
import time

import harness
from harness import DEADLINE, PATIENCE, Failure, Process, Skip, check, equal, program, tool, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
CHIP = 'tegra-gpio'
PWM = '0-0040'  # the device name of the PCA9685 that the kernel drives
LED = 216  # the line behind pin 7 of a Nano
NANO, PC = '192.168.55.1', '192.168.55.100'  # the two ends of the USB cable
STEPS = 4096  # of a period of the PCA9685
PERIOD_US = (0x79 + 1) * STEPS / 25.0  # what its clock of 25 MHz makes of 50 Hz (data sheet 7.3.5)

SERVO = '''
servo tilt { pwm = "0-0040:0" hz = 50 pulse = {1000, 2000} angle = {-45, 45} limit = {-45, 45} step = 5 speed = 120
             accel = 600 axis = tilt }
'''
SWITCH = 'switch led { gpio = "tegra-gpio:216" }\n'


def kernel_directory():
    """Where the kernel is; builds it where it is not there yet."""
    done = subprocess.run([os.path.join(HERE, 'kernel')], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode == 77:
        raise Skip(done.stderr.strip())
    equal(done.returncode, 0, 'tests/nano/kernel: %s' % done.stderr)
    return done.stdout.strip()


class Guest:
    """A program inside the virtual Nano; its output is on the host, whatever becomes of the guest."""

    def __init__(self, nano, name, argv, user=None, root=None, through=()):
        self.nano, self.name, self.argv = nano, name, argv
        self.stem = '%02d-%s' % (len(nano.guests), name)
        nano.guests.append(self)
        words = list(argv)
        if user:
            words = ['setpriv', '--reuid=%d' % user, '--regid=%d' % user, '--clear-groups'] + words
        if root:
            words = ['chroot', root] + words
        words = list(through) + words
        nano.run('''( sh -c 'echo $$ >$0.pid; exec "$@"' %s %s >%s.out 2>%s.err </dev/null; echo $? >%s.exit ) 2>/dev/null &'''
                 % (self.stem, ' '.join(shlex.quote(w) for w in words), self.stem, self.stem, self.stem))

    def _read(self, kind):
        try:
            with open(os.path.join(self.nano.host_directory, self.stem + kind), 'rb') as f:
                return f.read().decode('utf-8', 'replace')
        except FileNotFoundError:
            return ''

    def out(self):
        return self._read('.out')

    def err(self):
        return self._read('.err')

    def exit(self):
        """The exit status, None while it runs."""
        text = self._read('.exit').strip()
        return int(text) if text else None

    def wait(self, deadline=DEADLINE):
        wait_for(lambda: self.exit() is not None, '%s ends inside the virtual Nano' % self.name, deadline)
        return self.exit()

    def pid(self):
        return int(wait_for(lambda: self._read('.pid').strip(), '%s starts' % self.name))

    def signal(self, name):
        self.nano.run('kill -%s %d' % (name, self.pid()))

    def kill(self):
        """kill -9, and waits for the end."""
        self.signal('KILL')
        self.wait()

    def terminate(self):
        self.signal('TERM')
        return self.wait()

    def log(self, pattern, deadline=DEADLINE):
        return wait_for(lambda: re.search(pattern, self.err(), re.M), '%s logs %r' % (self.name, pattern), deadline)


class VirtualNano(Process):
    """Boots the guest and talks to its shell. cable: a Cable, then it has 192.168.55.1; pca9685: 'driver' binds the
    kernel's driver to the chip, 'none' leaves it to /dev/i2c-0; chips: addresses of more of them, '0x5c,0x5e'."""

    def __init__(self, stage, cable=None, pca9685='driver', chips=''):
        self._boot(stage, cable, ['rootfstype=hostfs', 'rootflags=/', 'ro', 'init=%s/init' % HERE,
                                  'NANO_PCA9685=%s' % pca9685, 'NANO_CHIPS=%s' % chips])

    def _boot(self, stage, cable, words, directory='nano'):
        kernel = kernel_directory()
        self.host_directory = stage.path(directory)
        self.guests, self.agent_program, self.agent_root = [], None, None
        self.lock, self.buffer = threading.Lock(), b''
        os.mkdir(self.host_directory)
        os.chmod(self.host_directory, 0o755)
        ends = []
        for name in ('in', 'out', 'ask', 'seen'):
            path = os.path.join(self.host_directory, name)
            os.mkfifo(path)
            ends.append(os.open(path, os.O_RDWR | os.O_CLOEXEC))
        self.to_guest, self.from_guest, self.to_eyes, self.from_eyes = ends
        fcntl.fcntl(self.from_guest, fcntl.F_SETFL, os.O_NONBLOCK)
        self.eyes = None
        # Whatever happens to it or to us, its helper processes end with it: they share a process namespace where root can
        # make one, else a session.
        contained = ['unshare', '--pid', '--fork', '--kill-child'] if os.geteuid() == 0 else ['setsid']
        script = 'cd "$1" && shift && exec "$@" 4<>in 6<>out 7<>ask 8<>seen 5>console'
        argv = ['bash', '-c', script, 'bash', self.host_directory] + contained + [
                kernel + '/linux', 'mem=%dM' % (256 * PATIENCE),
                'umid=nano-%d-%d' % (os.getpid(), len(stage.processes)), 'uml_dir=%s/' % self.host_directory,
                'NANO_DIR=%s' % self.host_directory, 'NANO_KERNEL=%s' % kernel, *words,
                'quiet', 'con0=null,fd:5', 'con1=fd:4,fd:6', 'con2=fd:7,fd:8', 'con=null', 'ssl=null']
        if cable:
            argv.append('eth0=tuntap,%s' % cable.interface)
        # Its memory is a file: in memory where there is room (a container's /dev/shm may be small), else on the disk.
        shm = os.statvfs('/dev/shm') if os.path.isdir('/dev/shm') else None
        roomy = shm and shm.f_bavail * shm.f_frsize > 2 << 30
        super().__init__(stage, 'virtual-nano', argv, own=True,
                         env={'TMPDIR': '/dev/shm' if roomy else self.host_directory})
        stage.witnesses.append(self.evidence)
        equal(self._line(time.monotonic() + 60 * PATIENCE), b'ready\n', 'the first word of the virtual Nano')

    # its shell

    def _line(self, until):
        """The next piece of what the guest says: up to a line's end, or to the byte before a command's end."""
        while True:
            end = re.search(rb'\n|(?=\x01)', self.buffer[1:] if self.buffer[:1] == b'\x01' else self.buffer)
            if end and (end.end() or self.buffer[:1] == b'\x01'):
                length = end.end() + (self.buffer[:1] == b'\x01')
                piece, self.buffer = self.buffer[:length], self.buffer[length:]
                return piece
            if not self.alive():
                raise Failure('the virtual Nano ended with %s' % self.popen.returncode)
            left = until - time.monotonic()
            if left <= 0:
                raise Failure('no answer from the virtual Nano in time; so far %r' % self.buffer)
            if select.select([self.from_guest], [], [], min(left, 1))[0]:
                self.buffer += os.read(self.from_guest, 1 << 16)

    def sh(self, command, deadline=DEADLINE):
        """Runs a command in the guest's bash, as root. Returns its exit status and its output."""
        with self.lock:
            if '\n' in command:
                with open(os.path.join(self.host_directory, 'script'), 'w', encoding='utf-8') as f:
                    f.write(command)
                command = '. /run/host/script'
            os.write(self.to_guest, command.encode('utf-8') + b'\n')
            output, until = b'', time.monotonic() + deadline * PATIENCE
            while True:
                piece = self._line(until)
                if piece[:1] == b'\x01':
                    return int(piece[1:]), output.decode('utf-8', 'replace')
                output += piece

    def run(self, command, deadline=DEADLINE):
        """A command that must succeed. Returns its output without the last line's end."""
        status, output = self.sh(command, deadline)
        equal(status, 0, 'inside the virtual Nano: %s\n%s' % (command, output))
        return output.rstrip('\n')

    def start(self, name, argv, **options):
        return Guest(self, name, argv, **options)

    # GPIO, as the simulated chip sees it

    @staticmethod
    def _line_file(line, name):
        return '/sys/devices/platform/gpio-sim.0/gpiochip0/sim_gpio%d/%s' % (line, name)

    def line(self, line=LED):
        """The level of a line at the chip: 0 or 1."""
        return int(self.run('cat ' + self._line_file(line, 'value')))

    def pull(self, line, up):
        """What is connected to a line outside drives it."""
        self.run('echo pull-%s >%s' % ('up' if up else 'down', self._line_file(line, 'pull')))

    def line_becomes(self, level, line=LED, deadline=DEADLINE):
        wait_for(lambda: self.line(line) == level, 'line %d at the chip is %d' % (line, level), deadline)

    # the PCA9685, register by register

    def register(self, number):
        return int(self.run('i2cget -f -y 0 0x40 0x%02x' % number), 16)

    def prescale(self):
        return self.register(0xfe)

    def channels(self, count, chip=0x40):
        """The registers of the first channels at one look, each as (ON, OFF) with their full bits."""
        last = 6 + 4 * count - 1
        dump = self.run('i2cdump -f -y -r 0x06-0x%02x 0 0x%02x b' % (last, chip))
        found = {}
        for row in re.finditer(r'^([0-9a-f]0): (.{47})', dump, re.M):
            for column in range(16):
                cell = row.group(2)[3 * column:3 * column + 2].strip()
                if cell:
                    found[int(row.group(1), 16) + column] = int(cell, 16)
        values = [found[number] for number in range(6, last + 1)]
        return [(values[i] | values[i + 1] << 8, values[i + 2] | values[i + 3] << 8) for i in range(0, 4 * count, 4)]

    def steps(self, channel=0):
        """How many of a period's 4096 steps a channel's output is high, from its four registers."""
        on_l, on_h, off_l, off_h = [self.register(6 + 4 * channel + i) for i in range(4)]
        return steps_of(on_l | on_h << 8, off_l | off_h << 8)

    def pulse_us(self, channel=0):
        """The pulse of a channel in microseconds, by the chip's data sheet: 25 MHz, PRE_SCALE, ON and OFF."""
        return self.steps(channel) * (self.prescale() + 1) / 25.0

    def step_us(self):
        return (self.prescale() + 1) / 25.0

    # many looks, quickly

    def open_eyes(self, count=1, lines=(LED,)):
        """From now on look() tells the registers of the first channels and the levels of these lines."""
        self.eyes = self.start('eyes', ['python3', os.path.join(HERE, 'eyes.py'), 'answer', '/dev/tty2', str(count)] +
                               [str(line) for line in lines])
        equal(self._answer(), b'ready', 'the first word of the eyes')

    def _answer(self):
        check(select.select([self.from_eyes], [], [], DEADLINE * PATIENCE)[0], 'the eyes answer')
        answer = b''
        while not answer.endswith(b'\n'):
            answer += os.read(self.from_eyes, 1 << 16)
        return answer.strip()

    def look(self):
        if not self.eyes:
            self.open_eyes()
        os.write(self.to_eyes, b'look\n')
        return Look(json.loads(self._answer()))

    def record(self, seconds, count=1, lines=(LED,)):
        """Notes every change inside for so many seconds, beside everything else. Looks: recorded()."""
        path = '/run/host/record-%d' % len(self.guests)
        recorder = self.start('recorder', ['python3', os.path.join(HERE, 'eyes.py'), 'record', path, str(seconds),
                                           str(count)] + [str(line) for line in lines])
        recorder.path = os.path.join(self.host_directory, os.path.basename(path))
        wait_for(lambda: os.path.exists(recorder.path) and os.path.getsize(recorder.path), 'the recorder runs')
        return recorder

    @staticmethod
    def recorded(recorder):
        with open(recorder.path, encoding='ascii') as f:
            return [Look(json.loads(line)) for line in f if line.endswith('\n')]

    # the agent inside

    def use_agent(self, path, root=None):
        """Takes this nano-agent from now on; root: the system it was built for, entered by chroot."""
        # Into memory of the guest: there a plain user can run it wherever the checkout is.
        self.run('mkdir -p /run/nano && cp %s /run/nano/nano-agent' % shlex.quote(path))
        self.agent_program, self.agent_root = path, root
        if root:
            for name in ('proc', 'sys', 'dev', 'run'):
                self.run('mountpoint -q {0}/{1} || mount --rbind /{1} {0}/{1}'.format(shlex.quote(root), name))

    def configure(self, text, name='agent.conf'):
        if harness.SANITIZED and 'memory_limit' not in text:
            text = 'memory_limit = 0\n' + text
        with open(os.path.join(self.host_directory, name), 'w', encoding='utf-8') as f:
            f.write(text)
        if not self.agent_program:
            self.use_agent(program('nano-agent'))
        self.run('cp {0} /run/nano/ && chmod 644 /run/nano/{0}'.format(name))
        return '/run/nano/' + name

    def agent(self, config, args=(), **options):
        """Starts nano-agent with this configuration. The broker is the PC's unless args or config say otherwise."""
        path = self.configure(config)
        environment = ['env'] + ['%s=%s' % item for item in self.stage.env.items() if item[0].endswith('SAN_OPTIONS')]
        return Guest(self, 'nano-agent', environment + ['/run/nano/nano-agent', '-c', path] + list(args),
                     root=self.agent_root, **options)

    def refused(self, config, pattern, **options):
        """The agent cannot open the hardware of its one channel: it says why in one line, and goes on without."""
        agent = self.agent(config, ['-h', '127.0.0.1', '-p', '1'], **options)
        agent.log(pattern)
        agent.log('1 of 1 channels are without hardware')
        lines = [line for line in agent.err().splitlines() if re.search(pattern, line)]
        equal(len(lines), 1, 'lines like %r among %r' % (pattern, agent.err()))
        equal(agent.exit(), None, 'the agent goes on')
        equal(agent.terminate(), 0, 'its exit status after SIGTERM')

    # the end

    def evidence(self):
        parts = []
        for guest in self.guests:
            state = 'running' if guest.exit() is None else 'ended with %s' % guest.exit()
            parts.append('--- inside the virtual Nano: %s (%s)\n%s' % (' '.join(guest.argv), state, guest.out()[-3000:]))
            parts.append(guest.err()[-6000:])
        try:
            with open(os.path.join(self.host_directory, 'console'), 'rb') as f:
                parts.append('--- console of the virtual Nano\n%s' % f.read().decode('utf-8', 'replace')[-6000:])
        except FileNotFoundError:
            pass
        return '\n'.join(parts)

    def sanitizer_report(self):
        return ''.join(g.err() for g in self.guests if re.search(r'Sanitizer|runtime error:', g.err()))

    def end(self):
        if not self.alive():
            return
        try:
            os.write(self.to_guest, b'halt\n')
            self.popen.wait(5 * PATIENCE)
        except (OSError, subprocess.TimeoutExpired):
            super().end()
        try:
            os.killpg(self.pid, signal.SIGKILL)  # the session, where it has one
        except ProcessLookupError:
            pass


class Cable:
    """The USB cable: the whole scenario moves into a network namespace of its own, where the PC's end of the cable is
    usb0 = 192.168.55.100. The namespace is gone with the last process in it, so nothing of it can be left behind."""

    interface = 'usb0'

    def __init__(self, stage):
        self.stage = stage
        CLONE_NEWNET = 0x40000000
        if os.geteuid() != 0:
            raise Skip('the USB cable of the virtual Nano (a tap device) needs root')
        if not os.path.exists('/dev/net/tun'):
            raise Skip('the USB cable of the virtual Nano needs /dev/net/tun: sudo modprobe tun')
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNET) < 0:
            raise Skip('no network namespace here: %s' % os.strerror(ctypes.get_errno()))
        self._ip('link', 'set', 'lo', 'up')
        done = stage.run([tool('ip'), 'tuntap', 'add', self.interface, 'mode', 'tap'])
        if done.code:
            raise Skip('no tap device here: %s' % done.err.strip())
        self._ip('address', 'add', PC + '/24', 'dev', self.interface)
        self.plug()

    def _ip(self, *words):
        done = self.stage.run([tool('ip')] + list(words))
        equal(done.code, 0, 'ip %s: %s' % (' '.join(words), done.err))

    def plug(self):
        self._ip('link', 'set', self.interface, 'up')

    def pull(self):
        self._ip('link', 'set', self.interface, 'down')

    def broker(self, **options):
        """mosquitto on the PC: port 1883 of the cable, and a port of 127.0.0.1 for whoever is on the PC."""
        config = 'listener 1883 %s\n' % PC + options.pop('config', '')
        broker = self.stage.broker(config=config, **options)
        broker.options = lambda: ['-h', PC, '-p', '1883']  # clients on the PC use the cable's address too
        return broker


class Look:
    """What the hardware showed at one instant (eyes.py)."""

    def __init__(self, fields):
        self.t, self.prescale = fields['t'], fields['pre']
        self.leds = [tuple(led) for led in fields['leds']]
        self.lines = {int(line): level for line, level in fields['lines'].items()}

    def steps(self, channel=0):
        return steps_of(*self.leds[channel])

    def __repr__(self):
        return '%.3f %s %s' % (self.t, [steps_of(*led) for led in self.leds], self.lines)


def steps_of(on, off):
    """Steps from the registers (data sheet 7.3.3): full off wins over full on; else from ON to OFF, around the end."""
    if off & 0x1000:
        return 0
    if on & 0x1000:
        return STEPS
    return ((off & 0xfff) - (on & 0xfff)) % STEPS


def nearest_step(us):
    """The step at 50 Hz."""
    return round(us * STEPS / PERIOD_US)


def us_of(steps):
    return steps * PERIOD_US / STEPS


def boot(stage, modern=False, **options):
    """A virtual Nano; modern: its agent is the one built in Debian 13, with libgpiod 2."""
    tree = debian13() if modern else None
    nano = VirtualNano(stage, **options)
    if tree:
        nano.use_agent(tree[1], tree[0])
    return nano


def cabled(stage, config, pca9685='driver', modern=False, chips='', **options):
    """PC, cable, Nano, agent: everything up. Returns broker, watcher, nano, agent."""
    cable = Cable(stage)
    broker = cable.broker()
    watcher = stage.watcher(broker)
    nano = boot(stage, modern, cable=cable, pca9685=pca9685, chips=chips)
    agent = nano.agent(config, **options)
    watcher.online()
    nano.cable = cable
    return broker, watcher, nano, agent


def debian13():
    """The tree with libgpiod 2 and the nano-agent built there: (directory, program)."""
    if harness.SANITIZED:
        raise Skip('the nano-agent of the Debian 13 tree is built without sanitizers')
    done = subprocess.run([os.path.join(HERE, 'debian13')], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode == 77:
        raise Skip(done.stderr.strip())
    equal(done.returncode, 0, 'tests/nano/debian13: %s' % done.stderr)
    tree, agent = done.stdout.split('\n')[:2]
    return tree, agent


def both(function, **options):
    """A scenario for each major version of libgpiod: function(stage, modern)."""
    for suffix, modern in (('', False), ('_with_libgpiod_2', True)):
        def run(stage, modern=modern):
            function(stage, modern)
        run.__name__, run.__module__ = function.__name__ + suffix, function.__module__
        harness.scenario(run, **options)
    return function


def pwm_directory(channel=0):
    return '/sys/class/pwm/pwmchip0/pwm%d' % channel


def main():
    harness.main()
