# SPDX-License-Identifier: MIT
"""Whole pictures at many sizes, kept in pictures/. PICTURES=update writes them anew: look at the difference before committing it."""
import screen as screens
from pictures import compare
from screen import check, harness, scenario, tui
from test_picture import CHANNELS


def three(stage, names, **options):
    """Three devices with the same channels, and a screen that has moved the first one's tilt."""
    broker = stage.broker()
    for name in names:
        stage.agent(broker, channels=CHANNELS, args=['--device', name], name=name[-12:])
    s = tui(stage, broker, **options)
    s.wait(r'1 of 3 devices')
    s.wait(r'(load|mem|up) ')
    s.press('up')
    s.wait(r'tilt_up .* ok 5\.0[°d]')
    screens.at_rest(s, r'5\.0[°d]')
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
def a_stranger_finds_at_80x24_how_to_go_on_and_why_nothing_moved(stage):
    s = three(stage, ('nano', 'nano-lab2', 'nano-lab10'))
    for what, words in (('the dimmer', r'^ SPACE STOP .* \+ - lamp '), ('its digit', r'^   2 lamp '),
                        ('the other device', r'  n/p device  g devices  A all  '), ('how many there are', r'1 of 3 devices'),
                        ('a command line', r'  : command  '), ('another channel', r' Tab channel  '),
                        ('what assumed means', r'^ assumed: nobody measures a servo; its first move began somewhere unknown'),
                        ('the rest', r'  \? help')):
        try:
            s.wait(words, 2)
        except harness.Failure:
            check(False, '%s: no %r on the screen' % (what, words))
    s.press('n')
    s.wait('channels of nano-lab2')
    stage.processes[2].kill()
    s.wait('nano-lab2 +✗ offline')
    s.press('up')
    s.wait(r'^ ✗ nano-lab2 is offline')


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


    screens.steady(s, 0.2)
    compare(s, 'long-names-50x20')


@scenario(timeout=120)
def three_devices_on_white(stage):
    s = three(stage, ('nano', 'nano-lab2', 'nano-lab10'), background=screens.LIGHT)
    screens.steady(s, 0.2)
    compare(s, 'white-80x24', styles=True)
    s.resize(30, 120)
    compare(s, 'white-120x30', styles=True)


@scenario(timeout=120)
def three_devices_where_ambiguous_characters_are_wide(stage):
    s = three(stage, ('nano', 'nano-lab2', 'nano-lab10'), ambiguous=2)
    screens.steady(s, 0.2)
    compare(s, 'wide-80x24')
    for rows, columns in ((30, 120), (10, 40)):
        s.resize(rows, columns)
        compare(s, 'wide-%dx%d' % (columns, rows))


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
    screens.at_rest(s, r'45\.0°')
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
    s.press('esc')  # the same key again at once would be a held one, and one behind an ESC a key with Alt
    s.gone('still reports')
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
