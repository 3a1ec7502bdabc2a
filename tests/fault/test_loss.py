# SPDX-License-Identifier: MIT
"""Brokers that come and go, ends that are not told, cables that are pulled out."""
import json
import os
import re
import time

import harness
from harness import answers, at_rest, check, equal, scenario, wait_for
from proxy import Proxy, TO_BROKER, TO_CLIENT

QUICK = 'report = 0.4\nlost_after = 1.0\n'
POLICIES = '''
servo arm { pwm = "sim" lost = center }
servo leg { pwm = "sim" lost = off }
servo neck { pwm = "sim" speed = 5 lost = hold }
switch led { gpio = "sim" lost = off }
switch fan { gpio = "sim" lost = on }
switch door { gpio = "sim" lost = hold }
dimmer lamp { pwm = "sim" hz = 1000 lost = off }
'''


def files_open(process):
    return len(os.listdir('/proc/%d/fd' % process.pid))


def let_pass(seconds):
    until = time.monotonic() + seconds
    wait_for(lambda: time.monotonic() >= until, 'time to pass', seconds + 10)


def connected(agent, times):
    wait_for(lambda: agent.err().count('connected to') >= times, 'the agent has connected %d times' % times, 20)


@scenario(timeout=120)
def a_storm_of_broker_restarts_leaves_both_ends_as_they_were(stage):
    broker = stage.broker(verbose=False)
    port = broker.port_claim
    agent = stage.agent(broker)
    watch = stage.tui(broker, 'watch', '--json', '--all')
    wait_for(lambda: watch.out().count('\n') >= 2, 'watch shows the device')
    boot = json.loads(watch.out().splitlines()[0])['boot']
    before = [(process, files_open(process), process.rss_kib()) for process in (agent, watch)]
    for i in range(15):
        broker.kill()
        # Counted before the next broker runs: the agent may have found it by the time that the rig knows that it listens.
        told = agent.err().count('connected to')
        broker = stage.broker(port=port, verbose=False)
        if i % 3 == 0:  # some live long enough to be found, some do not
            wait_for(lambda told=told: agent.err().count('connected to') > told, 'the agent finds it', 20)
    watcher = stage.watcher(broker)
    watcher.wait(lambda r: r.online and not r.retained, 'the agent is back', deadline=20)
    equal(stage.say(broker, watcher, 'led_toggle').last['result'], 'ok', 'a command')
    equal(answers(stage, broker, watcher).boot, boot, 'it is the same run')
    wait_for(lambda: [row[2] for row in agent.changes('led')] == ['on'], 'the change of the output')
    wanted = watcher.since()[-1].status['seq']
    wait_for(lambda: json.loads(watch.out().splitlines()[-1]).get('seq', 0) >= wanted, 'watch is back as well', 20)
    for process, files, rss in before:
        equal(files_open(process), files, 'open files of ' + process.name)
        if not harness.SANITIZED:
            check(process.rss_kib() - rss < 1024, '%s grew from %d to %d KiB' % (process.name, rss, process.rss_kib()))


