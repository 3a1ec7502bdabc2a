# SPDX-License-Identifier: MIT
"""The pictures of the documentation, docs/screen-*.svg."""
import os
import time

import screen as screens
from pictures import compare_svg
from screen import harness, scenario, tui
from test_picture import CHANNELS

NAMES = ('nano', 'nano-lab2', 'nano-roof')


def play(s, watcher, roof):
    """What the pictures show: a few commands, and a device that is off."""
    # Slowly where the pictures are made anew: so the graphs of the last minute have something to show.
    pause = 4 if os.environ.get('PICTURES') == 'update' else 0
    s.wait(r'1 of 3 devices')
    s.wait(r'nano-roof +◉ live')
    roof.kill()
    s.wait(r'nano-roof +✗ offline')
    s.wait(r'(load|mem|up) ')
    for line, end in (('tilt_up', r' 5\.0° assumed'), ('tilt 40', r'40\.0° assumed'), ('tilt -25', r'−25\.0° assumed'),
                      ('tilt 15', r'15\.0° assumed'), ('pan -30', r'−30\.0° assumed'), ('lamp 40', r'ok 40 %')):
        mark = watcher.mark()
        s.command(line)
        s.wait(end)
        # At rest: a SPACE in the next line would stop it.
        watcher.wait(lambda r, line=line: r.last.get('cmd') == line and not any(
            r.channel(name).get('moving') for name in ('tilt', 'pan')), 'at rest', mark)
        screens.steady(s, 0.1)
        time.sleep(pause)
    s.press('o')
    s.wait(r'led_on .* ok on')
    screens.steady(s, 0.3)


@scenario(timeout=120)
def the_documentation_shows_this_program(stage):
    for light in (False, True):
        broker = stage.broker()
        watcher = stage.watcher(broker)
        agents = [stage.agent(broker, channels=CHANNELS, args=['--device', name], name=name) for name in NAMES]
        for name in NAMES:  # a device that comes later would be told among the events
            watcher.online(topic='jetson/%s/status' % name)
        s = tui(stage, broker, '--device', 'nano', rows=40, columns=140,
                background=screens.LIGHT if light else screens.DARK)
        play(s, watcher, agents[2])
        for rows, columns in ((40, 140), (24, 80)):
            if rows != s.rows:
                s.resize(rows, columns)
            compare_svg(s, 'screen-%dx%d-%s' % (columns, rows, 'light' if light else 'dark'), light,
                        'pc-tui at %d × %d' % (columns, rows))
        s.press('q')
        s.exited()


if __name__ == '__main__':
    harness.main()
