# SPDX-License-Identifier: MIT
"""foot in sway, a Wayland compositor that needs no screen here. sway does not run as root, so it and foot run as nobody there."""
import json
import os
import shutil

import harness
from harness import check, equal, wait_for
from wayland import Input
from windows import Window, told

NOBODY = 65534
OUTPUT = (1280, 800)

SWAY = '''
output HEADLESS-1 resolution %dx%d position 0 0
default_border none
default_floating_border none
focus_follows_mouse no
xwayland disable
for_window [app_id=".*"] floating enable
''' % OUTPUT

FOOT = '''
font=monospace:size=10
pad=0x0
initial-window-size-chars=%dx%d
[key-bindings]
pipe-visible=[sh -c "%s"] F12
'''


class Foot(Window):
    """before: what the terminal is told before the program."""

    def __init__(self, stage, argv, rows=24, columns=80, before=''):
        sway, self.swaymsg, foot = (harness.tool(name) for name in ('sway', 'swaymsg', 'foot'))
        super().__init__(stage, rows, columns)
        self.input = None
        runtime = stage.path('runtime')
        os.mkdir(runtime, 0o700)
        self.prefix = []
        if os.geteuid() == 0:
            for path in (runtime, stage.path('printed')):
                os.chown(path, NOBODY, NOBODY)
            self.prefix = [harness.tool('setpriv'), '--reuid=%d' % NOBODY, '--regid=%d' % NOBODY, '--clear-groups',
                           '--pdeathsig=KILL']
            # It may lie where only root may read.
            argv = [shutil.copy(argv[0], stage.path(os.path.basename(argv[0])))] + argv[1:]
            os.chmod(argv[0], 0o755)
        self.environment.update(
            XDG_RUNTIME_DIR=runtime, HOME=runtime, XDG_STATE_HOME=runtime + '/state', XDG_CONFIG_HOME=runtime + '/config',
            WLR_BACKENDS='headless', WLR_LIBINPUT_NO_DEVICES='1', WLR_RENDERER='pixman')
        self.sway = stage.start('sway', self.prefix + [sway, '-c', stage.write('sway.conf', SWAY)],
                                env=self.environment)
        display = wait_for(lambda: self._file('wayland-', '.lock'), 'sway has a display', 20)
        socket = wait_for(lambda: self._file('sway-ipc.', None), 'sway listens', 20)
        self.environment.update(WAYLAND_DISPLAY=os.path.basename(display), SWAYSOCK=socket)
        self.input = Input(display)
        configuration = stage.write('foot.ini', FOOT % (columns, rows, self.print_command))
        self.process = stage.start(
            'foot', self.prefix + [foot, '-c', configuration] + told(before, argv), env=self.environment)
        self.place = wait_for(self._place, 'the window of foot', 20)
        self.point(rows - 2, columns // 2)

    def _file(self, begin, other):
        check(self.sway.alive(), 'sway has ended: %s' % self.sway.err()[-2000:])
        runtime = self.environment['XDG_RUNTIME_DIR']
        for name in sorted(os.listdir(runtime)):
            if name.startswith(begin) and not (other and name.endswith(other)):
                return os.path.join(runtime, name)
        return None

    def _message(self, *words):
        outcome = self.stage.run(self.prefix + [self.swaymsg] + list(words), env=self.environment)
        equal(outcome.code, 0, 'swaymsg: %r' % outcome)
        return outcome.out

    def _place(self):
        check(self.process.alive(), 'foot has ended: %s' % self.process.err())
        found = []

        def look(node):
            if node.get('app_id') == 'foot' and node.get('focused'):
                found.append(node['rect'])
            for child in node.get('nodes', []) + node.get('floating_nodes', []):
                look(child)

        look(json.loads(self._message('-t', 'get_tree', '-r')))
        return found[0] if found else None

    def press(self, *keys):
        self.input.press(*keys)

    def press_with(self, modifier, key):
        self.input.press_with(modifier, key)

    def point(self, row, column):
        cell_width, cell_height = self.place['width'] / self.columns, self.place['height'] / self.rows
        self.input.point(int(self.place['x'] + (column + 0.5) * cell_width),
                         int(self.place['y'] + (row + 0.5) * cell_height), *OUTPUT)

    def click(self, row, column):
        self.point(row, column)
        self.input.click()

    def wheel(self, notches):
        self.input.wheel(notches)

    def touchpad(self, pixels):
        self.input.touchpad(pixels)

    def close_window(self):
        self._message('[app_id="foot"]', 'kill')

    def close(self):
        if self.input:
            self.input.close()
