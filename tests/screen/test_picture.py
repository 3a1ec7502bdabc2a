# SPDX-License-Identifier: MIT
"""What is on the screen: the look at 80 x 24, other sizes, colours, signs, ages."""
import os
import re
import signal
import time

import screen as screens
from screen import CYAN, GREEN, GREY, RED, STOP_RED, WHITE, YELLOW, check, equal, harness, live, scenario, tui

CHANNELS = '''
servo tilt { pwm = "sim" hz = 50 pulse = {1000, 2000} angle = {-45, 45} limit = {-45, 45} step = 5 speed = 120
             accel = 600 axis = tilt start = off safe = off lost = hold exit = hold idle_off = 0 }
servo pan { pwm = "sim" hz = 50 pulse = {1000, 2000} angle = {-90, 90} limit = {-90, 90} step = 5 speed = 120
            accel = 600 axis = pan start = off safe = off lost = hold exit = hold idle_off = 0 }
switch led { gpio = "sim" start = off safe = off lost = hold }
dimmer lamp { pwm = "sim" hz = 1000 }
input button { gpio = "sim" }
'''


def match(row, pattern, what):
    check(re.search(pattern, row), '%s: %r does not look like %r' % (what, row, pattern))


@scenario
def the_first_screen_at_80x24(stage):
    broker, _, s = live(stage, channels=CHANNELS)
    s.press('up')
    s.wait(r'tilt_up +sent .* ok 5\.0°$')
    screens.at_rest(s, r'   5\.0°')
    s.press('2')
    s.wait(r'lamp_toggle .* ok 100 %$')
    s.command('lamp 40')
    s.wait(r'lamp 40 .* ok 40 %$')
    screens.at_rest(s, r'   5\.0°')
    s.wait(r'load +\d')  # health comes with the first heartbeat
    rows = s.dump()
    equal(len(rows), 24, 'rows')
    match(rows[0], r'^ jetson · 127\.0\.0\.1:%d +◉ connected   [\d.]+ ms(  median [\d.]+  max [\d.]+)?  \d\d:\d\d:\d\d$'
          % broker.port, 'header; a slow answer needs the place of the statistics')
    equal(len(rows[0]), 79, 'the header ends one cell before the edge')
    equal(rows[1], '', 'a gap')
    match(rows[2], r'^ jetson          ◉ live  \d\.\d s   tilt 5\.0°   pan off   led off   lamp 40 %', 'device')
    equal(rows[3], '', 'a gap')
    match(rows[4], r'^ ▸ tilt   −45 ├─+┼─*▮─+┤ \+45     5\.0° assumed +15\d\d µs$', 'tilt')
    match(rows[5], r'^   pan    −90 ├─+┼─+┤ \+90  off$', 'pan')
    equal(rows[4].index('├'), rows[5].index('├'), 'the gauges begin in one column')
    equal(rows[4].index('┤'), rows[5].index('┤'), 'the gauges end in one column')
    match(rows[6], r'^ ▸ 1 led    ◌ off$', 'led')
    match(rows[7], r'^   2 lamp   ◉ █+─+  40 %$', 'lamp')
    bar = re.search(r'█+─+', rows[7]).group(0)
    check(abs(bar.count('█') / len(bar) - 0.4) < 0.06, 'the bar shows 40 %%: %r' % bar)
    match(rows[8], r'^     button ◌ off$', 'button')
    match(rows[9], r'^ assumed: nobody measures a servo', 'what assumed means')
    equal(rows[10], '', 'a gap')
    match(rows[11], r'^ (CPU|load|mem|up) .*up \d', 'health')
    equal(rows[12], '', 'a gap')
    match(rows[13], r'^ \d\d:\d\d:\d\d\.\d{3} ▴ tilt_up     sent  (✓ broker [\d.]+ m?s  )?✓ jetson [\d.]+ m?s  ok 5\.0°$',
          'event')
    match(rows[23], r'^ SPACE STOP  ↑↓ tilt ←→ pan \[ \] 5° c o/f/t led \+ - lamp x Tab : / \? q quit$', 'footer')
    # colours: what they say, and that the background is the terminal's own
    for text, color in (('◉ live', GREEN), ('◉ connected', GREEN), ('▸ tilt', CYAN), ('├', GREY),
                        ('button ◌', 'default')):
        cell = s.cell_of(text)
        equal((cell.fg, cell.bg), (color, 'default'), 'colour of %r' % text)
    stop = s.cell(23, 1)
    equal((stop.sign, stop.fg, stop.bg), ('S', WHITE, STOP_RED), 'STOP')
    s.resize(24, 110)
    s.wait(r'◉ connected   [0-9.]+ ms  median [0-9.]+  max [0-9.]+  [0-9:]+$')


