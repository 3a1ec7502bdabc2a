# SPDX-License-Identifier: MIT
"""Two operators at one device."""
import time

import harness
from harness import answers, at_rest, check, equal, scenario, wait_for
from pty_terminal import Terminal

UP = b'\x1b[A'
# Wide and slow, so that a key can be held for long.
WIDE = '''
servo tilt { pwm = "sim" angle = {-180, 180} limit = {-180, 180} step = 1 speed = 20 accel = 0 axis = tilt }
'''


def screen(stage, broker):
    terminal = Terminal(stage, [harness.program('pc-tui')] + broker.options())
    terminal.wait(r'live', 'the screen shows a live device')
    return terminal


def hold(terminal, key, seconds, also=()):
    """A key held down: 25 times a second, while every screen is read."""
    began = time.monotonic()
    for i in range(int(seconds * 25)):
        while time.monotonic() < began + i / 25:
            for each in (terminal,) + tuple(also):
                each.read()
            time.sleep(0.002)
        terminal.type(key)


@scenario(lock='calm', timeout=90)
def a_stop_of_one_operator_is_not_undone_by_the_key_that_another_holds(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    stage.agent(broker, channels=WIDE)
    watcher.online()
    stage.say(broker, watcher, 'tilt -170')
    at_rest(watcher, deg=-170)
    one, other = screen(stage, broker), screen(stage, broker)
    try:
        hold(other, UP, 2, also=[one])
        steps = [last for last in watcher.results() if last['cmd'].startswith('tilt_up')]
        check(len(steps) > 3 and steps[-1]['result'] == 'ok', 'the key moves the servo: %r' % steps[-3:])
        other.seen = b''
        mark = watcher.mark()
        one.type(b' ')
        # Six times as long as the agent refuses what moves: it is the screen that must not go on.
        hold(other, UP, 3, also=[one])
        report = watcher.result('the stop', mark, cmd='stop')
        equal(report.channel('tilt')['moving'], False, 'moving')
        where = report.channel('tilt')['deg']
        after = [last for last in watcher.results(mark) if last['cmd'].startswith('tilt_up') and
                 last['n'] > report.last['n']]
        equal([last for last in after if last['result'] != 'refused'], [], 'steps carried out after the stop')
        equal(answers(stage, broker, watcher).channel('tilt')['deg'], where, 'where it stands after three seconds')
        other.wait(r'was stopped: let go of the key', 'the other one sees why')
        other.wait(r'stop +from', 'and who')
        one.wait(r'stop +.*ok', 'the first one sees the echo')
        # Let go, and pressed again: it obeys.
        rest = time.monotonic() + 1
        wait_for(lambda: other.read() and one.read() and time.monotonic() > rest, 'the key rests')
        mark = watcher.mark()
        other.type(UP)
        wait_for(lambda: other.read() and [last for last in watcher.results(mark) if last['result'] == 'ok' and
                                           last['cmd'].startswith('tilt_up')], 'a fresh key moves the servo')
    finally:
        one.close()
        other.close()


@scenario(timeout=60)
def for_half_a_second_after_a_stop_the_agent_refuses_everybodys_motion(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    agent = stage.agent(broker, channels=WIDE)
    watcher.online()
    stage.say(broker, watcher, 'tilt 10')
    mark = watcher.mark()
    # A client that knows nothing of the screen's manners: a step every 20 ms for a second, the stop in front.
    stage.pub(broker, 'stop')
    stopped = watcher.result('the stop', mark, cmd='stop')
    began = time.monotonic()
    sender = harness.paho_client('rude')
    sender.connect('127.0.0.1', broker.port, 60)
    sender.loop_start()
    try:
        for i in range(50):
            while time.monotonic() < began + i / 50:
                time.sleep(0.002)
            sender.publish('jetson/control', 'tilt_up')
        equal(answers(stage, broker, watcher).last['result'], 'ok', 'it answers')
    finally:
        sender.disconnect()
        sender.loop_stop()
    refused = [r for r in watcher.since(mark) if r.last.get('result') == 'refused']
    moved = [r for r in watcher.since(mark) if r.last.get('cmd') == 'tilt_up' and r.last['result'] == 'ok']
    check(len(refused) >= 5, 'refused: %d' % len(refused))
    equal({r.last['why'] for r in refused}, {'stopped'}, 'why')
    check(max(r.status['t'] for r in refused) - stopped.status['t'] <= 500, 'not longer than half a second')
    check(min(r.status['t'] for r in moved) - stopped.status['t'] >= 500, 'nothing moves before')
    check(agent.alive(), 'the agent is alive')


if __name__ == '__main__':
    harness.main()
