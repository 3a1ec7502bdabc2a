# SPDX-License-Identifier: MIT
"""Whole pictures at many sizes, kept in pictures/. What changes from run to run (times, ports, graphs, health) is masked.
PICTURES=update writes them anew: look at the difference before committing it."""
import os
import re

import screen as screens
from screen import check, harness, scenario, tui
from test_picture import CHANNELS

DIRECTORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'pictures')
BRAILLE = re.compile('[\u2800-\u28ff]')
MASKS = (
    (re.compile(r'127\.0\.0\.1:\d+( · MQTT 5)? +◉ connected.*'), 'BROKER ◉ connected'),
    (re.compile(r'\d\d:\d\d:\d\d\.\d{3}'), 'HH:MM:SS.mmm'),
    (re.compile(r'tilt_up .*ok 5\.0°'), 'tilt_up … ok 5.0°'),
    (re.compile(r'steer_right .*ok.*'), 'steer_right … ok'),
    (re.compile(r'→ 60 % +0\.\d s'), '→ 60 %   LEFT'),
    (re.compile(r'live  [0-9.]+ s '), 'live  AGE '),
    (re.compile(r'^( (CPU|load|busy|mem|GPU|up) .*)$'), ' HEALTH'),
    (re.compile(r'(load|mem|up|GPU|CPU|power) +[0-9].*$'), 'HEALTH'),
    (re.compile(r' +\d+ ms$'), '  SCALE'),
)


def masked(rows):
    out = []
    for row in rows:
        row = BRAILLE.sub(' ', row).rstrip()
        for pattern, word in MASKS:
            row = pattern.sub(word, row)
        out.append(row.rstrip())
    return '\n'.join(out) + '\n'


def compare(screen, name):
    path = os.path.join(DIRECTORY, name + '.txt')
    have = masked(screen.dump())
    if os.environ.get('PICTURES') == 'update':
        os.makedirs(DIRECTORY, exist_ok=True)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(have)
        return
    with open(path, encoding='utf-8') as f:
        want = f.read()
    check(have == want, 'the picture %s\n--- is\n%s--- should be\n%s' % (name, have, want))


def three(stage, names, **options):
    """Three devices with the same channels, and a screen that has moved the first one's tilt."""
    broker = stage.broker()
    for name in names:
        stage.agent(broker, channels=CHANNELS, args=['--device', name], name=name[-12:])
    s = tui(stage, broker, **options)
    s.wait(r'1 of 3 devices')
    s.wait(r'(load|mem|up) ')
    s.press('up')
    s.wait(r'tilt_up .* ok 5\.0°')
    s.wait(r'5\.0° assumed')
    return s


SIZES = ((50, 160), (30, 120), (24, 80), (20, 60), (10, 40), (5, 20), (1, 1))


@scenario(timeout=120)
def three_devices_at_every_size(stage):
    s = three(stage, ('nano', 'nano-lab2', 'nano-lab10'), rows=50, columns=160)
    for rows, columns in SIZES:
        if (rows, columns) != (50, 160):
            s.resize(rows, columns)
        screens.steady(s, 0.2)
        compare(s, 'three-%dx%d' % (columns, rows))


@scenario(timeout=120)
def names_of_40_characters_that_differ_in_the_last(stage):
    names = ['jetson-nano-of-the-third-laboratory-no-%d' % i for i in range(1, 4)]
    s = three(stage, names)
    rows = s.dump()
    check(len({row.split('◉')[0].lstrip('▸ ') for row in rows[2:5]}) == 3, 'no two rows look the same: %r' % rows[2:5])
    check(any(row.endswith(names[0]) for row in rows), 'the whole name stands beside the channels')
    compare(s, 'long-names-80x24')
    s.resize(20, 50)
    rows = s.dump()
    check(len({row.split('◉')[0].lstrip('▸ ') for row in rows[2:5]}) == 3, 'nor here: %r' % rows[2:5])


@scenario(timeout=120)
def the_list_of_devices_filters_and_keeps_its_order(stage):
    s = three(stage, ('d2', 'd10', 'lab'))
    s.press('g')
    s.wait('Devices: all')
    screens.steady(s, 0.2)
    compare(s, 'picker-80x24')
    s.write('1')
    s.wait('containing 1   1 of 3')
    s.press('enter')
    s.wait(r'2 of 3 devices')
    s.wait('channels of d10')


@scenario(timeout=120)
def a_click_selects_and_a_click_on_a_gauge_asks(stage):
    broker = stage.broker()
    stage.agent(broker, channels=CHANNELS)
    s = tui(stage, broker)
    s.wait('◉ live')
    row = s.row('2 lamp')
    s.bytes('\x1b[<0;8;%dM\x1b[<0;8;%dm' % (row + 1, row + 1))
    s.wait(r'^ ▸ 2 lamp')
    row = s.row('−90')
    column = s.column(row, '┤')
    s.bytes('\x1b[<0;%d;%dM' % (column, row + 1))  # the last inner cell of the gauge
    s.wait(r'pan 90 on this device\?  y: yes')
    s.press('n')
    s.wait('cancelled')
    s.bytes('\x1b[<0;%d;%dM' % (column, row + 1))
    s.wait(r'pan 90 on this device\?')
    s.press('y')
    s.wait(r'pan 90 +sent .* ok 90\.0°')


@scenario(timeout=120)
def a_key_held_at_the_limit_is_one_row_with_a_count(stage):
    broker = stage.broker()
    stage.agent(broker, channels=CHANNELS)
    s = tui(stage, broker)
    s.wait('◉ live')
    s.command('tilt 45')
    s.wait(r'tilt 45 .* ok 45\.0°')
    s.wait(r'45\.0° assumed')
    for _ in range(5):
        s.press('up')
        s.wait('limit')
        screens.steady(s, 0.1)
    s.wait(r'tilt_up ×[2-5]')
    check(sum('tilt_up' in row for row in s.dump()) == 1, 'one row: %r' % s.dump())


@scenario(timeout=120)
def a_device_that_is_gone_is_cleared_with_a_question(stage):
    broker = stage.broker()
    agent = stage.agent(broker, args=['--device', 'attic'], name='attic')
    stage.agent(broker, args=['--device', 'lab'], name='lab')
    s = tui(stage, broker)
    s.wait('1 of 2 devices')
    s.wait('attic +◉ live')
    s.press('D')
    s.wait('still reports')
    s.press('esc')  # the same key again at once would be a held one
    agent.kill()
    s.wait('✗ offline')
    s.wait('D clear')
    s.press('D')
    s.wait(r'Clear the last report of attic from the broker\?')
    s.press('y')
    s.gone('attic +✗')
    watcher = stage.watcher(broker)
    watcher.wait(lambda r: r.topic == 'jetson/lab/status', 'the other is there')
    check(not [r for r in watcher.since() if 'attic' in r.topic], 'nothing is kept of it')


if __name__ == '__main__':
    harness.main()
