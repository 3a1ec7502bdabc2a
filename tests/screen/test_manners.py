# SPDX-License-Identifier: MIT
"""Terminal manners: every mode that was set is undone, however it ends; signals, hang-up, suspension."""
import os
import random
import re
import signal
import time

import screen as screens
from screen import check, equal, harness, live, scenario, tui

SLOW_SECONDS = float(os.environ.get('SLOW_TERMINAL_SECONDS', '12'))  # 75 shows more than the kernel's buffers

MOVING = '''
servo tilt { pwm = "sim" hz = 50 pulse = {500, 2500} angle = {-90, 90} limit = {-90, 90} step = 5 speed = 5
             accel = 600 axis = tilt start = off safe = off lost = hold exit = hold idle_off = 0 }
'''


def modes_are_set(s):
    modes = s.modes()
    check(modes['alternate'] and modes['paste'] and modes['focus'], 'while it runs: %r' % modes)
    check(not modes['cursor'], 'the cursor is hidden: %r' % modes)
    check('raw' in s.termios(), 'raw: %s' % s.termios())
    check(modes['title'], 'a title: %r' % modes)
    check(modes['mouse'], 'wheel and clicks are reported: %r' % modes)
    equal(modes['keyboard'], (0, 1), 'the kitty protocol is out of force on the alternate screen')


def modes_are_undone(s, before):
    modes = s.modes()
    check(not modes['alternate'], 'the main screen is back: %r' % modes)
    check(not modes['paste'], 'bracketed paste is off: %r' % modes)
    check(not modes['focus'], 'focus reports are off: %r' % modes)
    check(modes['cursor'], 'the cursor is visible: %r' % modes)
    equal(modes['titles'], 0, 'the title is given back')
    check(not modes['mouse'], 'the mouse is the terminal\'s again: %r' % modes)
    equal(modes['keyboard'], (0, 0), 'the keyboard is as it was')
    equal(s.termios(), before, 'the tty modes')


def started(stage, channels=harness.CHANNELS, **options):
    """A live screen, and the tty's modes before it began."""
    broker = stage.broker()
    agent = stage.agent(broker, channels=channels)
    gate = os.path.join(stage.directory, 'gate')
    os.mkfifo(gate)
    argv = ['/bin/sh', '-c', 'echo before-it; read x <"$0"; exec "$@"', gate, harness.program('pc-tui')]
    argv += broker.options()
    s = screens.Screen(stage, argv, **options)
    s.wait('^before-it')
    before = s.termios()
    check('cooked' in before, 'a shell leaves it cooked')
    with open(gate, 'w', encoding='ascii') as f:
        f.write('go\n')
    s.wait('(◉|@) live')
    screens.steady(s, 0.1)
    modes_are_set(s)
    return broker, agent, s, before


@scenario
def q_restores_the_terminal(stage):
    _, _, s, before = started(stage)
    s.press('q')
    equal(s.exited(), 'exit 0', 'end')
    modes_are_undone(s, before)
    check('before-it' in s.dump()[0], 'what stood there stands there again')
    check(not any('SPACE STOP' in row for row in s.dump()), 'nothing of ours is left')
    equal(s.err(), '', 'stderr')


@scenario
def ctrl_c_leaves_too(stage):
    _, _, s, before = started(stage)
    s.bytes('\x03')
    equal(s.exited(), 'exit 0', 'end')
    modes_are_undone(s, before)


@scenario
def sigterm_restores_the_terminal(stage):
    _, _, s, before = started(stage)
    s.signal(signal.SIGTERM)
    equal(s.exited(), 'exit 143', '128 + the signal')
    modes_are_undone(s, before)


@scenario
def sighup_restores_the_terminal(stage):
    _, _, s, before = started(stage)
    s.signal(signal.SIGHUP)
    equal(s.exited(), 'exit 129', '128 + the signal')
    modes_are_undone(s, before)


