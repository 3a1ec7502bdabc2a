# SPDX-License-Identifier: MIT
"""Runs inside the virtual Nano: looks at the PCA9685's registers and at GPIO lines, fast and without our own code.

    eyes.py answer TTY COUNT LINE…          answers each line read from TTY with one look, as a line of JSON
    eyes.py record FILE SECONDS COUNT LINE…  notes each change, a line of JSON a change, for so many seconds

A look: {"t": CLOCK_MONOTONIC, "pre": PRE_SCALE, "leds": [[ON, OFF], …], "lines": {"216": 0, …}}
"""
import ctypes
import fcntl
import json
import os
import sys
import time
import tty

I2C_SLAVE_FORCE, I2C_SMBUS = 0x0706, 0x0720
READ, BYTE, BLOCK = 1, 2, 8  # linux/i2c.h: I2C_SMBUS_READ, …_BYTE_DATA, …_I2C_BLOCK_DATA


class Transfer(ctypes.Structure):
    _fields_ = [('direction', ctypes.c_uint8), ('register', ctypes.c_uint8), ('size', ctypes.c_uint32),
                ('data', ctypes.c_void_p)]


class Eyes:
    def __init__(self, count, lines):
        self.count = count
        self.bus = os.open('/dev/i2c-0', os.O_RDWR)
        fcntl.ioctl(self.bus, I2C_SLAVE_FORCE, 0x40)  # also while a driver owns the chip
        self.lines = {line: os.open('/sys/devices/platform/gpio-sim.0/gpiochip0/sim_gpio%s/value' % line, os.O_RDONLY)
                      for line in lines}

    def _read(self, register, size, length):
        data = ctypes.create_string_buffer(34)
        data[0] = length
        fcntl.ioctl(self.bus, I2C_SMBUS, Transfer(READ, register, size, ctypes.addressof(data)))
        return data.raw

    def look(self):
        leds = []
        for channel in range(self.count):  # the four registers of a channel at one instant
            b = self._read(6 + 4 * channel, BLOCK, 4)[1:]
            leds.append([b[0] | b[1] << 8, b[2] | b[3] << 8])
        return {'pre': self._read(0xfe, BYTE, 0)[0], 'leds': leds,
                'lines': {line: int(os.pread(fd, 4, 0)) for line, fd in self.lines.items()}}


def answer(path, eyes):
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(fd)
    with os.fdopen(fd, 'rb+', 0) as console:
        console.write(b'ready\n')
        while console.readline():
            console.write(json.dumps(dict(eyes.look(), t=time.monotonic())).encode() + b'\n')


def record(path, seconds, eyes):
    until, before = time.monotonic() + seconds, None
    with open(path, 'w', encoding='ascii', buffering=1) as out:
        while time.monotonic() < until:
            look = eyes.look()
            if look != before:
                out.write(json.dumps(dict(look, t=time.monotonic())) + '\n')
                before = look
            time.sleep(0.004)


def main():
    mode, path = sys.argv[1:3]
    if mode == 'answer':
        answer(path, Eyes(int(sys.argv[3]), sys.argv[4:]))
    else:
        record(path, float(sys.argv[3]), Eyes(int(sys.argv[4]), sys.argv[5:]))


main()