@scenario
def what_moves_is_bold_and_shows_where_it_goes(stage):
    channels = CHANNELS.replace('speed = 120', 'speed = 10', 1)
    _, _, s = live(stage, channels=channels)
    s.command('tilt 30')
    s.wait(r'tilt +−45 ├─+┼?─*▮─+▹─+┤ \+45 +\d+\.\d° → 30\.0° +\d+ µs')
    s.wait(r'◉ live .* moving')
    for text in ('▮', '▹', 'tilt   −45', '° → 30.0°', 'moving'):
        check(s.cell_of(text).bold, '%r is bold while it moves' % text)
    check(not s.cell_of('pan    −90').bold, 'what rests is not bold')
    s.press('space')
    s.wait(r'stop +sent.* ok$')
    s.gone('moving')
    check(not s.cell_of('▮').bold, 'what came to rest is not bold')
    time.sleep(0.6)  # after a stop motion is refused for so long
    s.command('tilt -30')
    s.wait(r'◃─*┼?─*▮')
    s.press('space')


@scenario
def a_command_that_waits_for_its_answer_is_shown_all_the_same(stage):
    _, agent, s = live(stage)
    screens.steady(s, 0.2)
    agent.signal(signal.SIGSTOP)
    s.press('t')
    s.wait(r'▴ led_toggle +sent')
    agent.signal(signal.SIGCONT)
    s.wait(r'▴ led_toggle +sent .* ok on$')


@scenario
def led_toggles_with_its_colour(stage):
    _, agent, s = live(stage)
    row = s.row('1 led')
    s.wait(r'1 led +◌ off')
    equal(s.cell_of('◌ off').fg, GREY, 'off recedes')
    s.press('t')
    s.wait(r'1 led +◉ on')
    for offset in (0, 2):
        cell = s.cell_of('◉ on', offset)
        equal((cell.fg, cell.bg), (GREEN, 'default'), 'on')
    equal(s.row('1 led'), row, 'the row stays')
    harness.wait_for(lambda: agent.changes('led') and agent.changes('led')[-1][2] == 'on', 'the output is on')
    s.press('f')
    s.wait(r'1 led +◌ off')
    harness.wait_for(lambda: agent.changes('led')[-1][2] == 'off', 'the output is off')
    s.press('1')
    s.wait(r'1 led +◉ on')


@scenario
def tab_moves_the_cursor_with_the_selection(stage):
    _, _, s = live(stage, channels=CHANNELS)
    screens.steady(s, 0.1)
    equal(s.cursor(), (4, 1, 'hidden'), 'the cursor rests on the focused row')
    for row in (5, 6, 7):
        s.press('tab')
        harness.wait_for(lambda: s.cursor()[0] == row, 'the cursor is in row %d' % row)
        equal(s.cell(row, 1).sign, '▸', 'marked')
        equal(s.cell(row, 1).fg, CYAN, 'focused')
    marked = [number for number, line in enumerate(s.dump()) if line.startswith(' ▸')]
    equal(marked, [5, 7], 'one servo and one output, both marked')
    equal(s.cell(5, 1).fg, GREY, 'the other selection recedes')


@scenario
def the_linux_console_gets_signs_that_its_fonts_have(stage):
    _, _, s = live(stage, env={'TERM': 'linux'})
    s.wait(r'@ connected')
    only_ascii(s)
    equal(s.modes()['title'], '', 'no title, which it would print')


