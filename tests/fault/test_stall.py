# SPDX-License-Identifier: MIT
"""Connections that stand still and then go on as if nothing had happened; and clocks seen through a bad line."""
import json
import os
import re
import signal
import subprocess
import time

import harness
from harness import answers, at_rest, check, equal, scenario, wait_for
from proxy import Proxy, TO_BROKER, TO_CLIENT
from pty_terminal import Terminal

UP, DOWN = b'\x1b[A', b'\x1b[B'
TTL = 1500


def boottime_ms():
    return time.clock_gettime(time.CLOCK_BOOTTIME) * 1000


def let_pass(seconds):
    """Time that must pass because it is what the scenario is about."""
    until = time.monotonic() + seconds
    wait_for(lambda: time.monotonic() >= until, 'time to pass', seconds + 10)


def stamped(cmd, name, number, status):
    return json.dumps({'cmd': cmd, 'id': '%s-%d' % (name, number), 'by': int(boottime_ms()) + TTL,
                       'boot': status['boot']})


def stage_with_proxy(stage, **options):
    """A broker, a watcher beside the proxy, and an agent behind it."""
    broker = stage.broker()
    watcher = stage.watcher(broker)
    proxy = Proxy(stage, broker)
    agent = stage.agent(proxy, **options)
    watcher.online()
    return broker, proxy, watcher, agent


def back_again(agent, times=2):
    """Reports from before a stall arrive after it: only the agent's own word says that it has connected anew."""
    wait_for(lambda: agent.err().count('connected to') >= times, 'the agent has connected again', 20)


def results_of(watcher, name):
    return [last['result'] for last in watcher.results() if last.get('id', '').startswith(name + '-')]


# ---- between the broker and the agent


@scenario(timeout=90, plain=True)
def after_a_stall_of_30_seconds_40_stamped_steps_come_back_expired_and_nothing_moves(stage):
    # An agent so patient that the connection outlives the stall: the deadline alone protects the camera.
    broker, proxy, watcher, agent = stage_with_proxy(stage, config='lost_after = 300.0\n', args=['-k', '120'])
    answers(stage, broker, watcher)
    proxy.stall(TO_CLIENT)
    began = time.monotonic()
    stage.pub_lines(broker, [stamped('tilt_up', 'stalled', i, watcher.since()[-1].status) for i in range(40)])
    let_pass(30 - (time.monotonic() - began))
    equal((results_of(watcher, 'stalled'), agent.pulses()), ([], []), 'what arrived in the stall')
    check(watcher.since()[-1].online, 'its own reports still arrive')
    proxy.release()
    watcher.result('the last of them', id='stalled-39')
    report = answers(stage, broker, watcher)
    equal(results_of(watcher, 'stalled'), ['expired'] * 40, 'the results')
    equal(agent.pulses(), [], 'pulses emitted')
    equal(report.channel('tilt')['target'], None, 'the target')
    equal(proxy.accepted, 1, 'connections: it was one and the same')
    lateness = [int(re.search(r'(\d+) ms too late', last['why']).group(1)) for last in watcher.results()
                if last.get('id', '').startswith('stalled-')]
    check(min(lateness) > 25000, 'they say how late: %r' % lateness)
    stage.say(broker, watcher, stamped('tilt_up', 'fresh', 0, report.status))
    equal(results_of(watcher, 'fresh'), ['ok'], 'a fresh one is carried out at once')


@scenario(timeout=60)
def an_agent_that_hears_nothing_gives_the_connection_up_and_what_was_on_it_is_gone(stage):
    broker, proxy, watcher, agent = stage_with_proxy(stage, config='report = 0.4\nlost_after = 1.0\n')
    proxy.stall()
    stage.pub_lines(broker, [stamped('tilt_up', 'stalled', i, watcher.since()[-1].status) for i in range(40)])
    wait_for(lambda: re.search(r'nothing heard for 1\.0 s', agent.err()), 'the agent gives the connection up')
    let_pass(1)
    proxy.release()
    back_again(agent)
    answers(stage, broker, watcher)
    check(proxy.accepted > 1, 'on a connection of its own')
    equal([result for result in results_of(watcher, 'stalled') if result != 'expired'], [], 'results')
    equal(agent.pulses(), [], 'pulses emitted')


