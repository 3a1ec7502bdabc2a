# SPDX-License-Identifier: MIT
"""The course that the tutorial's readers go on with: its programs on the PC, as they are (course/keys.py), drive the agent that has the
kit of its car; and every kit is a configuration that the agent takes."""
import glob
import os
import sys

import harness
from harness import SANITIZED, SOURCE_DIR, check, equal, program, scenario, wait_for

KEYS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'course', 'keys.py')
DIST = os.path.join(SOURCE_DIR, 'nano-agent', 'dist')
RATE = 25  # keys a second, as a held key repeats
ECHO_P50_MS = 20  # 20 times of what is normal on one processor


def kit(name):
    with open(os.path.join(DIST, 'kits', name + '.conf'), encoding='utf-8') as f:
        return f.read()


def car(stage, **options):
    """A broker, a watcher, and an agent with the kit of the course's car."""
    return harness.set_up(stage, channels=kit('autocar-prime'), **options)


def keys(stage, broker, what, text, *args):
    """Runs the course's key loop to its end. Returns [(nanoseconds, word)]."""
    harness.paho_client()  # a skip where there is none
    outcome = stage.run([sys.executable, '-u', KEYS, what, '127.0.0.1', str(broker.port)] + list(args), text, deadline=60)
    equal(outcome.code, 0, outcome.err)
    return [(int(line.split()[0]), line.split(' ', 1)[1]) for line in outcome.out.splitlines()]


def echoes(watcher, mark, topic):
    """Every result of a word of that topic with the moment of its report, once each and in order."""
    seen, found = {report.last.get('n') for report in watcher.since()[:mark]}, []
    for report in watcher.since(mark):
        n = report.last.get('n')
        if report.last.get('on') == topic and n not in seen:
            seen.add(n)
            found.append((report.at, report.last))
    return found


def driven(stage, broker, watcher, what, text, topic, *args):
    """Sends keys, and waits until each has its result. Returns the words that were sent and the results."""
    mark = watcher.mark()
    sent = keys(stage, broker, what, text, *args)
    wait_for(lambda: len(echoes(watcher, mark, topic)) >= len(sent),
             '%d results of %s' % (len(sent), topic))
    got = echoes(watcher, mark, topic)
    equal(len(got), len(sent), 'one result a key: %r' % [last for _, last in got])
    return sent, got


@scenario
def the_camera_keys_of_the_course_move_the_camera(stage):
    broker, watcher, agent = car(stage)
    _, got = driven(stage, broker, watcher, 'camera', 'wsadqe\n', 'pt/control')
    equal([last['cmd'] for _, last in got],
          ['tilt_up', 'tilt_down', 'pan_left', 'pan_right', 'preset1', 'preset2'], 'what the words mean')
    check(all(last['result'] in ('ok', 'limit') for _, last in got), 'each was carried out: %r' % got)
    watcher.wait(lambda r: r.online and r.channel('tilt').get('deg') == -12 and r.channel('pan').get('deg') == 0,
                 'preset2 is reached')
    check(agent.pulses('tilt') and agent.pulses('pan'), 'the servos were driven')


@scenario
def the_driving_keys_of_the_course_turn_the_wheels_and_stop_them(stage):
    broker, watcher, _ = car(stage)
    _, got = driven(stage, broker, watcher, 'car', 'wx\n', 'car/control')
    equal([last['cmd'] for _, last in got], ['drive_forward', 'drive_backward'], 'what the words mean')
    watcher.wait(lambda r: r.channel('drive').get('target') == -60, 'the motor turns backward at its first speed')
    mark = watcher.mark()
    _, got = driven(stage, broker, watcher, 'car', 'ads \n', 'car/control')
    equal([last['cmd'] for _, last in got], ['steer -15', 'steer 15', 'steer_center', 'stop'], 'what the words mean')
    watcher.wait(lambda r: r.channel('drive').get('percent') == 0, 'the motor stands still', mark)