@scenario
def a_limit_is_marked_and_a_refusal_is_wrong(stage):
    _, _, s = live(stage)
    s.command('tilt 45')
    s.wait(r'tilt 45 +sent.* ok 45\.0°$')
    screens.at_rest(s, r'45\.0°')
    s.press('up')
    s.wait(r'tilt_up +sent .* limit')
    equal(s.cell_of('limit').fg, YELLOW, 'a limit deserves a look')
    s.command('tilt_upp')
    s.wait(r'✗ .*tilt_up')
    equal(s.cell_of('✗').fg, RED, 'a refusal is wrong')


@scenario
def resized_down_to_one_cell_and_back(stage):
    _, agent, s = live(stage, channels=CHANNELS)
    s.press('up')
    s.wait(r'tilt_up .* ok 5')
    full = s.dump()
    # dropped in this order: health, devices (to one line), events (to its last line), header
    s.resize(12, 80)
    s.gone(r'^ (CPU|load) ')
    check(s.dump()[0].startswith(' jetson · '), 'the header is still there')
    s.resize(9, 80)
    s.wait(r'^ ▸ tilt')
    rows = s.dump()
    check(rows[-1].startswith(' SPACE STOP'), 'the last row is STOP')
    check(any('button' in row for row in rows), 'the channels are worth more than the rest')
    s.resize(6, 80)
    s.wait(r'^ ▸ tilt')
    check('connected' not in '\n'.join(s.dump()), 'the header is gone')
    equal(s.cell(5, 79).sign, '◉', 'the last cell is the link')
    for rows, columns in ((3, 20), (2, 12), (1, 11), (1, 5), (1, 2)):
        s.resize(rows, columns)
        s.wait(r'S.*◉$')
        last = s.dump()[-1]
        check(last.endswith('◉') and last.strip('◉ ')[:4] in ('SPAC', 'STOP', 'S', 'SP'),
              '%dx%d: %r' % (rows, columns, last))
    s.resize(1, 1)
    s.wait(r'^◉$')
    s.press('space')
    # STOP works at 1 x 1: the device got it
    harness.wait_for(lambda: re.search(r'\bstop\b.*: ok', agent.err()), 'the agent logs the stop')
    s.resize(24, 80)
    s.wait(r'▴ stop +sent .* ok$')
    rows = s.dump()
    for number in (0, 2, 4, 5, 6, 7, 8, 23):
        equal(rows[number][:16], full[number][:16], 'row %d is back' % number)
    s.resize(50, 200)
    s.wait(r'├[─┼▮]{58}┤ \+45')
    s.resize(24, 80)
    s.wait(r'^ ▸ tilt   −45 ├.{33}┤ \+45')


@scenario
def a_wider_screen_stretches_nothing_only_to_fill(stage):
    _, _, s = live(stage, rows=60, columns=119)
    s.wait(r'├[─┼]{58}┤ \+45')
    s.resize(100, 300)
    s.wait(r'├[─┼]{58}┤ \+45')


@scenario
def help_lists_the_keys_and_searches(stage):
    _, _, s = live(stage)
    s.press('?')
    s.wait(r'^ Moving')
    rows = s.dump()
    check(any(row.startswith(' ↑ k') for row in rows), 'the arrow is in the help')
    equal(s.cell_of('↑ k').fg, CYAN, 'keys stand out')
    s.press('down')
    s.gone(r'^ Moving$')
    s.press('/')
    s.wait(r'^ /$')
    s.write('quit')
    s.press('enter')
    s.wait(r'^ (Esc|q)')
    s.press('esc')
    s.wait(r'^ Moving')
    s.press('q')
    s.wait(r'^ ▸ tilt')
    equal(s.ask('exited 100'), 'timeout', 'q in help closes help and does not leave')


@scenario
def stale_reports_say_so_and_fade(stage):
    _, agent, s = live(stage)
    os.kill(agent.pid, signal.SIGSTOP)
    s.wait(r'◌ stale [3-9](\.\d)? s', 15)
    equal(s.cell_of('◌ stale').fg, YELLOW, 'stale deserves a look')
    for text in ('tilt   −45', '+45  off', 'led    ◌'):
        equal(s.cell_of(text).fg, GREY, 'old values fade: %r' % text)
    s.press('up')
    s.wait(r'✗ .*(stale|silent|not heard|no report)')
    os.kill(agent.pid, signal.SIGCONT)
    s.wait(r'◉ live')