@scenario(timeout=60)
def plain_words_from_a_stall_are_gone_with_the_connection(stage):
    # A word without a deadline cannot expire: what protects from it is that the agent does not keep the connection.
    broker, proxy, watcher, agent = stage_with_proxy(stage, config='report = 0.4\nlost_after = 1.0\n')
    proxy.stall()
    stage.pub_lines(broker, ['tilt_up'] * 40)
    wait_for(lambda: re.search(r'nothing heard for 1\.0 s', agent.err()), 'the agent gives the connection up')
    proxy.release()
    back_again(agent)
    answers(stage, broker, watcher)
    equal(agent.pulses(), [], 'pulses emitted')


# ---- between the operator and the broker


def screen_through(stage, proxy, *args):
    terminal = Terminal(stage, [harness.program('pc-tui')] + proxy.options() + list(args))
    terminal.wait(r'◉ live', 'the screen shows a live device')
    return terminal


def press(terminal, keys, every=0.08):
    for key in keys:
        terminal.type(key)
        until = time.monotonic() + every
        while time.monotonic() < until:
            terminal.read()
            time.sleep(0.005)


def with_a_sample(terminal, watcher):
    """One command that is carried out: from then on the screen knows the device's clock."""
    mark = watcher.mark()
    terminal.type(DOWN)
    wait_for(lambda: terminal.read() and [r for r in watcher.since(mark) if r.last.get('cmd') == 'tilt_down 5' or
                                          r.last.get('cmd') == 'tilt_down'], 'the first step')
    at_rest(watcher, since=mark, target=-5)