def crash(stage, number):
    _, _, s, before = started(stage, env={'ASAN_OPTIONS': 'detect_leaks=0:handle_segv=0:handle_sigbus=0:handle_abort=0'
                                                          ':handle_sigfpe=0:handle_sigill=0'})
    s.signal(number)
    equal(s.exited(), 'signal %d' % number, 'the crash stays a crash')
    modes_are_undone(s, before)


@scenario
def a_segmentation_fault_restores_the_terminal(stage):
    crash(stage, signal.SIGSEGV)


@scenario
def an_abort_restores_the_terminal(stage):
    crash(stage, signal.SIGABRT)


@scenario
def leaving_stops_what_this_screen_moves(stage):
    broker, _, s, before = started(stage, MOVING)
    watcher = stage.watcher(broker)
    s.command('tilt 80')
    s.wait('moving')
    mark = watcher.mark()
    s.press('q')
    equal(s.exited(), 'exit 0', 'end')
    watcher.result('leaving', mark, cmd='stop')
    modes_are_undone(s, before)


@scenario
def leaving_at_rest_sends_nothing(stage):
    broker, _, s, _ = started(stage)
    watcher = stage.watcher(broker)
    mark = watcher.mark()
    s.press('q')
    equal(s.exited(), 'exit 0', 'end')
    watcher.wait(lambda r: r.online and not r.retained, 'a heartbeat after it', watcher.mark())
    check(not [r for r in watcher.results(mark) if r['cmd'] == 'stop'], 'no stop was sent')


@scenario
def a_closed_terminal_stops_what_moves(stage):
    broker, _, s, _ = started(stage, MOVING)
    watcher = stage.watcher(broker)
    pid = s.pid()
    s.command('tilt 80')
    s.wait('moving')
    mark = watcher.mark()
    s.hangup()
    watcher.result('hang-up', mark, cmd='stop')
    equal(s.exited(), 'exit 129', 'pid %d ended as after SIGHUP' % pid)


def slow_scenario(function):
    """Runs for SLOW_SECONDS, 12 by default."""
    return scenario(function, serial=True, timeout=int(60 + 2 * SLOW_SECONDS))


def stops_reach_the_wire(stage, s, watcher, seconds):
    """For so long: the servo moves, and SPACE at any moment is at the broker within 100 ms."""
    until = time.monotonic() + seconds
    took, goal = [], 80
    while time.monotonic() < until:
        mark = watcher.mark()
        s.bytes(':tilt %d\r' % goal)
        watcher.result('a command', mark, cmd='tilt %d' % goal)
        goal = -goal
        time.sleep(random.uniform(0.05, 0.6))
        mark, pressed = watcher.mark(), time.monotonic()
        s.press('space')
        report = watcher.result('SPACE', mark, cmd='stop')
        took.append(report.at - pressed)
        time.sleep(0.6)  # the agent forgives motion for half a second after a stop
    # One may have met another program of a busy machine; a terminal that holds things up does so for seconds, and each time.
    took.sort()
    check(took[-2] < 0.1 * harness.PATIENCE and took[-1] < 0.5 * harness.PATIENCE, 'SPACE to the echo at the broker: %r' % took)


def a_slow_terminal(stage, rate):
    broker, _, s, _ = started(stage, MOVING)
    watcher = stage.watcher(broker)
    s.rate(rate)
    # Ctrl-L asks for the whole picture again: until nothing more goes in.
    for _ in range(60):
        s.bytes('\x0c')
        time.sleep(0.01)
    stops_reach_the_wire(stage, s, watcher, SLOW_SECONDS)
    mark = watcher.mark()
    s.bytes(':tilt 85\r')
    watcher.result('a command', mark, cmd='tilt 85')
    mark, told = watcher.mark(), time.monotonic()
    s.signal(signal.SIGTERM)
    watcher.result('SIGTERM', mark, cmd='stop')
    equal(s.exited(), 'exit 143', '128 + the signal')
    took = time.monotonic() - told
    check(took < 1 * harness.PATIENCE, 'SIGTERM to the end: %.2f s' % took)


