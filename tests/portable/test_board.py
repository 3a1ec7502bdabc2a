# SPDX-License-Identifier: MIT
"""The arm64 package's program on a whole emulated board: a Cortex-A57 as a Jetson Nano has, Debian's own kernel, and a PL061, a real
GPIO chip. What its lines do is read from the chip's registers, outside the machine."""
import os
import re
import shutil
import socket
import stat
import subprocess

import portable
from harness import Failure, check, equal, scenario, tool, wait_for
from portable import helper, program

# ARM PrimeCell GPIO PL061, technical reference manual: GPIODATA reads all eight lines at offset 0x3fc, GPIODIR is at 0x400.
PL061, DATA, DIRECTION = 0x09030000, 0x3fc, 0x400
LINE = 5  # line 3 is the board's power button
CONFIG = '''lost_after = 2
switch led { gpio = "9030000.pl061:%d" start = off safe = off lost = off }
''' % LINE
BOOT = 200  # seconds; an emulated processor beside other tests


class Board:
    """The machine, until the scenario's end. Its agent connects to the broker."""

    def __init__(self, stage, broker):
        self.stage = stage
        made = helper('board')
        root = stage.path('root')
        os.makedirs(root + '/bin')
        os.makedirs(root + '/etc')
        shutil.copy(program('arm64'), root + '/bin/nano-agent')
        os.chmod(root + '/bin/nano-agent', stat.S_IRWXU)
        with open(root + '/etc/nano-agent.conf', 'w', encoding='ascii') as f:
            f.write(CONFIG)
        ours = subprocess.run([tool('cpio'), '--quiet', '-o', '-H', 'newc'], cwd=root, stdout=subprocess.PIPE, check=True,
                              input=b'bin/nano-agent\netc/nano-agent.conf\n').stdout
        initrd = stage.path('initrd')
        with open(made + '/base.cpio', 'rb') as base, open(initrd, 'wb') as f:
            f.write(base.read() + ours)
        self.console, self.monitor = stage.path('console'), stage.path('monitor')
        self.process = stage.start('board', [
            tool('qemu-system-aarch64'), '-M', 'virt', '-cpu', 'cortex-a57', '-m', '512', '-display', 'none', '-no-reboot',
            '-kernel', made + '/vmlinuz', '-initrd', initrd,
            '-append', 'console=ttyAMA0 quiet panic=-1 PORT=%d' % broker.port,
            '-netdev', 'user,id=n', '-device', 'virtio-net-device,netdev=n',
            '-serial', 'file:' + self.console, '-monitor', 'unix:%s,server,nowait' % self.monitor])
        stage.witnesses.append(self.said)

    def said(self):
        try:
            with open(self.console, encoding='utf-8', errors='replace') as f:
                return '--- console of the board\n' + f.read()[-4000:]
        except FileNotFoundError:
            return ''

    def register(self, offset):
        """What the chip holds, through qemu's monitor: no part of the machine inside has a say."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(20)
            s.connect(self.monitor)
            s.sendall(b'xp /1wx 0x%08x\n' % (PL061 + offset))
            text = b''
            while True:
                match = re.search(rb'%016x: 0x([0-9a-f]{8})' % (PL061 + offset), text)
                if match:
                    return int(match.group(1), 16)
                more = s.recv(4096)
                if not more:
                    raise Failure('the monitor of qemu said %r' % text)
                text += more

    def line(self):
        """None: not driven."""
        if not self.register(DIRECTION) >> LINE & 1:
            return None
        return self.register(DATA) >> LINE & 1

    def line_becomes(self, level, what):
        wait_for(lambda: self.line() == level, '%s: line %d of the chip is %s, not %s' % (what, LINE, level, self.line()), 30)


@scenario(timeout=420)
def a_real_gpio_chip_is_driven_over_mqtt_on_an_emulated_board(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    board = Board(stage, broker)
    wait_for(lambda: watcher.since() or not board.process.alive(), 'the agent on the board reports', BOOT)
    check(board.process.alive(), 'the board runs')
    watcher.online()
    check('Linux version' in board.said() and 'arm64' in board.said(), "Debian's kernel for arm64")
    equal(board.line(), 0, 'after the start the line is driven, and off')
    for word, level in (('led_on', 1), ('led_off', 0), ('led_toggle', 1)):
        report = stage.say(broker, watcher, word, deadline=30)
        equal(report.last['result'], 'ok', word)
        board.line_becomes(level, word)
    others = board.register(DIRECTION) & ~(1 << LINE)
    equal(others, 0, 'no other line is driven')
    broker.kill()
    board.line_becomes(0, 'lost = off, without the broker')
    broker.again()
    wait_for(lambda: watcher.since() and watcher.since()[-1].online, 'it comes back by itself', 60)


if __name__ == '__main__':
    portable.main()
