# SPDX-License-Identifier: MIT
"""Keys pressed in the real screen, and what they do at the device. How the screen looks is tested in tests/screen."""
import time

import harness
from harness import answers, at_rest, check, equal, scenario, set_up, wait_for
from pty_terminal import Terminal
from test_tutorial import subscriber

UP, DOWN = b'\x1b[A', b'\x1b[B'
# Wide and slow, so that a key can be held for long: one degree a step, 20 degrees a second.
WIDE = '''
servo tilt { pwm = "sim" angle = {-180, 180} limit = {-180, 180} step = 1 speed = 20 accel = 0 axis = tilt }
switch led { gpio = "sim" }
'''


def screen(stage, broker, *args):
    """pc-tui in a terminal, once it shows the device as live."""
    return Terminal(stage, [harness.program('pc-tui')] + broker.options() + list(args))


def pressed(terminal, watcher, keys, what, **fields):
    """Presses keys and waits for the device to report the result."""
    terminal.wait(r'live', 'the screen shows a live device')
    mark = watcher.mark()
    terminal.type_line(keys) if isinstance(keys, str) else terminal.type(keys)

    def result():
        terminal.read()
        found = [r for r in watcher.since(mark) if r.last and all(r.last.get(k) == v for k, v in fields.items())]
        return found[0] if found else None

    return wait_for(result, what)