@scenario
def the_numbers_of_the_course_set_speed_and_steering(stage):
    broker, watcher, _ = car(stage)
    _, got = driven(stage, broker, watcher, 'speed', '30\n', 'set/speed')
    equal((got[0][1]['cmd'], got[0][1]['result']), ('drive_speed 30', 'ok'), 'the speed')
    watcher.wait(lambda r: r.channel('drive').get('speed') == 30, 'the speed is reported')
    _, got = driven(stage, broker, watcher, 'steer', '0.5\n-1.0\n5.551115123125783e-17\n1.5\n', 'set/steer')
    equal([(last['cmd'], last['result']) for _, last in got],
          [('steer 15', 'ok'), ('steer -30', 'ok'), ('steer 0', 'ok'), ('steer 45', 'limit')], 'the steering')


@scenario(serial=True, timeout=60)
def no_word_is_lost_at_25_keys_a_second(stage):
    broker, watcher, _ = car(stage)
    text = 'wwwwadwwwxxxxs' * 9 + '\n'
    sent, got = driven(stage, broker, watcher, 'car', text, 'car/control', '--rate', str(RATE))
    meant = {'forward': 'drive_forward', 'backward': 'drive_backward', 'left1': 'steer -15', 'right1': 'steer 15',
             'straight': 'steer_center'}
    equal([last['cmd'] for _, last in got], [meant[word] for _, word in sent], 'each word once and in order')
    check(all(last['result'] in ('ok', 'limit') for _, last in got), 'each was carried out')
    took = sorted((at - ns / 1e9) * 1000 for (ns, _), (at, _) in zip(sent, got))
    p50 = took[len(took) // 2]
    print('%d keys, from the key to its echo: p50 %.2f ms, worst %.2f ms' % (len(took), p50, took[-1]))
    if not SANITIZED:
        check(p50 < ECHO_P50_MS, 'p50 of the echo is %.2f ms' % p50)


@scenario
def every_kit_is_taken_by_check(stage):
    broker = stage.broker()
    kits = sorted(glob.glob(os.path.join(DIST, 'kits', '*.conf'))) + [os.path.join(DIST, 'nano-agent.conf')]
    names = [os.path.basename(path) for path in kits]
    equal(names, ['autocar-prime.conf', 'jetbot-waveshare.conf', 'jetbot.conf', 'waveshare-pan-tilt.conf',
                  'nano-agent.conf'], 'the kits')
    for path in kits:
        outcome = stage.run([program('nano-agent'), 'check', '--sim', '--board', 'JETSON_NANO', '-c', path] + broker.options())
        equal(outcome.code, 0, '%s: %s%s' % (path, outcome.out, outcome.err))
        check('ok  configuration: %s' % path in outcome.out, outcome.out)
        if path != kits[-1]:
            check('Not tried on the hardware by us.' in open(path, encoding='utf-8').read(), '%s says what it is' % path)


@scenario
def every_kit_runs_and_moves_nothing_at_the_start(stage):
    for name in ('autocar-prime', 'jetbot', 'jetbot-waveshare', 'waveshare-pan-tilt'):
        broker = stage.broker()
        watcher = stage.watcher(broker)
        agent = stage.agent(broker, channels=kit(name), name=name)
        report = watcher.online()
        for channel, state in report.status['channels'].items():
            check(not state.get('moving') and not state.get('percent') or state['kind'] == 'dimmer', '%s: %r' % (channel, state))
        equal(agent.pulses('tilt'), [], '%s: no servo is driven' % name)


@scenario
def a_word_that_came_before_the_agent_is_not_obeyed(stage):
    broker = stage.broker()
    stage.pub(broker, 'forward', topic='car/control', args=['-r'])
    watcher = stage.watcher(broker)
    stage.agent(broker, channels=kit('autocar-prime'))
    report = watcher.result('the retained word', cmd='drive_forward')
    equal((report.last['result'], report.last['on']), ('retained', 'car/control'), 'it is refused')
    equal(report.channel('drive').get('percent'), 0, 'nothing turns')
    other = stage.watcher(broker, topics=['car/control'], name='other')
    wait_for(lambda: any(r.payload == b'forward' and r.retained for r in other.since()), 'and it is left where it is')


if __name__ == '__main__':
    harness.main()
