# SPDX-License-Identifier: MIT
"""Expectation: what docs/protocol.md and docs/agent.md say of motors, seen at the outputs that --sim prints and in the
reports, with mosquitto's clients and with two operators. Times are those of the agent's own lines."""
import json
import re
import time

import harness
from harness import check, equal, scenario, wait_for

CAR = '''
motor drive { forward = {sim, sim}  backward = {sim, sim}  enable = sim  axis = drive  ramp = 0  run = %s }
servo steer { pwm = sim  axis = steer }
switch pump { gpio = sim  stop = off }
'''


def car(stage, run=0.5, **options):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    agent = stage.agent(broker, channels=CAR % run, **options)
    return broker, watcher, agent, watcher.online()


def turns(agent):
    """[(seconds, what)] of the motor, without its enable input."""
    rows = re.findall(r'^(\d+\.\d+) drive (\w+ [\d.]+ %|coast)$', agent.out(), re.M)
    return [(float(at), what) for at, what in rows]


def turned(agent, what):
    """Waits until this is the latest that the motor does, and returns when it began."""
    wait_for(lambda: turns(agent)[-1:] and turns(agent)[-1][1] == what, 'drive: %s' % what)
    return turns(agent)[-1][0]


def ran(agent, what):
    """Waits until a run of this kind is over, and returns how long it was."""
    wait_for(lambda: [did for _, did in turns(agent)][-2:] == [what, 'coast'], 'drive: %s, and its end' % what)
    return turns(agent)[-1][0] - turns(agent)[-2][0]


def envelope(report, text, ident, **more):
    """A command as a controller writes it that has seen that report last."""
    body = {'cmd': text, 'id': ident, 'boot': report.boot, 'by': report.status['t'] + 60000,
            'stops': report.status['stops']}
    return json.dumps(dict(body, **more))


def assert_result(report, result, why=None):
    equal((report.last.get('result'), report.last.get('why')), (result, why), report.last.get('cmd'))


@scenario
def a_command_runs_a_motor_for_its_run(stage):
    broker, watcher, agent, _ = car(stage)
    turned(agent, 'coast')
    report = stage.say(broker, watcher, 'drive_forward 40')
    drive = report.channel('drive')
    equal((drive['percent'], drive['target'], drive['driven']), (40, 40, True), 'the report')
    lasted = ran(agent, 'forward 40.0 %')
    check(lasted >= 0.45, 'it ran for %.3f s' % lasted)  # counted from when the command was read, a moment before the output's line
    watcher.wait(lambda r: not r.channel('drive').get('driven'), 'a report that it is off', watcher.mark() - 1)
    check('drive enable low' in agent.out().splitlines()[-2], 'its driver is disabled first: %s' % agent.out())


@scenario
def a_renewal_keeps_it_running(stage):
    broker, watcher, agent, first = car(stage, run=3)
    stage.say(broker, watcher, envelope(first, 'drive_forward', 'a-0'))
    began = time.monotonic()
    for i in range(1, 3):
        time.sleep(1.6)
        assert_result(stage.say(broker, watcher, envelope(first, 'drive_forward', 'a-%d' % i)), 'ok')
    check(time.monotonic() > began + 3, 'longer than a run')
    equal([what for _, what in turns(agent)], ['coast', 'forward 60.0 %'], 'it still turns')
    again = stage.say(broker, watcher, envelope(first, 'drive_forward', 'a-2'))
    check(again.last.get('again'), 'the same id: %s' % again.last)
    stage.say(broker, watcher, 'drive 0')
    turned(agent, 'coast')
    assert_result(stage.say(broker, watcher, 'drive_forward'), 'ok')  # a halt refuses nothing


@scenario
def a_plain_word_runs_it_a_second_at_most(stage):
    broker, watcher, agent, first = car(stage, run=9)
    stage.say(broker, watcher, 'drive_backward')
    lasted = ran(agent, 'backward 60.0 %')
    check(0.95 <= lasted < 5, 'it ran for %.3f s' % lasted)
    report = stage.say(broker, watcher, envelope(first, 'drive_backward', 'x'))
    check(report.channel('drive')['run_ms'] > 5000, 'with a deadline its whole run: %s' % report.channel('drive'))