def idle(terminal, seconds):
    """Lets time pass while the terminal is read: a program that cannot write would stand still."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        terminal.read()
        time.sleep(0.005)


@scenario
def an_arrow_key_moves_the_servo_and_space_stops_it(stage):
    broker, watcher, _ = set_up(stage, channels=WIDE)
    terminal = screen(stage, broker)
    try:
        report = pressed(terminal, watcher, UP, 'the result of the arrow key', cmd='tilt_up 5')
        equal((report.last['result'], report.channel('tilt')['target']), ('ok', 5), 'a step of five degrees')
        terminal.wait(r'tilt 5\.0°', 'it has arrived: until then a further step is dropped')
        report = pressed(terminal, watcher, b'[[' + DOWN, 'the result of [ [ and the arrow key', cmd='tilt_down')
        equal(report.channel('tilt')['target'], 4, 'a step of one degree')
        stage.say(broker, watcher, 'tilt 170')
        report = pressed(terminal, watcher, b' ', 'the result of SPACE', cmd='stop')
        equal(report.channel('tilt')['moving'], False, 'moving after SPACE')
        terminal.type(b'q')
        equal(terminal.exit(), 0, 'exit status')
    finally:
        terminal.close()


@scenario(lock='calm', timeout=90, plain=True)
def holding_the_arrow_key_and_letting_go_runs_on_at_most_two_steps(stage):
    broker, watcher, _ = set_up(stage, channels=WIDE)
    stage.say(broker, watcher, 'tilt -179')
    at_rest(watcher, deg=-179)
    terminal = screen(stage, broker)
    try:
        pressed(terminal, watcher, b'[[' + UP, 'the first step', cmd='tilt_up', result='ok')
        mark = watcher.mark()
        started = time.monotonic()
        for i in range(500):  # 25 a second, 20 seconds
            while time.monotonic() < started + i / 25:
                terminal.read()
                time.sleep(0.002)
            terminal.type(UP)
        let_go = time.monotonic()
        there = [r for r in watcher.since() if r.online][-1].channel('tilt')
        wait_for(lambda: terminal.read() and time.monotonic() > let_go + 1, 'a second after letting go')
        final = at_rest(watcher, since=watcher.mark() - 1).channel('tilt')
        steps = len([r for r in watcher.results(mark) if r['cmd'] == 'tilt_up'])
        check(steps > 100, 'the key was repeated: %d steps in 20 s' % steps)
        check(final['deg'] - there['deg'] <= 2.5, 'ran on from %r to %r' % (there['deg'], final['deg']))
        late = [r for r in watcher.since(mark) if r.last.get('cmd') == 'tilt_up' and r.at > let_go + 0.3 and
                r.last['n'] > max(x.last.get('n', 0) for x in watcher.since(mark) if x.at <= let_go + 0.3)]
        equal(late, [], 'steps carried out after letting go')
    finally:
        terminal.close()


@scenario(timeout=90)
def nothing_typed_while_the_broker_is_away_is_carried_out_when_it_comes_back(stage):
    broker, watcher, _ = set_up(stage)
    terminal = screen(stage, broker)
    try:
        pressed(terminal, watcher, UP, 'the first step', cmd='tilt_up')
        broker.kill()
        terminal.wait(r'refused|lost|closed|no broker', 'the screen says what is wrong')
        for keys in (UP, UP, b'o', b'c', b't', DOWN):
            terminal.type(keys)
            idle(terminal, 0.1)
        mark = watcher.mark()
        broker = broker.again()
        watcher.wait(lambda r: r.online, 'the agent is back', mark)
        wait_for(lambda: terminal.read() and broker.err().count('\tjetson/+/status (QoS 0)') >= 2,
                 'the screen is back as well')

        def led_on_again():
            terminal.type(b'o')
            idle(terminal, 0.9)  # pressed again within 0.7 s it would be a key that is held
            return [r for r in watcher.results() if r['cmd'] == 'led_on']

        wait_for(led_on_again, 'a key works again')
        carried_out = [r['cmd'] for r in watcher.results() if r['cmd'] != 'status']
        equal(sorted(set(carried_out)), ['led_on', 'tilt_up'], 'what was carried out')
        equal(carried_out.count('tilt_up'), 1, 'steps carried out')
        equal(answers(stage, broker, watcher).channel('tilt')['target'], 5, 'the target')
    finally:
        terminal.close()


@scenario
def leaving_stops_the_motion_that_this_screen_began(stage):
    for name, leave in (('q', b'q'), ('Ctrl-C', b'\x03'), ('SIGTERM', harness.signal.SIGTERM),
                        ('SIGHUP', harness.signal.SIGHUP)):
        broker, watcher, _ = set_up(stage, channels=WIDE)
        terminal = screen(stage, broker)
        try:
            pressed(terminal, watcher, ':tilt 170\r', 'the result of the line', cmd='tilt 170')
            if isinstance(leave, bytes):
                terminal.type(leave)
            else:
                harness.os.kill(terminal.pid, leave)
            code = terminal.exit()
            equal(code, 0 if isinstance(leave, bytes) else 128 + leave, 'exit status after ' + name)
            report = watcher.result('a stop after ' + name, cmd='stop')
            equal(report.channel('tilt')['moving'], False, 'moving after ' + name)
        finally:
            terminal.close()


@scenario
def leaving_sends_no_stop_where_nothing_of_ours_moves(stage):
    broker, watcher, _ = set_up(stage, channels=WIDE)
    stage.say(broker, watcher, 'tilt 100')
    terminal = screen(stage, broker)
    try:
        pressed(terminal, watcher, b'o', 'led_on', cmd='led_on')
        terminal.type(b'q')
        equal(terminal.exit(), 0, 'exit status')
    finally:
        terminal.close()
    equal(answers(stage, broker, watcher).channel('tilt')['moving'], True, "another one's motion goes on")


@scenario
def the_tutorials_subscriber_obeys_the_screen(stage):
    broker = stage.broker()
    script = subscriber(stage, broker)
    terminal = screen(stage, broker)
    try:
        terminal.wait(r'no device under', 'the screen says that no device reports')
        for keys, said in ((b'o', 'LED ON command received'), (b'f', 'LED OFF command received'),
                           (UP, 'Received message: tilt_up\n')):
            terminal.type(keys)
            wait_for(lambda said=said: terminal.read() and said in script.out(), 'the script says %r' % said)
        check('Received message: {' not in script.out(), 'it gets plain words')
    finally:
        terminal.close()


if __name__ == '__main__':
    harness.main()