@slow_scenario
def a_terminal_that_reads_nothing_delays_no_stop(stage):
    a_slow_terminal(stage, 0)


@slow_scenario
def a_terminal_that_reads_960_bytes_a_second_delays_no_stop(stage):
    a_slow_terminal(stage, 960)


@scenario
def q_leaves_a_terminal_that_reads_nothing(stage):
    _, _, s, before = started(stage, MOVING)
    s.rate(0)
    for _ in range(60):
        s.bytes('\x0c')
        time.sleep(0.01)
    pressed = time.monotonic()
    s.press('q')
    equal(s.exited(), 'exit 0', 'end')
    took = time.monotonic() - pressed
    check(took < 1 * harness.PATIENCE, 'q to the end: %.2f s' % took)
    equal(s.termios(), before, 'the tty modes')


@scenario
def a_terminal_stopped_by_ctrl_s_is_left_all_the_same(stage):
    broker, _, s, before = started(stage, MOVING)
    watcher = stage.watcher(broker)
    s.command('tilt 80')
    s.wait('moving')
    equal(s.ask('flow off'), 'ok', 'stopping the output')
    s.bytes('\x0c')
    mark = watcher.mark()
    s.press('space')
    watcher.result('SPACE', mark, cmd='stop')
    told = time.monotonic()
    s.signal(signal.SIGHUP)
    equal(s.exited(), 'exit 129', '128 + the signal')
    took = time.monotonic() - told
    check(took < 1 * harness.PATIENCE, 'SIGHUP to the end: %.2f s' % took)
    equal(s.termios(), before, 'the tty modes')


@scenario
def a_crash_restores_a_terminal_that_reads_nothing(stage):
    _, _, s, before = started(stage, env={'ASAN_OPTIONS': 'detect_leaks=0:handle_segv=0'})
    s.rate(0)
    for _ in range(60):
        s.bytes('\x0c')
        time.sleep(0.01)
    s.signal(signal.SIGSEGV)
    equal(s.exited(), 'signal 11', 'the crash stays a crash')
    equal(s.termios(), before, 'the tty modes')
    s.rate(-1)
    harness.wait_for(lambda: not s.modes()['alternate'], 'the main screen')
    modes_are_undone(s, before)


@scenario
def a_slow_terminal_sees_the_newest_picture_next(stage):
    _, _, s, _ = started(stage)
    s.rate(0)
    for _ in range(60):
        s.bytes('\x0c')
        time.sleep(0.01)
    for _ in range(3):
        s.bytes('t')
        time.sleep(0.8)
    before = s.drawn()
    s.rate(-1)
    s.wait(r'led +◉ on')
    s.wait(r'led_toggle .* ok')
    # What the kernel keeps for the terminal is 64 KiB; behind that comes one picture, not all that were missed.
    check(s.drawn() - before < 160000, 'drawn: %d bytes' % (s.drawn() - before))


def time_shown(s):
    """The time at the right end of the header, in seconds of the day."""
    found = re.search(r'  (\d\d):(\d\d):(\d\d)$', s.dump()[0])
    check(found, 'a time at the end of %r' % s.dump()[0])
    hours, minutes, seconds = map(int, found.groups())
    return (hours * 60 + minutes) * 60 + seconds


def later(second, first):
    """How many seconds a time of the day is behind another, also over midnight."""
    return (second - first + 43200) % 86400 - 43200


@scenario
def each_picture_carries_the_time_that_its_ages_are_of(stage):
    _, _, s = live(stage)
    check(abs(later(int(time.time()) % 86400, time_shown(s))) <= 2, 'the time of day: %r' % s.dump()[0])
    s.rate(0)
    shown, began = time_shown(s), time.time()
    while time.time() < began + 3:
        time.sleep(0.2)
        equal(time_shown(s), shown, 'an old picture shows when it was made')
        check('◉ live' in '\n'.join(s.dump()), 'and what was true then')
    s.rate(-1)
    harness.wait_for(lambda: later(int(time.time()) % 86400, time_shown(s)) <= 1, 'the newest picture has its own time')
    check(later(time_shown(s), shown) >= 2, 'which is a later one')


