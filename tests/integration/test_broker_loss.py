# SPDX-License-Identifier: MIT
"""Both ends and a broker that dies, falls silent and comes back."""
import json
import re
import signal

import harness
from harness import answers, check, equal, scenario, set_up, wait_for


@scenario(timeout=90)
def both_ends_come_back_by_themselves_after_kill_9_of_the_broker(stage):
    broker, watcher, agent = set_up(stage)
    watch = stage.tui(broker, 'watch', '--json', '--all')
    wait_for(lambda: watch.out().count('\n') >= 2, 'pc-tui watch shows the device')
    boot = watcher.online().boot
    for _ in range(2):
        broker.kill()
        wait_for(lambda: re.search('lost|closed|refused', agent.err()), 'the agent notices')
        mark, lines = watcher.mark(), watch.out().count('\n')
        broker = broker.again()
        report = watcher.wait(lambda r: r.online, 'the agent reports again', mark)
        equal(report.boot, boot, 'it is the same run')
        wait_for(lambda: watch.out().count('\n') > lines, 'pc-tui watch shows it again')
        equal(stage.say(broker, watcher, 'led_toggle').last['result'], 'ok', 'a command afterwards')


@scenario(timeout=90)
def nothing_typed_while_the_broker_is_away_is_carried_out_afterwards(stage):
    broker, watcher, agent = set_up(stage)
    session = stage.tui(broker, 'send', '-', stdin=harness.subprocess.PIPE)
    session.stdin.write(b'tilt_up\n')
    session.stdin.flush()
    watcher.result('the first one arrives', cmd='tilt_up')
    wait_for(lambda: 'tilt_up' in session.out(), 'and its echo is printed')
    broker.kill()
    session.stdin.write(b'tilt 40\nled_on\n')
    session.stdin.flush()
    session.stdin.close()
    # No broker, or no echo in time where the line was sent before the loss was noticed.
    check(session.wait(30) in (3, 4), 'the exit status: %r' % session.popen.returncode)
    mark = watcher.mark()
    broker = broker.again()
    watcher.wait(lambda r: r.online, 'the agent is back', mark)
    report = answers(stage, broker, watcher)
    equal([r['cmd'] for r in watcher.results() if r['cmd'] != 'status'], ['tilt_up'], 'what was carried out')
    equal((report.channel('tilt')['target'], report.channel('led')['on']), (5, False), 'tilt and led')


@scenario(timeout=90)
def a_command_on_its_way_through_a_stalled_connection_comes_back_expired(stage):
    broker, watcher, agent = set_up(stage)
    now = watcher.online().status
    agent.signal(signal.SIGSTOP)
    for i in range(10):
        stage.pub(broker, json.dumps({'cmd': 'tilt_up', 'id': 'stalled-%d' % i, 'by': now['t'] + 1500,
                                      'boot': now['boot']}))
    # The condition waited for is the passing of the deadline itself, on the agent's clock.
    wait_for(lambda: harness.time.clock_gettime(harness.time.CLOCK_BOOTTIME) * 1000 > now['t'] + 1600, 'the deadline')
    agent.signal(signal.SIGCONT)
    watcher.result('the last of them', id='stalled-9')
    equal([r['result'] for r in watcher.results() if r.get('id', '').startswith('stalled')], ['expired'] * 10, 'results')
    equal(agent.pulses(), [], 'pulses emitted')


@scenario(serial=True, timeout=90)
def a_silent_broker_is_noticed_within_lost_after_and_the_servo_holds(stage):
    slow = harness.CHANNELS.replace('speed = 120', 'speed = 5')
    broker, watcher, agent = set_up(stage, config='lost_after = 2.0\n', channels=slow)
    stage.say(broker, watcher, 'tilt 45')
    watcher.wait(lambda r: (r.channel('tilt').get('deg') or 0) > 1, 'it moves')
    broker.signal(signal.SIGSTOP)
    wait_for(lambda: re.search('lost|silent|nothing (read|heard)', agent.err()), 'the agent logs the lost link', 4)
    frozen = len(agent.pulses())
    since = harness.time.monotonic()
    # At 5 degrees a second a frame is half a microsecond: half a second without a change is a servo that holds.
    wait_for(lambda: harness.time.monotonic() - since > 0.5, 'half a second of watching the output')
    check(len(agent.pulses()) <= frozen + 1, 'pulses after the loss: %r' % agent.changes('tilt')[frozen:])
    check(max(agent.pulses()) < 1900, 'far from the target')
    mark = watcher.mark()
    broker.signal(signal.SIGCONT)
    report = watcher.wait(lambda r: r.online and r.channel('tilt').get('moving') is False, 'a status again', mark)
    check(report.channel('tilt')['deg'] == report.channel('tilt')['target'], 'it holds: %r' % report.channel('tilt'))


@scenario(serial=True, timeout=90)
def each_channel_does_what_its_lost_says(stage):
    channels = '''
servo arm { pwm = "sim" lost = center }
servo leg { pwm = "sim" lost = off }
switch led { gpio = "sim" lost = off }
switch fan { gpio = "sim" lost = on }
switch door { gpio = "sim" lost = hold }
dimmer lamp { pwm = "sim" lost = off }
'''
    broker, watcher, _ = set_up(stage, config='report = 0.5\nlost_after = 1.0\n', channels=channels)
    for word in ('arm 20', 'leg 20', 'led_on', 'door_on', 'lamp 50'):
        stage.say(broker, watcher, word)
    broker.kill()
    mark = watcher.mark()
    wait_for(lambda: re.search('lost', stage.processes[1].err()), 'the agent logs the lost link')
    stale = harness.time.monotonic()
    wait_for(lambda: harness.time.monotonic() - stale > 2, 'lost_after and a second')
    broker.again()
    report = watcher.wait(lambda r: r.online and not r.channel('arm').get('moving'), 'a status again', mark)
    equal((report.channel('arm')['deg'], report.channel('leg')['driven']), (0, False), 'arm and leg')
    equal([report.channel(n)['on'] for n in ('led', 'fan', 'door', 'lamp')], [False, True, True, False],
          'led, fan, door, lamp')


if __name__ == '__main__':
    harness.main()
