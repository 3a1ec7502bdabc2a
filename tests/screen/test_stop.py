# SPDX-License-Identifier: MIT
"""STOP always leaves: whatever the broker allows, whoever is addressed, whoever is there. An independent mosquitto_sub
sees it on the wire."""
import json
import re
import time

from screen import check, equal, harness, live, scenario, tui

SLOW = harness.CHANNELS.replace('speed = 120', 'speed = 10')
check(SLOW != harness.CHANNELS, 'the channels have a speed to make slow')


class Tap:
    """mosquitto_sub on the control topics, as anybody would listen in."""

    def __init__(self, stage, broker, *options):
        self.process = stage.start('mosquitto_sub', [harness.tool('mosquitto_sub')] + broker.options() + list(options) +
                                   ['-q', '0', '-t', 'jetson/control', '-t', 'jetson/+/control', '-F', '%t %p'])
        mark = 'tap-%d' % id(self)
        harness.wait_for(lambda: stage.pub(broker, mark, 'jetson/tap/control', options) or mark in self.process.out(),
                         'mosquitto_sub hears')

    def stops(self):
        """The topics on which a stop was seen."""
        found = []
        for line in self.process.out().splitlines():
            topic, _, payload = line.partition(' ')
            if payload == 'stop' or (payload.startswith('{') and json.loads(payload).get('cmd') == 'stop'):
                found.append(topic)
        return found

    def wait(self, *topics):
        harness.wait_for(lambda: set(topics) <= set(self.stops()), 'a stop on %s, after %r' % (topics, self.stops()))



@scenario
def a_broker_that_takes_qos_0_only_passes_every_stop(stage):
    broker = stage.broker(config='max_qos 0\n')
    stage.agent(broker)
    tap = Tap(stage, broker)
    s = tui(stage, broker)
    s.wait('◉ live')
    s.press('space')
    tap.wait('jetson/control')
    s.wait(r'▴ stop +sent .* ok$')
    count = len(tap.stops())
    outcome = stage.send(broker, 'stop')
    equal(outcome.code, 0, 'send stop: %r' % outcome)
    check(len(tap.stops()) > count, 'the stop of send is on the wire')
    s.press('t')
    s.wait(r'led_toggle +sent .* ok on$')



@scenario
def a_broker_that_forbids_the_stop_is_told_within_a_second(stage):
    # The agent may do all; whoever has no name may only read.
    users = stage.write('users', '')
    harness.check(stage.run(['mosquitto_passwd', '-b', users, 'agent', 'secret']).code == 0, 'a password file')
    broker = stage.broker(config='acl_file %s\npassword_file %s\n' % (
        stage.write('acl', 'topic read jetson/#\nuser agent\ntopic readwrite jetson/#\n'), users))
    stage.agent(broker, args=['-u', 'agent', '-P', 'secret'])
    s = tui(stage, broker, columns=118)
    s.wait('◉ live')
    began = time.monotonic()
    s.press('space')
    s.wait(r'✗ STOP REFUSED')
    check(time.monotonic() - began < 1 * harness.PATIENCE, 'told after %.1f s' % (time.monotonic() - began))
    check(s.cell_of('STOP REFUSED').bg != 'default', 'an alarm')
    s.wait(r'✗ stop +.*does not allow us to publish on jetson/control')
    outcome = stage.send(broker, 'stop')
    equal(outcome.code, 1, 'send stop: %r' % outcome)
    check('does not allow' in outcome.err, 'why: %r' % outcome.err)


@scenario
def with_two_devices_space_stops_the_selected_one_and_all_mode_both(stage):
    broker = stage.broker()
    for name in ('lab', 'roof'):
        stage.agent(broker, args=['--device', name], name=name)
    tap = Tap(stage, broker)
    s = tui(stage, broker)
    s.wait(r'lab +◉ live')
    s.wait(r'roof +◉ live')
    s.press('space')
    tap.wait('jetson/lab/control')
    s.wait(r'stop +.* ok$')
    equal(set(tap.stops()), {'jetson/lab/control'}, 'one operator does not stop everybody')
    s.press('a')
    s.wait(r'^  ALL ')
    s.press('space')
    tap.wait('jetson/control', 'jetson/lab/control', 'jetson/roof/control')
    order = tap.stops()
    check(order.index('jetson/control') < order.index('jetson/roof/control'), 'one for all goes ahead: %r' % order)


