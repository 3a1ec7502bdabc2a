# SPDX-License-Identifier: MIT
"""What holds in every real terminal: keys act once, what is no key moves nothing, the picture is whole, and closing stops."""
import os
import time

import harness
from harness import check, equal, wait_for
from pictures import TEXTS, masked
from test_input import CHANNELS, carried_out

SLOW = '''
servo tilt { pwm = "sim" hz = 50 pulse = {500, 2500} angle = {-90, 90} limit = {-90, 90} step = 5 speed = 10
             accel = 600 axis = tilt start = center safe = off lost = hold exit = hold idle_off = 0 }
'''
THREE = ('nano', 'nano-lab2', 'nano-lab10')


def live(stage, window, channels=CHANNELS, names=('',), inside=None, **options):
    """A broker with agents, a watcher, and pc-tui in a terminal. window: XTerm or Foot; inside: a multiplexer."""
    broker = stage.broker()
    for name in names:
        stage.agent(broker, channels=channels, args=['--device', name] if name else [], name=name or 'nano-agent')
    watcher = stage.watcher(broker)
    argv = [harness.program('pc-tui')] + broker.options()
    if inside:
        argv = inside(stage).argv(argv)
    s = window(stage, argv, **options)
    s.wait('(◉|@) live', 20)
    return s, watcher


def commands(watcher):
    return list(carried_out(watcher).values())


def keys_act(s, watcher):
    s.press('Up')
    s.wait(r'tilt_up +sent .* ok 5\.0°$')
    s.press('t')
    s.wait(r'led_toggle +sent .* ok on$')
    s.press(':')
    s.wait('^ :')
    s.press(*'tilt', ' ', '-', '7', 'Return')
    s.wait(r'tilt -7 +sent .* ok −7\.0°$')
    s.press(' ')
    s.wait(r'stop +sent .* ok$')
    equal(commands(watcher), ['tilt_up', 'led_toggle', 'tilt -7', 'stop'], 'commands')


def keys_act_and_nothing_else(s, watcher):
    """In modes that another program left on: a pointer that moves is no key, and Ctrl-C ends the program."""
    keys_act(s, watcher)
    for column in range(10, 60, 10):
        s.point(10, column)
    s.press_with('Control_L', 'c')
    s.ended()
    equal(commands(watcher)[4:], [], 'further commands')


def scrolling_moves_nothing(s, watcher, up, down):
    s.press('o')
    s.wait(r'led_on .* ok')
    s.press('Up')
    s.wait(r'tilt_up .* ok 5\.0°$')
    s.wait(r'5\.0° assumed')
    before = commands(watcher)
    up()
    s.wait(r'newer: PgDn')
    down()
    s.gone(r'newer: PgDn')
    equal(commands(watcher), before, 'commands')


def is_whole(s, name):
    """The terminal shows the picture that is kept, to the last cell."""
    s.wait(r'1 of 3 devices')
    s.wait(r'(load|mem|up) ')
    s.press('Up')
    s.wait(r'tilt_up .* ok 5\.0[°d]')
    s.wait(r'5\.0[°d] assumed')
    with open(os.path.join(TEXTS, name + '.txt'), encoding='utf-8') as f:
        want = f.read().split('\n')[:s.rows]
    have = []

    def same():
        have[:] = [masked(row) for row in s.dump()]
        return have == want

    try:
        wait_for(same, 'the picture', 3)
    except harness.Failure:
        check(False, 'the picture %s in this terminal\n--- is\n%s\n--- should be\n%s' % (name, '\n'.join(have), '\n'.join(want)))


def one_stop(s, watcher, close):
    """What is closed while a servo moves sends exactly one stop."""
    s.press(':')
    s.wait('^ :')
    s.press(*'tilt', ' ', *'80', 'Return')
    s.wait('moving')
    close()
    watcher.result('closed', cmd='stop', result='ok')
    s.ended()
    time.sleep(0.5)  # a second stop would follow the first one after 250 ms
    equal(commands(watcher), ['tilt 80', 'stop'], 'commands')
    check(watcher.since()[-1].channel('tilt')['deg'] < 70, 'it holds on its way')


def a_click_selects_and_one_on_a_gauge_asks(s, watcher):
    rows = s.dump()
    row = next(number for number, text in enumerate(rows) if '2 relay' in text)
    s.click(row, 7)
    s.wait(r'^ ▸ 2 relay')
    row = next(number for number, text in enumerate(rows) if text.startswith('   pan'))
    s.click(row, rows[row].index('┤') - 1)
    s.wait(r'pan 90 on this device\?  y: yes')
    s.press('n')
    s.wait('cancelled')
    s.click(row, rows[row].index('├') + 9)
    s.wait(r'pan -\d\d on this device\?  y: yes')
    equal(commands(watcher), [], 'nothing has moved yet')
    s.press('y')
    s.wait(r'pan -\d\d +sent .* ok')
    equal(len(commands(watcher)), 1, 'commands')