@scenario(timeout=90)
def what_was_typed_while_the_screens_connection_stood_still_moves_nothing_afterwards(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    control = stage.watcher(broker, topics=['jetson/control'], name='control')
    agent = stage.agent(broker)
    watcher.online()
    proxy = Proxy(stage, broker)
    terminal = screen_through(stage, proxy, '-k', '60')
    try:
        with_a_sample(terminal, watcher)
        before, pulses = control.mark(), len(agent.pulses())
        proxy.stall()
        # First while the device still counts as live: these are published, into the stalled connection.
        press(terminal, [UP, b'o', UP, b'c', UP] * 4)
        terminal.wait(r'stale|silent', 'the screen says that the device is silent')
        press(terminal, [UP, b'o', b'c', UP] * 3)
        let_pass(1)
        equal(control.since(before), [], 'what got through in the stall')
        proxy.release()
        control.wait(lambda r: r.payload, 'what was typed arrives late', before)
        terminal.wait(r'connected', 'the screen is connected')
        answers(stage, broker, watcher)
        let_pass(1)
        late = [r.status for r in control.since(before) if r.status and not r.status['id'].startswith('asked')]
        check(late, 'something did arrive late, or this shows nothing')
        check(all('by' in c and 'boot' in c for c in late if c['cmd'] != 'status'), 'all of it is stamped: %r' % late)
        ids = {c['id'] for c in late if c['cmd'] != 'status'}
        equal({last['result'] for last in watcher.results() if last.get('id') in ids}, {'expired'}, 'the results')
        report = answers(stage, broker, watcher)
        equal((len(agent.pulses()), report.channel('led')['on'], report.channel('tilt')['target']), (pulses, False, -5),
              'pulses, led and target afterwards')
        mark = watcher.mark()
        terminal.wait(r'live', 'the device is live again')

        def steps_again():
            press(terminal, [UP], 0.8)
            return [r for r in watcher.since(mark) if r.last.get('result') == 'ok' and r.last['cmd'].startswith('tilt_up')]

        wait_for(steps_again, 'a step works again')
    finally:
        terminal.close()


@scenario(timeout=90)
def a_stop_typed_while_the_screens_connection_stood_still_gets_through(stage):
    slow = harness.CHANNELS.replace('speed = 120', 'speed = 4')
    broker = stage.broker()
    watcher = stage.watcher(broker)
    stage.agent(broker, channels=slow)
    watcher.online()
    proxy = Proxy(stage, broker)
    terminal = screen_through(stage, proxy, '-k', '60')
    try:
        stage.say(broker, watcher, 'tilt 45')
        proxy.stall()
        press(terminal, [b' '])
        let_pass(2)
        check(answers(stage, broker, watcher).channel('tilt')['moving'], 'it still moves')
        mark = watcher.mark()
        proxy.release()
        report = watcher.result('the stop', mark, cmd='stop')
        equal(report.channel('tilt')['moving'], False, 'moving')
        terminal.wait(r'stop +.*ok', 'the screen shows its echo')
    finally:
        terminal.close()


@scenario(timeout=60)
def only_one_direction_stalls_and_the_screen_shows_no_echo_and_repeats_nothing(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    agent = stage.agent(broker)
    watcher.online()
    proxy = Proxy(stage, broker)
    terminal = screen_through(stage, proxy, '-k', '60')
    try:
        with_a_sample(terminal, watcher)
        mark = watcher.mark()
        proxy.stall(TO_CLIENT)
        press(terminal, [b'o'])
        watcher.result('it was carried out', mark, cmd='led_on')
        terminal.wait(r'led_on.*no echo', 'the screen says that there was no echo')
        proxy.release()
        terminal.wait(r'led_on.*ok', 'the late echo completes it')
        answers(stage, broker, watcher)
        equal([row[2] for row in agent.changes('led')], ['on'], 'how often it was carried out')
    finally:
        terminal.close()


@scenario(timeout=60)
def a_screen_where_nobody_types_notices_that_its_connection_is_dead(stage):
    broker = stage.broker()
    stage.agent(broker)
    proxy = Proxy(stage, broker)
    terminal = screen_through(stage, proxy, '-k', '300')  # which would find it after ten minutes
    try:
        proxy.half_open(TO_CLIENT)
        wait_for(lambda: terminal.read() and proxy.accepted == 2, 'it connects anew', 40)
        terminal.wait('no answer from the broker', 'the reason')
    finally:
        terminal.close()


@scenario(timeout=60, plain=True)
def a_device_that_falls_silent_costs_one_question_and_no_connection(stage):
    broker = stage.broker()
    agent = stage.agent(broker)
    proxy = Proxy(stage, broker)
    terminal = screen_through(stage, proxy, '-k', '300')
    try:
        os.kill(agent.pid, signal.SIGSTOP)
        terminal.wait('stale', 'the screen says that the device is silent')
        wait_for(lambda: proxy.counts[TO_CLIENT, 'PINGRESP'] == 1, 'the broker was asked')
        let_pass(8)  # the broker would have been given up after 4, and asked again after 3
        terminal.read()
        equal((proxy.accepted, proxy.counts[TO_BROKER, 'PINGREQ']), (1, 1), 'connections and questions')
    finally:
        os.kill(agent.pid, signal.SIGCONT)
        terminal.close()


# ---- clocks


@scenario(timeout=60)
def deadlines_stay_right_on_a_line_with_jitter(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    control = stage.watcher(broker, topics=['jetson/control'], name='control')
    stage.agent(broker)
    watcher.online()
    proxy = Proxy(stage, broker)
    most = 0.2
    proxy.delay(0.0, most)
    session = stage.tui(proxy, 'send', '-', stdin=subprocess.PIPE)
    lateness = []
    seen = control.mark()
    for i in range(25):
        session.stdin.write(b'tilt %d\n' % (i % 20))
        session.stdin.flush()
        sent = control.wait(lambda r: r.status and r.status.get('cmd') == 'tilt %d' % (i % 20), 'the command', seen)
        # Both clocks are CLOCK_BOOTTIME of this machine: what `by` should be is known to the millisecond.
        since_boot = boottime_ms() - (time.monotonic() - sent.at) * 1000
        lateness.append(since_boot + TTL - sent.status['by'])
        watcher.result('the result', cmd='tilt %d' % (i % 20), id=sent.status['id'])
        wait_for(lambda: session.out().count('\n') > i, 'its echo')
        seen = control.mark()
    session.stdin.close()
    equal(session.wait(), 0, 'exit status')
    equal({last['result'] for last in watcher.results() if last['cmd'].startswith('tilt')}, {'ok'}, 'results')
    # Up to 0.2 s on the way to here, and an error of half a round trip at most.
    # One may have met another program of a busy machine.
    check(-most * 1000 - 20 <= min(lateness) and sorted(lateness)[-2] <= most * 2000 + 20 * harness.PATIENCE and
          max(lateness) <= most * 2000 + 200 * harness.PATIENCE,
          'how far `by` is from the truth: %r ms' % [round(late) for late in lateness])


@scenario(timeout=60)
def on_a_line_slower_than_the_deadline_motion_is_refused_and_stop_works(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    agent = stage.agent(broker)
    watcher.online()
    proxy = Proxy(stage, broker)
    proxy.delay(0.5)
    moved = stage.send(proxy, '--ttl', '400ms', '--timeout', '8', 'tilt 20')
    check(moved.code in (1, 3), 'the exit status of tilt 20: %r' % moved)
    equal(agent.pulses(), [], 'pulses emitted')
    equal(stage.send(proxy, '--timeout', '8', 'stop').code, 0, 'the exit status of stop')


if __name__ == '__main__':
    harness.main()
