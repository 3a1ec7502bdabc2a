# SPDX-License-Identifier: MIT
"""Real terminals as scenarios see them; here xterm in an X server without a screen (Xvfb). Keys and the mouse are as people have
them, and the text is what the terminal itself shows."""
import os
import re
import time

import harness
from harness import DEADLINE, Failure, Skip, check, wait_for

KEYS = {' ': 'space', ':': 'colon', '?': 'question', '-': 'minus'}
WHEEL_UP, WHEEL_DOWN = 4, 5


def xlib():
    try:
        import Xlib.X
        import Xlib.XK
        import Xlib.display
        import Xlib.error
        import Xlib.ext.xtest
        import Xlib.protocol.event
    except ImportError:
        raise Skip('python3-xlib is not installed') from None
    return Xlib


class Server:
    """An Xvfb with a display of its own. A key that is held repeats after 250 ms, every 30 ms."""

    def __init__(self, stage):
        self.stage, self.xlib = stage, xlib()
        self.process = stage.start('Xvfb', [
            harness.tool('Xvfb'), '-displayfd', '1', '-screen', '0', '1280x800x24', '-nolisten', 'tcp', '-noreset',
            '-ardelay', '250', '-arinterval', '30'])
        self.name = ':' + wait_for(lambda: self._number(), 'Xvfb has a display', 20)
        self.display = self.xlib.display.Display(self.name)

    def _number(self):
        check(self.process.alive(), 'Xvfb has ended: %s' % self.process.err())
        found = re.match(r'(\d+)\n', self.process.out())
        return found and found.group(1)

    def fake(self, kind, detail):
        self.xlib.ext.xtest.fake_input(self.display, kind, detail)
        self.display.sync()

    def code(self, key):
        """(keycode, with Shift) of a character, or of a keysym's name."""
        keysym = self.xlib.XK.string_to_keysym(KEYS.get(key, key))
        for code, index in self.display.keysym_to_keycodes(keysym):
            if index in (0, 1):
                return code, index == 1
        raise Failure('no key for %r' % key)

    def down(self, key):
        self.fake(self.xlib.X.KeyPress, self.code(key)[0])

    def up(self, key):
        self.fake(self.xlib.X.KeyRelease, self.code(key)[0])

    def press(self, *keys):
        shift = self.code('Shift_L')[0]
        for key in keys:
            code, shifted = self.code(key)
            if shifted:
                self.fake(self.xlib.X.KeyPress, shift)
            self.fake(self.xlib.X.KeyPress, code)
            self.fake(self.xlib.X.KeyRelease, code)
            if shifted:
                self.fake(self.xlib.X.KeyRelease, shift)
            time.sleep(0.02)

    def press_with(self, modifier, key):
        self.down(modifier)
        self.press(key)
        self.up(modifier)

    def click(self, button=1):
        self.fake(self.xlib.X.ButtonPress, button)
        self.fake(self.xlib.X.ButtonRelease, button)

    def close(self):
        self.display.close()


class Window:
    """A real terminal with a program in it. `press`, `point`, `click` and `wheel` are a person's; F12 makes the terminal write
    what it shows into the file `printed`."""

    def __init__(self, stage, rows, columns):
        self.stage, self.rows, self.columns = stage, rows, columns
        self.process = None
        for name in ('NO_COLOR', 'SSH_CONNECTION', 'SSH_TTY', 'LINES', 'COLUMNS', 'WAYLAND_DISPLAY', 'TMUX', 'STY'):
            stage.env.pop(name, None)
        self.environment = {'LC_ALL': 'C.UTF-8', 'TZ': 'UTC0', 'SHELL': '/bin/sh'}
        os.mkdir(stage.path('printed'))
        self.printed = stage.path('printed/screen')
        self.print_command = 'cat >%s.new && mv %s.new %s' % ((self.printed,) * 3)
        stage.screens.append(self)

    def dump(self):
        """The rows that the terminal shows."""
        if os.path.exists(self.printed):
            os.remove(self.printed)
        self.press('F12')
        wait_for(lambda: os.path.exists(self.printed), 'the terminal prints its screen')
        with open(self.printed, encoding='utf-8') as f:
            return [row.rstrip() for row in f.read().replace('\f', '').split('\n')][:self.rows]

    def wait(self, pattern, deadline=DEADLINE):
        wait_for(lambda: re.search(pattern, '\n'.join(self.dump()), re.MULTILINE), '%r on the screen' % pattern, deadline)

    def gone(self, pattern, deadline=DEADLINE):
        wait_for(lambda: not re.search(pattern, '\n'.join(self.dump()), re.MULTILINE), '%r has left' % pattern, deadline)

    def ended(self, deadline=DEADLINE):
        wait_for(lambda: not self.process.alive(), 'the terminal has ended', deadline)

    def err(self):
        return self.process.err() if self.process else ''

    def evidence(self):
        if not self.process or not self.process.alive():
            return '--- the terminal has ended'
        try:
            picture = '\n'.join('|%s' % row for row in self.dump())
        except (Failure, OSError) as error:
            picture = 'no picture: %s' % error
        return '--- the terminal:\n%s' % picture


def told(before, argv):
    """argv of a program that starts in a terminal which something else has written to."""
    return ['/bin/sh', '-c', 'printf %b "$0"; exec "$@"', before] + argv