@scenario
def ctrl_z_waits_until_the_broker_has_the_stop(stage):
    broker = stage.broker()
    stage.agent(broker, channels=MOVING)
    shell = harness.tool('bash')
    s = screens.Screen(stage, [shell, '--norc', '--noprofile', '-i'], env={'PS1': 'shell> ', 'HISTFILE': None},
                       errors_apart=False)
    s.wait(r'shell>')
    s.bytes(' '.join([harness.program('pc-tui')] + broker.options()) + '\n')
    s.wait('◉ live')
    s.command('tilt 80')
    s.wait('moving')
    broker.signal(signal.SIGSTOP)  # it takes the stop and does not acknowledge it
    pressed = time.monotonic()
    s.bytes('\x1a')
    s.gone('SPACE STOP')
    took = time.monotonic() - pressed
    broker.signal(signal.SIGCONT)
    check(0.4 < took < 1.5 * harness.PATIENCE, 'without an acknowledgement it waits half a second: %.2f s' % took)
    s.bytes('fg\n')
    s.wait('SPACE STOP')
    s.press('q')
    s.gone('SPACE STOP')
    s.bytes('exit\n')
    s.exited()


@scenario
def ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_again(stage):
    broker = stage.broker()
    stage.agent(broker, channels=MOVING)
    watcher = stage.watcher(broker)
    shell = harness.tool('bash')
    s = screens.Screen(stage, [shell, '--norc', '--noprofile', '-i'], env={'PS1': 'shell> ', 'HISTFILE': None},
                       errors_apart=False)  # the prompt is on standard error
    s.wait(r'shell>')
    s.bytes(' '.join([harness.program('pc-tui')] + broker.options()) + '\n')
    s.wait('◉ live')
    screens.steady(s, 0.1)
    modes_are_set(s)
    s.command('tilt 80')
    s.wait('moving')
    mark = watcher.mark()
    s.bytes('\x1a')
    s.gone('SPACE STOP')
    watcher.result('suspending', mark, cmd='stop')
    modes = s.modes()
    check(not modes['alternate'] and not modes['focus'] and modes['cursor'], 'suspended: %r' % modes)
    s.bytes('echo the-shell-is-here\n')
    s.wait(r'^the-shell-is-here')
    s.bytes('fg\n')
    s.wait('SPACE STOP')
    s.wait('◉ live')
    screens.steady(s, 0.1)
    modes_are_set(s)
    s.press('q')
    s.gone('SPACE STOP')
    s.bytes('echo status $?\n')
    s.wait(r'^status 0')
    s.bytes('exit\n')
    s.exited()


@scenario
def ctrl_l_paints_everything_again(stage):
    _, _, s = live(stage)
    screens.steady(s, 0.2)
    before = s.drawn()
    s.bytes('\x0c')
    harness.wait_for(lambda: s.drawn() - before > 500, 'the whole picture')


@scenario
def nothing_is_drawn_while_nothing_changes(stage):
    _, _, s = live(stage)
    screens.steady(s, 0.3)
    before = s.drawn()
    time.sleep(3)
    check(s.drawn() - before < 3000, '3 s of rest drew %d bytes' % (s.drawn() - before))


@scenario
def keys_typed_before_the_first_picture_count(stage):
    broker = stage.broker()
    stage.agent(broker)
    s = tui(stage, broker)
    s.bytes('?')
    s.wait(r'^ Moving')


@scenario
def without_a_terminal_it_says_what_to_do(stage):
    broker = stage.broker()
    outcome = stage.run(['setsid', harness.program('pc-tui')] + broker.options())
    check(outcome.code != 0, 'exit status: %r' % outcome)
    check(re.search(r'terminal.*pc-tui send', outcome.err), 'the reason: %r' % outcome)