@scenario
def between_two_sides_all_is_off_for_dead(stage):
    broker, watcher, agent, _ = car(stage, run=9)
    stage.say(broker, watcher, 'drive_forward')
    stage.say(broker, watcher, 'drive_backward')
    on = turned(agent, 'backward 60.0 %')
    equal([what.split()[0] for _, what in turns(agent)], ['coast', 'forward', 'coast', 'backward'], 'the order')
    check(on - turns(agent)[-2][0] >= 0.019, 'off for %.3f s' % (on - turns(agent)[-2][0]))


@scenario
def stop_ends_it_and_switches_off_what_says_so(stage):
    broker, watcher, agent, _ = car(stage, run=9)
    stage.say(broker, watcher, 'pump_on')
    stage.say(broker, watcher, 'drive_forward')
    turned(agent, 'forward 60.0 %')
    report = stage.say(broker, watcher, 'stop')
    assert_result(report, 'ok')
    equal(report.status['stops'], 1, 'the stops of this run')
    equal(report.channel('pump'), {'kind': 'switch', 'on': False, 'stop': 'off'}, 'the pump')
    equal((report.channel('drive')['percent'], report.channel('drive')['target']), (0, 0), 'the motor')
    turned(agent, 'coast')
    report = stage.say(broker, watcher, 'stop\npump_on')  # in human words: again a stop
    check(report.last['why'].startswith('taken as stop'), 'a guessed stop: %s' % report.last)
    report = stage.say(broker, watcher, 'drive_off')
    assert_result(report, 'ok')


@scenario
def what_was_sent_before_the_stop_of_another_operator_moves_nothing_after_it(stage):
    broker, watcher, agent, seen_by_a = car(stage, run=9)
    assert_result(stage.say(broker, watcher, envelope(seen_by_a, 'drive_forward', 'a-1')), 'ok')
    seen_by_b = stage.say(broker, watcher, '{"cmd":"stop","id":"b-1"}')
    wait_for(lambda: stage.say(broker, watcher, 'steer 5').last['result'] == 'ok', 'motion is allowed again')
    late = stage.say(broker, watcher, envelope(seen_by_a, 'drive_forward', 'a-2'))
    assert_result(late, 'refused', 'stopped meanwhile')
    turned(agent, 'coast')
    assert_result(stage.say(broker, watcher, envelope(seen_by_a, 'drive_stop', 'a-3')), 'ok')
    assert_result(stage.say(broker, watcher, envelope(seen_by_b, 'drive_forward', 'a-4')), 'ok')


@scenario
def the_end_of_the_connection_stops_it(stage):
    broker, watcher, agent, first = car(stage, run=9)
    stage.say(broker, watcher, envelope(first, 'drive_forward', 'x'))
    began = turned(agent, 'forward 60.0 %')
    broker.kill()
    ended = turned(agent, 'coast')
    # Neither `run` nor `lost_after`, which is 3 s, was waited for.
    check(ended - began < 2.5, 'it was stopped after %.3f s' % (ended - began))


@scenario
def a_clean_stop_leaves_it_off(stage):
    broker, watcher, agent, first = car(stage, run=9)
    stage.say(broker, watcher, envelope(first, 'drive_forward', 'x'))
    turned(agent, 'forward 60.0 %')
    equal(agent.terminate(), 0, 'the exit status')
    turned(agent, 'coast')


@scenario
def on_the_shared_topic_the_halt_of_another_car_is_ignored(stage):
    broker, watcher, agent, _ = car(stage, run=9, args=['--device', 'red'])
    stage.say(broker, watcher, 'drive_forward', topic='jetson/red/control')
    stage.pub(broker, '{"cmd":"drive_stop","boot":"0bad0bad"}')
    report = stage.say(broker, watcher, 'status', topic='jetson/red/control')
    equal((report.last['cmd'], report.last['n']), ('status', 2), 'nothing was said of it')
    report = stage.say(broker, watcher, '{"cmd":"drive_stop","boot":"0bad0bad"}', topic='jetson/red/control')
    equal((report.last['result'], report.channel('drive')['percent']), ('ok', 0), 'on its own topic it is obeyed')


if __name__ == '__main__':
    harness.main()