@scenario
def send_stop_reaches_both_of_two_devices_and_names_who_is_silent(stage):
    broker = stage.broker()
    first = stage.agent(broker, args=['--device', 'lab'], name='lab')
    second = stage.agent(broker, args=['--device', 'roof'], name='roof')
    tap, watcher = Tap(stage, broker), stage.watcher(broker)
    watcher.wait(lambda r: r.topic == 'jetson/roof/status', 'roof reports')
    outcome = stage.send(broker, 'stop')
    equal(outcome.code, 0, 'send stop: %r' % outcome)
    check('lab' in outcome.out and 'roof' in outcome.out, 'both are named: %r' % outcome.out)
    tap.wait('jetson/control')
    for agent in (first, second):
        harness.wait_for(lambda: re.search(r'\bstop\b', agent.err()), 'the agent logs the stop')
    second.signal(19)  # SIGSTOP: it is still live for three reports, and answers nothing
    outcome = stage.send(broker, '--timeout', '2s', 'stop')
    second.signal(18)
    equal(outcome.code, 3, 'one is silent: %r' % outcome)
    check('roof' in outcome.err, 'it is named: %r' % outcome.err)


@scenario
def send_stop_to_one_device_goes_to_its_own_topic(stage):
    broker = stage.broker()
    for name in ('lab', 'roof'):
        stage.agent(broker, args=['--device', name], name=name)
    tap = Tap(stage, broker)
    outcome = stage.send(broker, '--device', 'roof', 'stop')
    equal(outcome.code, 0, 'send stop: %r' % outcome)
    equal(set(tap.stops()), {'jetson/roof/control'}, 'topics')


@scenario
def send_stop_to_a_name_that_nobody_has_says_that_no_device_is_there(stage):
    broker = stage.broker()
    stage.agent(broker)
    outcome = stage.send(broker, '--device', 'typo', 'stop')
    equal(outcome.code, 3, 'no device is there: %r' % outcome)
    check('nobody listens on jetson/typo/control' in outcome.err, 'why: %r' % outcome)


@scenario
def a_stop_leaves_where_the_device_is_offline_and_where_none_is_known(stage):
    broker = stage.broker()
    tap = Tap(stage, broker)
    s = tui(stage, broker)
    s.wait('◉ connected')
    s.press('space')
    tap.wait('jetson/control')
    outcome = stage.send(broker, '--timeout', '1s', 'stop')
    equal(outcome.code, 3, 'nobody is known: %r' % outcome)
    check(len(tap.stops()) >= 2, 'and yet it left: %r' % tap.stops())
    agent = stage.agent(broker)
    s.wait('◉ live')
    agent.kill()
    s.wait('✗ offline')
    count = len(tap.stops())
    s.press('space')
    harness.wait_for(lambda: len(tap.stops()) > count, 'a stop to the offline device')
    count = len(tap.stops())
    outcome = stage.send(broker, '--timeout', '1s', 'stop')
    equal(outcome.code, 3, 'nobody lives: %r' % outcome)
    check(len(tap.stops()) > count, 'and yet it left')


@scenario
def send_goes_on_after_a_stop_with_what_needs_a_device(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    stage.agent(broker)
    watcher.online()
    outcome = stage.send(broker, 'stop', 'sleep 600ms', 'led_on')
    equal(outcome.code, 0, 'send: %r' % outcome)
    equal([line.split()[0] for line in outcome.out.splitlines()], ['stop', 'led_on'], 'both are told')
    outcome = stage.send(broker, '-', stdin='stop\nled_off\n')
    equal(outcome.code, 0, 'from standard input: %r' % outcome)


@scenario
def a_moving_servo_is_stopped_by_space_over_every_qos(stage):
    for config, args in (('', ['-q', '0']), ('', ['-q', '2']), ('max_qos 1\n', ['-q', '2'])):
        broker = stage.broker(config=config)
        stage.agent(broker, channels=SLOW)
        s = tui(stage, broker, *args)
        s.wait('◉ live')
        s.command('tilt 30')
        s.wait('moving')
        s.press('space')
        s.wait(r'stop +sent.* ok$')
        s.gone('moving')


if __name__ == '__main__':
    harness.main()
