# SPDX-License-Identifier: MIT
"""What the kernel of a virtual Nano saw, in its own time: each transfer on a bus, each GPIO line that was set, each packet."""
import re

CHANNELS = 16
EVENTS = ('smbus/smbus_write', 'smbus/smbus_read', 'gpio/gpio_value', 'net/netif_receive_skb')
TRACING = '/sys/kernel/tracing'

WRITE = re.compile(r'i2c-(\d+) a=([0-9a-f]+) f=\w+ c=([0-9a-f]+) (\w+) l=\d+ \[([0-9a-f -]*)\]')


class Event:
    """t: seconds. what: write, read, line, packet, mark. A write has chip, register and its bytes, a line its level."""

    def __init__(self, t, what, **fields):
        self.t, self.what = t, what
        self.chip = self.register = self.level = None
        self.bytes = []
        self.__dict__.update(fields)

    def __repr__(self):
        shown = {'write': lambda: '0x%02x reg %d: %s' % (self.chip, self.register, ' '.join('%02x' % b for b in self.bytes)),
                 'line': lambda: '%d' % self.level}
        return '%.6f %s %s' % (self.t, self.what, shown.get(self.what, lambda: '')())


def begin(guest):
    guest.run('mountpoint -q {0} || mount -t tracefs tracefs {0}; cd {0}; echo 0 >tracing_on; echo mono >trace_clock; '
              'echo 4096 >buffer_size_kb; for event in {1}; do echo 1 >events/$event/enable; done; echo >trace; '
              'echo 1 >tracing_on'.format(TRACING, ' '.join(EVENTS)))


def clear(guest):
    guest.run('echo >%s/trace' % TRACING)


def _event(t, name, text):
    if name == 'smbus_write':
        _, chip, register, protocol, data = WRITE.search(text).groups()
        values = [int(byte, 16) for byte in re.split('[ -]', data)]
        if protocol == 'I2C_BLOCK_DATA':
            values = values[1:]  # the first is their number
        return Event(t, 'write', chip=int(chip, 16), register=int(register, 16), bytes=values)
    if name == 'gpio_value' and ' set ' in text:
        return Event(t, 'line', level=int(text.split()[-1]))
    if name == 'smbus_read':
        return Event(t, 'read', chip=int(re.search(r'a=([0-9a-f]+)', text).group(1), 16))
    if name == 'tracing_mark_write':
        return Event(t, 'mark')
    return Event(t, 'packet') if name == 'netif_receive_skb' else None


def events(guest):
    found = []
    for line in guest.run('grep -v "^#" %s/trace; :' % TRACING).splitlines():
        match = re.match(r'.*\s(\d+\.\d+): (\w+): (.*)$', line)
        event = match and _event(float(match.group(1)), match.group(2), match.group(3))
        if event:
            found.append(event)
    return found


def duty(registers):
    """Steps of 4096 from ON_L, ON_H, OFF_L, OFF_H (data sheet 7.3.3)."""
    on_l, on_h, off_l, off_h = registers
    if off_h & 0x10:
        return 0
    if on_h & 0x10:
        return 4096
    return ((off_l | off_h << 8) - (on_l | on_h << 8)) % 4096


class Chip:
    """A chip's registers as the writes in the trace leave them. history: (time, steps of the first channels)."""

    def __init__(self, address, trace, count=4):
        self.registers = [0] * 256
        for channel in range(CHANNELS):
            self.registers[9 + 4 * channel] = 0x10
        self.history = []
        for event in trace:
            if event.what != 'write' or event.chip != address:
                continue
            for offset, byte in enumerate(event.bytes):
                self.registers[event.register + offset & 0xff] = byte
            now = [duty(self.registers[6 + 4 * n:10 + 4 * n]) for n in range(count)]
            if not self.history or self.history[-1][1] != now:
                self.history.append((event.t, now))