class XWindow(Window):
    """A terminal in an X server of its own. There is no window manager."""

    def __init__(self, stage, rows, columns):
        self.server = Server(stage)
        super().__init__(stage, rows, columns)
        self.environment['DISPLAY'] = self.server.name
        self.window = None

    def start(self, name, command):
        self.process = self.stage.start(name, command, env=self.environment)
        self.window = wait_for(self._window, 'the window of %s' % name, 20)
        self.window.set_input_focus(self.server.xlib.X.RevertToParent, self.server.xlib.X.CurrentTime)
        shape = self.window.get_geometry()
        self.window.warp_pointer(shape.width // 2, shape.height * 9 // 10)
        self.server.display.sync()

    def _window(self):
        check(self.process.alive(), 'the terminal has ended: %s' % self.process.err())
        for window in self.server.display.screen().root.query_tree().children:
            try:
                if window.get_wm_class() and window.get_attributes().map_state == self.server.xlib.X.IsViewable:
                    return window
            except self.server.xlib.error.BadWindow:  # it was there for a moment only
                continue
        return None

    def press(self, *keys):
        self.server.press(*keys)

    def press_with(self, modifier, key):
        self.server.press_with(modifier, key)

    def hold(self, key, seconds):
        self.server.down(key)
        time.sleep(seconds)
        self.server.up(key)

    def wheel(self, notches):
        """Turns the wheel; below 0 is up."""
        for _ in range(abs(notches)):
            self.server.click(WHEEL_UP if notches < 0 else WHEEL_DOWN)

    def close_window(self):
        """What a window manager sends when somebody closes the window."""
        display, xlib_ = self.server.display, self.server.xlib
        self.window.send_event(xlib_.protocol.event.ClientMessage(
            window=self.window, client_type=display.intern_atom('WM_PROTOCOLS'),
            data=(32, [display.intern_atom('WM_DELETE_WINDOW'), xlib_.X.CurrentTime, 0, 0, 0])))
        display.sync()

    def close(self):
        self.server.close()


class XTerm(XWindow):
    """before: what the terminal is told before the program."""

    def __init__(self, stage, argv, options=(), rows=24, columns=80, before=''):
        xterm = harness.tool('xterm')
        super().__init__(stage, rows, columns)
        resources = ['XTerm*printerCommand: ' + self.print_command, 'XTerm*printerAutoClose: true',
                     'XTerm*printAttributes: 0', 'XTerm*utf8: 2', 'XTerm*locale: true',
                     'XTerm*VT100.translations: #override <Key>F12: print()']
        command = [xterm, '-geometry', '%dx%d' % (columns, rows)]
        for resource in resources:
            command += ['-xrm', resource]
        # Mode 19: the whole screen is printed, and not the scrolling region alone, which GNU screen uses.
        self.start('xterm', command + list(options) + ['-e'] + told(r'\033[?19h' + before, argv))

    def point(self, row, column):
        """Moves the pointer into a cell."""
        hints, shape = self.window.get_wm_normal_hints(), self.window.get_geometry()
        border = (shape.width - self.columns * hints.width_inc) // 2
        self.window.warp_pointer(border + column * hints.width_inc + hints.width_inc // 2,
                                 border + row * hints.height_inc + hints.height_inc // 2)
        self.server.display.sync()

    def click(self, row, column):
        self.point(row, column)
        self.server.click()


class HangulXTerm(XTerm):
    """xterm with fcitx5 as its input method (by XIM), which `hangul()` switches to Hangul."""

    def start(self, name, command):
        stage, daemon, fcitx = self.stage, harness.tool('dbus-daemon'), harness.tool('fcitx5')
        bus = 'unix:path=' + stage.path('bus')
        self.environment.update(DBUS_SESSION_BUS_ADDRESS=bus, XMODIFIERS='@im=fcitx', XDG_RUNTIME_DIR=stage.directory)
        os.makedirs(stage.path('config/fcitx5'))
        stage.write('config/fcitx5/profile', '[Groups/0]\nName=Default\nDefault Layout=us\nDefaultIM=hangul\n'
                    '[Groups/0/Items/0]\nName=keyboard-us\nLayout=\n[Groups/0/Items/1]\nName=hangul\nLayout=\n'
                    '[GroupOrder]\n0=Default\n')
        stage.start('dbus-daemon', [daemon, '--session', '--nofork', '--nopidfile', '--address=' + bus])
        wait_for(lambda: os.path.exists(stage.path('bus')), 'dbus-daemon listens')
        stage.start('fcitx5', [fcitx, '--disable=wayland,waylandim'], env=self.environment)
        root, atom = self.server.display.screen().root, self.server.display.intern_atom('XIM_SERVERS')
        wait_for(lambda: root.get_full_property(atom, self.server.xlib.X.AnyPropertyType), 'fcitx5 serves XIM', 20)
        super().start(name, command)

    def hangul(self):
        remote = harness.tool('fcitx5-remote')

        def switched():
            self.stage.run([remote, '-s', 'hangul'], env=self.environment)
            return self.stage.run([remote, '-n'], env=self.environment).out.strip() == 'hangul'

        wait_for(switched, 'the input method is in Hangul mode')


class Other(XWindow):
    """A terminal of which only the keys and the mouse are used: it cannot be asked what it shows."""

    COMMANDS = {
        'st': ['st', '-g', '80x24', '-e'],
        'alacritty': ['alacritty', '--config-file', '/dev/null', '-e'],
        'kitty': ['kitty', '--config', 'NONE', '-o', 'confirm_os_window_close=0'],
        'lxterminal': ['lxterminal', '--no-remote', '-e'],
    }

    def __init__(self, stage, name, argv):
        command = list(self.COMMANDS[name])
        command[0] = harness.tool(command[0])
        super().__init__(stage, 24, 80)
        self.environment.update(LIBGL_ALWAYS_SOFTWARE='1', GDK_BACKEND='x11', XDG_RUNTIME_DIR=stage.directory)
        self.start(name, command + argv)

    def evidence(self):
        return ''
