# SPDX-License-Identifier: MIT
"""A keyboard and a pointer for a Wayland compositor, as long as the connection lasts. What a test presses goes through the
protocols virtual-keyboard-unstable-v1 and wlr-virtual-pointer-unstable-v1, spoken here directly: opcodes are the requests'
places in those protocols."""
import os
import socket
import struct
import time

from harness import DEADLINE, Failure

KEYMAP = b'''xkb_keymap {
  xkb_keycodes { include "evdev+aliases(qwerty)" };
  xkb_types { include "complete" };
  xkb_compat { include "complete" };
  xkb_symbols { include "pc+us+inet(evdev)" };
};
\0'''
# The kernel's key codes (linux/input-event-codes.h).
CODES = {'Escape': 1, 'minus': 12, 'Tab': 15, 'Return': 28, 'Control_L': 29, 'semicolon': 39, 'Shift_L': 42, 'slash': 53,
         'space': 57, 'F12': 88, 'Up': 103, 'Left': 105, 'Right': 106, 'Down': 108}
for first, letters in ((2, '1234567890'), (16, 'qwertyuiop'), (30, 'asdfghjkl'), (44, 'zxcvbnm')):
    CODES.update({letter: first + i for i, letter in enumerate(letters)})
SIGNS = {' ': ('space', False), ':': ('semicolon', True), '?': ('slash', True), '-': ('minus', False)}
SHIFT, CONTROL = 1, 4  # modifier masks of xkb's maps
BUTTONS = {1: 0x110}
WHEEL, FINGER = 0, 1


class Input:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(path)
        self.buffer, self.last_id, self.globals, self.done = b'', 1, {}, set()
        self.registry = self.new_id()
        self.send(1, 1, struct.pack('=I', self.registry))  # wl_display.get_registry
        self.round_trip()
        seat = self.bind('wl_seat', 1)
        keyboards = self.bind('zwp_virtual_keyboard_manager_v1', 1)
        pointers = self.bind('zwlr_virtual_pointer_manager_v1', 1)
        self.keyboard, self.pointer = self.new_id(), self.new_id()
        self.send(keyboards, 0, struct.pack('=II', seat, self.keyboard))
        self.send(pointers, 0, struct.pack('=II', seat, self.pointer))
        keymap = os.memfd_create('keymap')
        os.write(keymap, KEYMAP)
        self.send(self.keyboard, 0, struct.pack('=II', 1, len(KEYMAP)), keymap)
        os.close(keymap)
        self.round_trip()

    # the wire

    def new_id(self):
        self.last_id += 1
        return self.last_id

    def send(self, thing, opcode, payload=b'', descriptor=None):
        message = struct.pack('=IHH', thing, opcode, 8 + len(payload)) + payload
        if descriptor is None:
            self.socket.sendall(message)
        else:
            socket.send_fds(self.socket, [message], [descriptor])

    def bind(self, interface, version):
        if interface not in self.globals:
            raise Failure('the compositor has no %s' % interface)
        name, thing = interface.encode() + b'\0', self.new_id()
        padded = name + b'\0' * (-len(name) % 4)
        self.send(self.registry, 0, struct.pack('=II', self.globals[interface], len(name)) + padded +
                  struct.pack('=II', version, thing))
        return thing

    def round_trip(self):
        """Waits until the compositor has carried out all that was sent."""
        callback = self.new_id()
        self.send(1, 0, struct.pack('=I', callback))  # wl_display.sync
        while callback not in self.done:
            received = self.socket.recv(65536)
            if not received:
                raise Failure('the compositor has closed the connection')
            self.buffer += received
            while len(self.buffer) >= 8:
                thing, opcode, size = struct.unpack('=IHH', self.buffer[:8])
                if len(self.buffer) < size:
                    break
                self.take(thing, opcode, self.buffer[8:size])
                self.buffer = self.buffer[size:]

    def take(self, thing, opcode, payload):
        if thing == 1 and opcode == 0:
            raise Failure('the compositor: %r' % payload)
        if thing == self.registry and opcode == 0:
            name, length = struct.unpack('=II', payload[:8])
            self.globals[payload[8:8 + length - 1].decode()] = name
        elif opcode == 0:
            self.done.add(thing)

    @staticmethod
    def now():
        return int(time.monotonic() * 1000) & 0xffffffff

    # the keyboard

    def key(self, code, down):
        self.send(self.keyboard, 1, struct.pack('=III', self.now(), code, down))

    def modifiers(self, mask):
        self.send(self.keyboard, 2, struct.pack('=IIII', mask, 0, 0, 0))

    def down(self, key):
        self.key(CODES[key], 1)
        self.round_trip()

    def up(self, key):
        self.key(CODES[key], 0)
        self.round_trip()

    def press(self, *keys):
        for sign in keys:
            key, shifted = SIGNS.get(sign, (sign, False))
            if shifted:
                self.modifiers(SHIFT)
            self.down(key)
            self.up(key)
            if shifted:
                self.modifiers(0)
            time.sleep(0.02)

    def press_with(self, modifier, key):
        self.key(CODES[modifier], 1)
        self.modifiers({'Shift_L': SHIFT, 'Control_L': CONTROL}[modifier])
        self.press(key)
        self.modifiers(0)
        self.up(modifier)

    # the pointer

    def frame(self):
        self.send(self.pointer, 4)
        self.round_trip()

    def point(self, x, y, width, height):
        """Moves the pointer to a place in outputs of that size."""
        self.send(self.pointer, 1, struct.pack('=IIIII', self.now(), x, y, width, height))
        self.frame()

    def click(self, button=1):
        for down in (1, 0):
            self.send(self.pointer, 2, struct.pack('=III', self.now(), BUTTONS[button], down))
            self.frame()

    def wheel(self, notches):
        """Turns the wheel; below 0 is up."""
        for _ in range(abs(notches)):
            way = 1 if notches > 0 else -1
            self.send(self.pointer, 5, struct.pack('=I', WHEEL))
            self.send(self.pointer, 7, struct.pack('=IIii', self.now(), 0, way * 15 * 256, way))
            self.frame()

    def touchpad(self, pixels):
        """Two fingers scroll so far, in pieces of 4 pixels; below 0 is up."""
        for _ in range(abs(pixels) // 4):
            self.send(self.pointer, 5, struct.pack('=I', FINGER))
            self.send(self.pointer, 3, struct.pack('=IIi', self.now(), 0, (4 if pixels > 0 else -4) * 256))
            self.frame()
            time.sleep(0.008)
        self.send(self.pointer, 5, struct.pack('=I', FINGER))
        self.send(self.pointer, 6, struct.pack('=II', self.now(), 0))
        self.frame()

    def close(self):
        self.socket.close()