@scenario
def several_devices_and_all_of_them(stage):
    broker = stage.broker()
    first = stage.agent(broker, args=['--device', 'nano'], name='nano')
    second = stage.agent(broker, args=['--device', 'nano-lab2'], name='nano-lab2')
    s = tui(stage, broker)
    s.wait(r'^▸?.?nano +◉ live .* 1 of 2 devices')
    s.wait(r'nano-lab2 +◉ live .*led off')
    check(s.dump()[2].startswith('▸nano '), 'the selected one is marked')
    s.press('n')
    s.wait(r'2 of 2 devices')
    s.wait(r'^▸nano-lab2')
    s.press('t')
    harness.wait_for(lambda: second.changes('led'), 'the second is switched')
    check(not first.changes('led'), 'the first is not')
    s.press('a')
    s.wait(r'^  ALL ')
    check(s.cell_of('ALL').bg == STOP_RED, 'ALL stands out')
    check(s.dump()[2].startswith('▸nano ') and s.dump()[3].startswith('▸nano-lab2'), 'all are marked')
    s.press('o')
    harness.wait_for(lambda: first.changes('led') and first.changes('led')[-1][2] == 'on', 'the first is on too')
    s.press('esc')
    s.gone(r'^  ALL ')


@scenario
def no_color_has_none_and_says_the_same(stage):
    _, _, s = live(stage, env={'NO_COLOR': '1'})
    s.press('t')
    s.wait(r'◉ on')
    for number, row in enumerate(s.dump()):
        for column in range(0, len(row), 3):
            cell = s.cell(number, column)
            equal((cell.fg, cell.bg), ('default', 'default'), 'cell %d,%d of %r' % (number, column, row))
    check(s.cell(23, 1).reverse, 'STOP stands out without a colour')
    s.signal(signal.SIGTERM)
    equal(s.exited(), 'exit 143', 'end')


@scenario
def an_empty_no_color_does_not_count(stage):
    _, _, s = live(stage, env={'NO_COLOR': ''})
    equal(s.cell_of('◉ live').fg, GREEN, 'colour')


@scenario
def eight_colours_are_enough(stage):
    _, _, s = live(stage, env={'TERM': 'xterm-color'})
    equal(s.cell_of('live', -2).fg, '2', 'live')
    check(s.cell(23, 1).reverse, 'STOP')


def only_ascii(s):
    for row in s.dump():
        check(all(ord(sign) < 0x7F for sign in row), 'only ASCII: %r' % row)


@scenario
def ascii_shows_everything_without_a_sign_above_7e(stage):
    _, _, s = live(stage, '--ascii', channels=CHANNELS)
    s.press('up')
    s.wait(r'tilt_up +sent .* ok 5\.0d$')
    s.wait(r'> tilt +-45 \[-+\|?-*#-*\] \+45 +5\.0d')
    s.press('t')
    s.wait(r'1 led +@ on')
    only_ascii(s)
    s.press('?')
    s.wait(r'^ Moving')
    only_ascii(s)


@scenario
def a_plain_locale_gets_ascii(stage):
    _, _, s = live(stage, env={'LC_ALL': 'C', 'LANG': 'C'})
    s.wait(r'@ live')
    only_ascii(s)


@scenario
def a_terminal_of_wide_ambiguous_signs_gets_ascii(stage):
    _, _, s = live(stage, ambiguous=2)
    s.wait(r'@ live')
    s.wait(r'@ connected')
    only_ascii(s)


@scenario
def an_unknown_terminal_is_taken_for_xterm(stage):
    _, _, s = live(stage, env={'TERM': 'no-such-terminal'})
    s.wait(r'◉ connected')



@scenario
def what_has_no_room_ends_in_an_ellipsis(stage):
    _, _, s = live(stage, columns=60)
    s.command('tilt 20 30 40')
    s.wait('✗ “30” is too much: .*…$')


@scenario
def a_line_that_says_stop_stops(stage):
    broker, _, s = live(stage)
    watcher = stage.watcher(broker)
    for line in ('stop!', 'tilt stop', 'Stop now'):
        mark = watcher.mark()
        s.command(line)
        s.wait('is no command: taken as STOP')
        watcher.result('%r stops' % line, mark, cmd='stop', result='ok')

if __name__ == '__main__':
    harness.main()