@scenario(timeout=90)
def a_broker_that_is_gone_without_a_word_is_noticed_and_left(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    proxy = Proxy(stage, broker)
    agent = stage.agent(proxy, config=QUICK)
    boot = watcher.online().boot
    stage.say(broker, watcher, 'led_on')
    proxy.half_open(TO_CLIENT)
    gone = time.monotonic()
    wait_for(lambda: re.search(r'nothing heard for 1\.0 s', agent.err()), 'the agent notices')
    check(time.monotonic() - gone < 1.6 * harness.PATIENCE, 'after %.1f s' % (time.monotonic() - gone))
    connected(agent, 2)
    report = answers(stage, broker, watcher)
    equal((report.boot, report.channel('led')['on']), (boot, True), 'the same run, its led as it was')


@scenario(timeout=90)
def a_broker_that_still_believes_in_the_dead_connection_takes_the_new_one(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    proxy = Proxy(stage, broker)
    agent = stage.agent(proxy, config=QUICK)
    watcher.online()
    mark = watcher.mark()
    proxy.half_open(TO_BROKER)  # to the agent it looks closed
    connected(agent, 2)
    # The old connection's will comes with the new one, before its first status: never after it.
    answers(stage, broker, watcher)
    words = [r.online for r in watcher.since(mark)]
    check(words[-1] is True, 'the last word: %r' % words)
    late = stage.watcher(broker, name='latecomer')
    check(late.wait(lambda r: r.retained, 'what is retained').online, 'it is retained that the agent is there')
    let_pass(2)
    equal(agent.err().count('connected to'), 2, 'connections: the two do not throw each other out')


@scenario(timeout=90)
def a_pulled_cable_is_noticed_within_lost_after_and_each_output_does_what_its_lost_says(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    proxy = Proxy(stage, broker)
    agent = stage.agent(proxy, config=QUICK, channels=POLICIES)
    boot = watcher.online().boot
    for word in ('arm 20', 'leg 20', 'led_on', 'door_on', 'lamp 50', 'neck 45'):
        stage.say(broker, watcher, word)
    watcher.wait(lambda r: r.channel('arm').get('deg') == 20 and (r.channel('neck').get('deg') or 0) > 1, 'on the way')
    proxy.black_hole()
    pulled = time.monotonic()
    line = wait_for(lambda: re.search(r'nothing heard from the broker: .*', agent.err()), 'the agent logs it').group()
    check(time.monotonic() - pulled < 1.6 * harness.PATIENCE, 'after %.1f s' % (time.monotonic() - pulled))
    for words in ('arm to its centre', 'leg off', 'neck stopped where it was', 'led off', 'fan on', 'lamp off'):
        check(words in line, '%r is in the log: %r' % (words, line))
    check('door' not in line, 'the door keeps its state: %r' % line)
    wait_for(lambda: agent.pulses('arm')[-1] == 1500 and agent.changes('leg')[-1][2] == 'off', 'the outputs obey')
    neck = len(agent.pulses('neck'))
    let_pass(1)
    equal(len(agent.pulses('neck')), neck, 'pulses of the one that holds')
    mark = watcher.mark()
    proxy.heal()
    connected(agent, 2)
    report = answers(stage, broker, watcher)
    equal(report.boot, boot, 'it is the same run')
    equal([report.channel(n)['on'] for n in ('led', 'fan', 'door', 'lamp')], [False, True, True, False], 'the switches')
    equal((report.channel('arm')['deg'], report.channel('leg')['driven']), (0, False), 'arm and leg')
    check(report.channel('neck')['deg'] == report.channel('neck')['target'] < 45, 'neck: %r' % report.channel('neck'))
    stage.say(broker, watcher, 'neck_up')
    at_rest(watcher, 'neck', mark, target=report.channel('neck')['deg'] + 5)


@scenario(timeout=90)
def a_cable_pulled_for_less_than_lost_after_changes_nothing(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    proxy = Proxy(stage, broker)
    agent = stage.agent(proxy, config='report = 1.0\nlost_after = 20.0\n', channels=POLICIES, args=['-k', '60'])
    watcher.online()
    for word in ('led_on', 'neck 45'):
        stage.say(broker, watcher, word)
    proxy.stall()  # the network sends again what was lost
    let_pass(2)
    proxy.release()
    report = answers(stage, broker, watcher)
    equal(proxy.accepted, 1, 'connections')
    equal((report.channel('led')['on'], report.channel('neck')['target']), (True, 45), 'led and neck')
    check('nothing heard' not in agent.err(), 'nothing was lost: %s' % agent.err())


@scenario(timeout=90)
def a_slow_line_delays_a_stop_by_no_more_than_what_is_before_it(stage):
    broker = stage.broker(verbose=False)
    watcher = stage.watcher(broker)
    proxy = Proxy(stage, broker)
    agent = stage.agent(proxy, channels=harness.CHANNELS.replace('speed = 120', 'speed = 4'))
    watcher.online()
    stage.say(broker, watcher, 'tilt 45')
    proxy.throttle(20000)
    stage.pub_lines(broker, ['led_toggle'] * 100)
    mark = watcher.mark()
    outcome = stage.send(broker, 'stop')
    equal(outcome.code, 0, 'pc-tui send stop: %r' % outcome)
    equal(watcher.result('the stop', mark, cmd='stop').channel('tilt')['moving'], False, 'moving')
    proxy.throttle(0)
    equal(answers(stage, broker, watcher).channel('led')['on'], False, 'all toggles were carried out')
    equal(len(agent.changes('led')), 100, 'and none twice')
    equal(agent.err().count('connected to'), 1, 'connections')


if __name__ == '__main__':
    harness.main()