@scenario
def a_dumb_terminal_is_refused_in_words(stage):
    broker = stage.broker()
    s = tui(stage, broker, env={'TERM': 'dumb'})
    equal(s.exited(), 'exit 2', 'end')
    check(re.search(r'terminal.*TERM=dumb.*pc-tui send', s.err()), 'the reason: %r' % s.err())
    equal(s.seen(b'\x1b'), 0, 'no escape sequence')


@scenario
def a_terminal_that_answers_nothing_is_waited_for_no_longer_than_0_3_s(stage):
    broker = stage.broker()
    stage.agent(broker)
    began = time.monotonic()
    s = tui(stage, broker, silent=True)
    s.wait('SPACE STOP')
    took = time.monotonic() - began
    check(took < 6 * harness.PATIENCE, 'the first picture: %.2f s' % took)
    s.wait('◉ live')
    s.press('t')
    s.wait(r'led +◉ on')


@scenario
def keys_count_while_a_terminal_is_asked(stage):
    broker = stage.broker()
    stage.agent(broker)
    watcher = stage.watcher(broker)
    watcher.online()
    mark = watcher.mark()
    s = tui(stage, broker, silent=True)
    s.bytes(' ')
    watcher.result('SPACE before the first picture', mark, cmd='stop')


@scenario
def the_users_own_screen_loses_nothing(stage):
    broker = stage.broker()
    argv = ['/bin/sh', '-c', 'i=1; while [ $i -lt 20 ]; do echo "line $i of the user"; i=$((i+1)); done; exec "$@"', 'sh',
            harness.program('pc-tui')] + broker.options()
    s = screens.Screen(stage, argv)
    s.wait('SPACE STOP')
    s.press('q')
    equal(s.exited(), 'exit 0', 'end')
    for number in range(1, 20):
        check('line %d of the user' % number in s.dump(), 'line %d: %r' % (number, s.dump()))


@scenario
def a_light_background_gets_darker_colours(stage):
    _, _, s = live(stage, background=screens.LIGHT)
    equal(s.cell_of('◉ live').fg, '22', 'live on white')
    equal(s.cell_of('SPACE STOP').bg, screens.STOP_RED, 'STOP')


@scenario
def an_unknown_background_gets_colours_for_both(stage):
    _, _, s = live(stage, background=None)
    equal(s.cell_of('◉ live').fg, '29', 'live')


@scenario
def a_window_of_40000_columns_is_no_crash(stage):
    _, _, s = live(stage)
    for rows, columns in ((24, 40000), (40000, 80), (40000, 40000), (1, 1), (24, 80)):
        equal(s.ask('size %d %d' % (rows, columns)), 'ok', 'resizing')
        time.sleep(0.3)
        equal(s.ask('exited 0'), 'timeout', '%d x %d' % (rows, columns))
    s.wait('SPACE STOP')
    s.press('q')
    equal(s.exited(), 'exit 0', 'end')


@scenario
def closed_descriptors_get_no_picture(stage):
    broker = stage.broker()
    stage.agent(broker)
    argv = ['/bin/sh', '-c', 'exec "$@" <&- >&- 2>&-', 'sh', harness.program('pc-tui')] + broker.options()
    s = screens.Screen(stage, argv)
    s.wait('◉ live')
    s.press('q')
    equal(s.exited(), 'exit 0', 'end')


@scenario
def standard_input_may_be_something_else(stage):
    broker = stage.broker()
    stage.agent(broker)
    argv = ['/bin/sh', '-c', 'exec "$@" </dev/null', 'sh', harness.program('pc-tui')] + broker.options()
    s = screens.Screen(stage, argv)
    s.wait('◉ live')
    s.press('t')
    s.wait('led +◉ on')
    s.press('q')
    equal(s.exited(), 'exit 0', 'end')


if __name__ == '__main__':
    harness.main()
