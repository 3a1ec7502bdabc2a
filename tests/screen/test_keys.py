# SPDX-License-Identifier: MIT
"""Keys that never surprise: steps, stop, lines, pastes."""
import re
import time

import screen as screens
from screen import STOP_RED, check, equal, harness, live, scenario

SLOW = '''
servo tilt { pwm = "sim" hz = 50 pulse = {500, 2500} angle = {-90, 90} limit = {-90, 90} step = 1 speed = %d
             accel = 600 axis = tilt start = off safe = off lost = hold exit = hold idle_off = 0 }
switch led { gpio = "sim" start = off safe = off lost = hold }
'''
FRAME = 0.034


@scenario(serial=True)
def up_moves_and_the_echo_is_there_within_a_frame(stage):
    _, agent, s = live(stage)
    screens.steady(s, 0.1)
    took = []
    for number in range(1, 8):
        s.press('up')
        took.append(s.wait(r'tilt 45 |°.*→ %d\.0°|   %d\.0°' % (number * 5, number * 5)))
        s.wait(r'   %d\.0°( assumed)? +\d+ µs' % (number * 5))
        s.gone('moving')  # until then a further step is dropped
    took.sort()
    check(took[len(took) // 2] < FRAME * harness.PATIENCE, 'key to echo on the screen: %r' % took)
    s.wait(r'tilt_up +sent  ✓ broker \d+\.\d ms  ✓ jetson \d+\.\d ms  ok')
    check(agent.pulses(), 'the servo moved')


@scenario(timeout=90, plain=True)
def holding_up_and_letting_go_runs_on_two_steps_at_most(stage):
    broker, _, s = live(stage, channels=SLOW % 5)
    watcher = stage.watcher(broker)
    s.command('tilt -90')
    s.wait(r'−90\.0°', 40)
    s.gone(r'moving', 40)
    start = time.monotonic()
    pressed = 0
    while time.monotonic() - start < 20:
        s.press('up')
        pressed += 1
        time.sleep(max(0, start + pressed / 25 - time.monotonic()))
    released = time.monotonic()
    check(pressed > 400, 'the key repeats 25 times a second: %d' % pressed)
    s.gone(r'moving')
    screens.steady(s)
    reports = [r for r in watcher.since() if r.status and r.channel('tilt').get('deg') is not None]
    at_release = [r for r in reports if r.at <= released][-1].channel('tilt')['deg']
    after = {r.last['n'] for r in reports if r.at > released} - {r.last['n'] for r in reports if r.at <= released}
    end = reports[-1].channel('tilt')['deg']
    check(end > -60, 'it moved while the key was held: %s' % end)
    check(len(after) <= 2, 'commands after letting go: %d' % len(after))
    check(end - at_release <= 2 * 5 + 0.5, 'ran on from %s to %s' % (at_release, end))
    check(not [r for r in reports if r.last.get('result') == 'expired'], 'no command came too late')


@scenario
def letting_go_stops_with_a_fast_servo_too(stage):
    broker, _, s = live(stage, channels=SLOW % 60)
    watcher = stage.watcher(broker)
    for _ in range(50):
        s.press('up')
        time.sleep(0.04)
    mark = watcher.mark()
    screens.steady(s)
    before = {r.last['n'] for r in watcher.since()[:mark] if r.last}
    late = {r.last['n'] for r in watcher.since(mark) if r.last} - before
    check(len(late) <= 2, 'commands after letting go: %r' % late)


@scenario
def space_stops_what_moves(stage):
    broker, _, s = live(stage, channels=SLOW % 10)
    watcher = stage.watcher(broker)
    s.command('tilt 80')
    s.wait('moving')
    mark = watcher.mark()
    s.press('space')
    report = watcher.result('SPACE', mark, cmd='stop')
    equal(report.last['result'], 'ok', 'stop')
    s.wait(r'▴ stop +sent .* ok$')
    s.gone('moving')
    end = watcher.since()[-1].channel('tilt')
    check(end['deg'] < 70 and not end['moving'], 'it holds on its way: %r' % end)


@scenario
def the_ideographic_space_stops_too(stage):
    broker, _, s = live(stage)
    watcher = stage.watcher(broker)
    mark = watcher.mark()
    s.bytes('\u3000')
    watcher.result('U+3000', mark, cmd='stop')


@scenario
def space_in_a_line_types_and_stops(stage):
    broker, _, s = live(stage, channels=SLOW % 10)
    watcher = stage.watcher(broker)
    s.command('tilt 80')
    s.wait('moving')
    s.press(':')
    s.wait('^ :')
    s.write('tilt')
    mark = watcher.mark()
    s.press('space')
    watcher.result('SPACE in a line', mark, cmd='stop')
    s.write('5')
    s.wait(r'^ :tilt 5')
    s.press('esc')
    s.gone(r'^ :')


@scenario
def the_command_line_completes_recalls_and_sends(stage):
    broker, _, s = live(stage)
    watcher = stage.watcher(broker)
    s.press(':')
    s.wait('^ :')
    check(s.cursor()[2] == 'visible', 'a text cursor')
    equal(s.cursor()[:2], (22, 2), 'behind the prompt')
    s.write('led_o')
    s.press('tab')
    s.wait(r'^ led_on  led_off')
    s.wait(r'^ :led_o$')
    s.press('tab')
    s.wait(r'^ :led_on')
    s.press('tab')
    s.wait(r'^ :led_off')
    s.press('backspace', 'backspace')
    s.wait(r'^ :led_o$')
    mark = watcher.mark()
    s.write('n')
    s.press('enter')
    watcher.result('led_on', mark, cmd='led_on', result='ok')
    s.wait('led +◉ on')
    s.gone(r'^ :')
    s.press(':')
    s.wait('^ :')
    s.press('up')
    s.wait('^ :led_on')
    s.press('left', 'left')
    harness.wait_for(lambda: s.cursor()[1] == 6, 'arrows edit in a line')
    pulses = [r for r in watcher.since() if r.last.get('cmd') == 'tilt_up']
    check(not pulses, 'arrows in a line move nothing')
    s.press('esc')
    s.gone(r'^ :')


@scenario
def a_paste_is_text_in_a_line_and_nothing_elsewhere(stage):
    broker, _, s = live(stage)
    watcher = stage.watcher(broker)
    mark = watcher.mark()
    s.bytes('\x1b[200~t o x y\r \x1b[201~')
    s.wait(r'[Pp]aste')
    s.bytes('led_on\r')
    screens.steady(s)
    s.press(':')
    s.wait('^ :')
    s.bytes('\x1b[200~tilt 7\x1b[201~')
    s.wait(r'^ :tilt 7')
    time.sleep(0.1)  # what comes within 30 ms behind a paste is still pasted
    check({r['cmd'] for r in watcher.results(mark)} <= {'status'},
          'nothing pasted was carried out: %r' % watcher.results(mark))
    s.press('enter')
    watcher.result('the pasted line, entered by hand', mark, cmd='tilt 7', result='ok')


@scenario
def unknown_sequences_and_the_mouse_do_nothing(stage):
    broker, _, s = live(stage)
    watcher = stage.watcher(broker)
    screens.steady(s)
    mark = watcher.mark()
    for raw in ('\x1b[M !!', '\x1b[<0;5;5M', '\x1b]11;rgb:0000/0000/0000\x07', '\x1b[?62;c', '\x1b[99~', '\x1b[I',
                '\x1b[O', '\x1bPq t o x\x1b\\'):
        s.bytes(raw)
    screens.steady(s)
    commands = [r['cmd'] for r in watcher.results(mark)]
    check(set(commands) <= {'status'}, 'no command: %r' % commands)
    equal(s.ask('exited 0'), 'timeout', 'alive')


@scenario
def all_outputs_safe_asks_first(stage):
    broker, agent, s = live(stage)
    s.press('o')
    s.wait('led +◉ on')
    s.press('x')
    s.wait(r'safe state\?.*y')
    equal(s.cell_of('safe state?').bg, STOP_RED, 'the question stands out')
    s.press('k')
    s.gone(r'safe state\?')
    check(agent.changes('led')[-1][2] == 'on', 'any other key cancels')
    time.sleep(0.8)
    s.press('x')
    s.wait(r'safe state\?')
    s.press('y')
    s.wait('led +◌ off')


@scenario
def a_held_toggle_is_ignored_with_a_hint(stage):
    _, agent, s = live(stage)
    s.press('t')
    s.wait('led +◉ on')
    for _ in range(5):
        time.sleep(0.04)
        s.press('t')
    s.wait(r'held')
    equal(len(agent.changes('led')), 1, 'switched once')


@scenario
def the_filter_shows_only_what_contains_it(stage):
    _, _, s = live(stage)
    s.press('t')
    s.wait(r'led_toggle .* ok')
    s.press('up')
    s.wait(r'tilt_up .* ok')
    s.press('/')
    s.wait(r'^ /')
    s.write('toggle')
    s.gone(r'▴ tilt_up')
    s.wait(r'▴ led_toggle')
    s.press('enter')
    s.wait(r'^ /toggle')
    s.press('esc')
    s.wait(r'▴ tilt_up')


@scenario
def others_commands_are_marked(stage):
    broker, _, s = live(stage)
    stage.pub(broker, '{"cmd":"led_on","id":"7c21abcdef-1"}')
    s.wait(r'  led_on +from 7c21…  ok')
    s.wait(r'^ jetson .* 7c21… commands too')


@scenario
def hangul_mode_is_told(stage):
    _, _, s = live(stage)
    s.bytes('ㅐ')
    s.wait(r'Hangul')


@scenario
def read_only_sends_stop_and_nothing_else(stage):
    broker, agent, s = live(stage, '--read-only')
    watcher = stage.watcher(broker)
    s.wait(r'read-only')
    mark = watcher.mark()
    s.press('t')
    s.wait(r'✗ .*read-only')
    s.press('space')
    watcher.result('SPACE', mark, cmd='stop')
    check(not agent.changes('led'), 'nothing switched')
    check(not [r for r in watcher.results(mark) if not re.match('stop|status', r['cmd'])], 'nothing else was sent')


@scenario
def i_shows_who_the_device_is_and_where_to_log_in(stage):
    broker, agent, s = live(stage)
    watcher = stage.watcher(broker, topics=['jetson/about'])
    addresses = watcher.wait(lambda r: r.status, 'about').status['addresses']
    s.press('i')
    s.wait(r'^ jetson *$')
    s.wait(r'host +\S+')
    s.wait(r'nano-agent +[0-9]')
    s.wait(r'configuration +' + agent.config_path[:20])
    if addresses:
        s.wait(r'address +' + addresses[0]['ip'].replace('.', r'\.'))
    s.press('up')
    s.press('q')
    s.wait(r'tilt +−45')
    equal([r['cmd'] for r in stage.watcher(broker).results() if r['cmd'] != 'status'], [], 'commands')


@scenario
def clearing_a_device_that_is_gone_clears_what_it_said_of_itself(stage):
    broker, agent, s = live(stage)
    watcher = stage.watcher(broker, topics=['jetson/about'])
    watcher.wait(lambda r: r.status, 'about')
    agent.terminate()
    s.wait(r'✗ offline \(stopped\)')
    mark = watcher.mark()
    s.press('D')
    s.wait(r'Clear the last report')
    s.press('y')
    watcher.wait(lambda r: not r.payload, 'about is cleared', mark)


if __name__ == '__main__':
    harness.main()
