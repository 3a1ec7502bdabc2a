# SPDX-License-Identifier: MIT
"""The wire contract (docs/protocol.md) as other people's clients see it: mosquitto_pub, mosquitto_rr and paho against a
running agent with simulated outputs."""
import json
import time

import harness
from harness import answers, at_rest, check, equal, scenario, set_up, tool, wait_for

EVERY_KIND = harness.CHANNELS + '''
servo pan { pwm = "sim" hz = 50 pulse = {1000, 2000} angle = {-90, 90} limit = {-60, 60} step = 10 speed = 500 axis = pan }
dimmer lamp { pwm = "pin 32" hz = 1000 }
input button { gpio = "pin 11" }
'''


# ---- words


@scenario
def a_word_from_mosquitto_pub_moves_the_servo_and_is_echoed(stage):
    broker, watcher, agent = set_up(stage)
    report = stage.say(broker, watcher, 'tilt_up')
    equal((report.topic, report.last['cmd'], report.last['result'], report.last['n']),
          ('jetson/status', 'tilt_up', 'ok', 1), 'the echo')
    equal(report.channel('tilt')['target'], 5, 'the target, one step up')
    arrived = at_rest(watcher, deg=5)
    check(arrived.channel('tilt')['driven'], 'the servo is driven')
    # 1000 to 2000 us over -45 to 45 degrees: 5 degrees are 1555.6 us.
    equal(arrived.channel('tilt')['us'], 1556, 'the pulse reported at 5 degrees')
    # A thread of the agent writes its lines: they may come after the report.
    wait_for(lambda: abs(agent.pulses()[-1] - 1556) <= 1, 'the pulse emitted')


@scenario
def every_word_of_the_table_is_understood(stage):
    broker, watcher, _ = set_up(stage, channels=EVERY_KIND)
    words = [
        ('tilt_up', 'ok'), ('tilt_down', 'ok'), ('tilt_up 3', 'ok'), ('tilt_down 2.5', 'ok'), ('tilt 12.5', 'ok'),
        ('tilt -7', 'ok'), ('tilt_center', 'ok'), ('tilt_off', 'ok'), ('pan_left', 'ok'), ('pan_right', 'ok'),
        ('pan_up 4', 'ok'), ('pan_down', 'ok'), ('pan 90', 'limit'), ('pan_center', 'ok'), ('move 20', 'ok'),
        ('move pan 10', 'ok'), ('led_on', 'ok'), ('led_off', 'ok'), ('led_toggle', 'ok'), ('lamp_on', 'ok'),
        ('lamp 40', 'ok'), ('lamp_up', 'ok'), ('lamp_up 5', 'ok'), ('lamp_down', 'ok'), ('lamp_toggle', 'ok'),
        ('lamp_off', 'ok'), ('lamp 0', 'ok'), ('center', 'ok'), ('status', 'ok'), ('off', 'ok'), ('tilt_stop', 'ok'),
        ('stop', 'ok'),
    ]
    for word, result in words:
        report = stage.say(broker, watcher, word)
        equal((report.last['cmd'], report.last['result'], report.last.get('why')),
              (word, result, report.last.get('why') if result == 'limit' else None), word)


@scenario
def every_word_does_what_the_table_says(stage):
    broker, watcher, _ = set_up(stage, channels=EVERY_KIND)
    steps = [  # command, channel, what its report says at once
        ('tilt 12.5', 'tilt', {'target': 12.5}), ('tilt_up', 'tilt', {'target': 17.5}),
        ('tilt_down 2.5', 'tilt', {'target': 15}), ('move 20', 'tilt', {'target': 20}),
        ('tilt_center', 'tilt', {'target': 0}), ('pan_right', 'pan', {'target': 10}),
        ('pan_left 30', 'pan', {'target': -20}), ('move pan 5', 'pan', {'target': 5}),
        ('led_on', 'led', {'on': True}), ('led_off', 'led', {'on': False}), ('led_toggle', 'led', {'on': True}),
        ('lamp_on', 'lamp', {'on': True, 'percent': 100}), ('lamp 40', 'lamp', {'on': True, 'percent': 40}),
        ('lamp_up', 'lamp', {'on': True, 'percent': 50}), ('lamp_down 25', 'lamp', {'on': True, 'percent': 25}),
        ('lamp_off', 'lamp', {'on': False}), ('lamp_on', 'lamp', {'on': True, 'percent': 25}),
        ('lamp 0', 'lamp', {'on': False}), ('off', 'led', {'on': False}),
    ]
    for word, channel, expected in steps:
        have = stage.say(broker, watcher, word).channel(channel)
        equal({key: have.get(key) for key in expected}, expected, word)
    equal(set(watcher.since()[-1].status['channels']), {'tilt', 'led', 'pan', 'lamp', 'button'}, 'the channels')


@scenario
def blanks_around_a_command_and_capital_letters_do_not_matter(stage):
    broker, watcher, _ = set_up(stage)
    for text, cmd in ((' \t LED_ON \r\n', 'led_on'), ('Tilt   \t 5', 'tilt 5'), ('tilt +05.50', 'tilt 5.5'),
                      ('tilt 12.25', 'tilt 12.3'), ('tilt -0.04', 'tilt 0'), ('MOVE  Tilt 3', 'move tilt 3')):
        report = stage.say(broker, watcher, text)
        equal((report.last['cmd'], report.last['result']), (cmd, 'ok'), repr(text))


@scenario
def an_empty_payload_is_ignored(stage):
    broker, watcher, _ = set_up(stage)
    stage.run([tool('mosquitto_pub')] + broker.options() + ['-t', 'jetson/control', '-n'])
    equal(answers(stage, broker, watcher).last['n'], 1, 'the count of commands')


@scenario
def what_is_not_understood_is_invalid_with_the_reason_and_moves_nothing(stage):
    broker, watcher, agent = set_up(stage)
    cases = [
        b'x' * 1025, b'tilt 5' + b' ' * 1019, b'tilt\0up', b'tilt_up\0', b'\xff\xfe', b'tilt_\xc3', b'\xc0\xaftilt',
        b'\xed\xa0\x80', b'{', b'{"cmd":}', b'{"cmd":"tilt_up"', b'{"cmd":"tilt_up"} x', b'{}', b'{"cmd":5}',
        b'{"cmd":null}', b'{"cmd":"tilt_up","cmd":"tilt_down"}', b'{"cmd":"tilt_up","id":""}',
        b'{"cmd":"tilt_up","id":"a b"}', b'{"cmd":"tilt_up","id":"' + b'i' * 65 + b'"}',
        b'{"cmd":"tilt_up","id":null}', b'{"cmd":"tilt_up","by":5}', b'{"cmd":"tilt_up","by":-1,"boot":"x"}',
        b'{"cmd":"tilt_up","by":1.5,"boot":"x"}', b'{"cmd":"tilt_up","boot":7}', b'{"cmd":"tilt\\u0000up"}',
        b'tilt nan', b'tilt inf', b'tilt 1e3', b'tilt 0x10', b'tilt 12345', b'tilt 1.2.3', b'tilt 5,5', b'tilt 5 5',
        b'tilt 5deg', b'tilt', b'tilt_up 0', b'tilt_up -5', b'tilt_center 5', b'led_on 1', b'move', b'20',
        b'tilt_up\x01', b'tilt\nup', b'tilt .5', b'tilt 5.', b'tilt --5',
    ]
    for payload in cases:
        report = stage.say(broker, watcher, payload)
        equal(report.last['result'], 'invalid', repr(payload[:40]))
        check(report.last.get('why'), '%r: no reason given' % payload[:40])
        check(len(report.last['why']) <= 200, '%r: a reason of more than 200 characters' % payload[:40])
        check(len(report.last['cmd']) <= 64, '%r: cmd repeats more than 64 characters' % payload[:40])
        check(not any(ord(c) < 32 or ord(c) == 127 for c in report.last['cmd'] + report.last.get('why', '')),
              '%r: control characters in the echo: %r' % (payload[:40], report.last))
    equal(agent.pulses(), [], 'pulses emitted')
    check(agent.alive(), 'the agent is alive')
    answers(stage, broker, watcher)


@scenario
def bad_bytes_of_a_refused_command_are_shown_as_replacement_characters(stage):
    broker, watcher, _ = set_up(stage)
    report = stage.say(broker, watcher, b'\x1b[31mtilt\xff\x07')
    equal(report.last['cmd'], '\ufffd[31mtilt\ufffd\ufffd', 'cmd')


@scenario
def a_thousand_and_twenty_four_bytes_are_still_a_command(stage):
    broker, watcher, _ = set_up(stage)
    report = stage.say(broker, watcher, b'led_on' + b' ' * 1018)
    equal((report.last['cmd'], report.last['result']), ('led_on', 'ok'), 'the echo')


@scenario
def an_unknown_word_is_answered_with_the_nearest(stage):
    broker, watcher, agent = set_up(stage)
    for slip, meant in (('tilt_uo', 'tilt_up'), ('led_onn', 'led_on'), ('stopp', 'stop')):
        report = stage.say(broker, watcher, slip)
        equal((report.last['cmd'], report.last['result']), (slip, 'unknown'), slip)
        check(meant in report.last['why'], '%s: why does not name %s: %r' % (slip, meant, report.last))
    equal(stage.say(broker, watcher, 'make_coffee').last['result'], 'unknown', 'make_coffee')
    equal(agent.pulses(), [], 'pulses emitted')


@scenario
def a_servo_stops_at_its_limit_and_says_so(stage):
    broker, watcher, agent = set_up(stage)
    report = stage.say(broker, watcher, 'tilt 90')
    equal((report.last['result'], report.channel('tilt')['target']), ('limit', 45), 'tilt 90')
    at_rest(watcher, deg=45)
    equal(stage.say(broker, watcher, 'tilt_up').last['result'], 'limit', 'tilt_up at the limit')
    equal(stage.say(broker, watcher, 'tilt -9999').last['result'], 'limit', 'tilt -9999')
    at_rest(watcher, deg=-45, since=watcher.mark() - 1)
    check(min(agent.pulses()) >= 1000 and max(agent.pulses()) <= 2000, 'pulses within the limits')


# ---- envelopes: id, by, boot


@scenario
def an_envelope_means_the_same_as_its_text_and_its_id_comes_back(stage):
    broker, watcher, _ = set_up(stage)
    report = stage.say(broker, watcher, '{"cmd":"tilt 12.5","id":"9f3c-17","colour":{"unknown":[1,null]}}')
    equal((report.last['cmd'], report.last['id'], report.last['result']), ('tilt 12.5', '9f3c-17', 'ok'), 'the echo')
    equal(report.channel('tilt')['target'], 12.5, 'the target')


@scenario
def the_same_id_twice_moves_once(stage):
    broker, watcher, _ = set_up(stage)
    first = stage.say(broker, watcher, '{"cmd":"tilt_up","id":"one"}')
    equal((first.last['result'], first.channel('tilt')['target']), ('ok', 5), 'the first')
    check('again' not in first.last, 'the first is not marked again')
    second = stage.say(broker, watcher, '{"cmd":"tilt_up","id":"one"}')
    equal((second.last['result'], second.last.get('again'), second.last['id']), ('ok', True, 'one'), 'the second')
    equal(second.channel('tilt')['target'], 5, 'the target after the second')
    equal(stage.say(broker, watcher, '{"cmd":"tilt_up","id":"two"}').channel('tilt')['target'], 10, 'another id')


@scenario
def the_same_id_with_another_text_is_invalid(stage):
    broker, watcher, _ = set_up(stage)
    stage.say(broker, watcher, '{"cmd":"tilt_up","id":"one"}')
    report = stage.say(broker, watcher, '{"cmd":"tilt_down","id":"one"}')
    equal((report.last['result'], report.channel('tilt')['target']), ('invalid', 5), 'the other text')


@scenario
def the_last_256_ids_are_remembered(stage):
    broker, watcher, _ = set_up(stage)
    stage.say(broker, watcher, '{"cmd":"led_toggle","id":"first"}')
    lines = ''.join('{"cmd":"status","id":"other-%d"}\n' % i for i in range(255))
    stage.run([tool('mosquitto_pub')] + broker.options() + ['-t', 'jetson/control', '-l', '-q', '1'], lines)
    watcher.result('the last of them', id='other-254')
    report = stage.say(broker, watcher, '{"cmd":"led_toggle","id":"first"}')
    equal((report.last.get('again'), report.channel('led')['on']), (True, True), 'the 256th back')
    stage.run([tool('mosquitto_pub')] + broker.options() + ['-t', 'jetson/control', '-l', '-q', '1'],
              ''.join('{"cmd":"status","id":"more-%d"}\n' % i for i in range(257)))
    watcher.result('the last of them', id='more-256')
    report = stage.say(broker, watcher, '{"cmd":"led_toggle","id":"first"}')
    check('again' not in report.last, 'forgotten after 256 others: %r' % report.last)


@scenario
def a_command_past_its_deadline_is_expired_and_moves_nothing(stage):
    broker, watcher, agent = set_up(stage)
    now = watcher.since()[-1].status
    report = stage.say(broker, watcher, json.dumps(
        {'cmd': 'tilt_up', 'id': 'late', 'by': now['t'] - 1, 'boot': now['boot']}))
    equal((report.last['result'], report.last['id']), ('expired', 'late'), 'past its deadline')
    report = stage.say(broker, watcher, json.dumps(
        {'cmd': 'tilt_up', 'by': now['t'] + 60000, 'boot': 'another' }))
    equal(report.last['result'], 'expired', 'for another run')
    report = stage.say(broker, watcher, json.dumps({'cmd': 'tilt_up', 'boot': 'another'}))
    equal(report.last['result'], 'expired', 'boot alone is checked too')
    equal(agent.pulses(), [], 'pulses emitted')
    report = stage.say(broker, watcher, json.dumps(
        {'cmd': 'tilt_up', 'by': float(now['t'] + 60000), 'boot': now['boot']}))
    equal(report.last['result'], 'ok', 'in time')


@scenario
def the_deadline_counts_on_the_agents_own_clock(stage):
    _, watcher, _ = set_up(stage)
    report = watcher.online()
    ours = time.clock_gettime(time.CLOCK_BOOTTIME) * 1000
    check(abs(ours - report.status['t']) < 5000 * harness.PATIENCE,
          't is %r, CLOCK_BOOTTIME %r' % (report.status['t'], ours))


# ---- retained commands


@scenario
def a_retained_command_moves_nothing_is_reported_and_cleared_from_the_topic(stage):
    broker = stage.broker()
    stage.pub(broker, 'tilt_up', args=['-r'])
    watcher = stage.watcher(broker)
    control = stage.watcher(broker, topics=['jetson/control'], name='control')
    control.wait(lambda r: r.retained and r.payload == b'tilt_up', 'the retained command is there')
    agent = stage.agent(broker)
    report = watcher.result('the retained command', cmd='tilt_up')
    equal(report.last['result'], 'retained', 'its result')
    control.wait(lambda r: r.payload == b'', 'the agent clears the topic')
    late = stage.watcher(broker, topics=['jetson/control', 'jetson/status'], name='latecomer')
    late.wait(lambda r: r.topic == 'jetson/status' and r.retained, 'the retained status')
    equal([r for r in late.since() if r.topic == 'jetson/control'], [], 'what waits on jetson/control')
    answers(stage, broker, watcher)
    equal(agent.pulses(), [], 'pulses emitted')


@scenario
def a_command_that_is_published_retained_is_refused_even_live_on_mqtt_5(stage):
    # A bridge and a restarted broker hand on an old command in the same way.
    broker, watcher, agent = set_up(stage)
    report = stage.say(broker, watcher, 'tilt_up', args=['-r'])
    equal(report.last['result'], 'retained', 'mosquitto_pub -r, live')
    answers(stage, broker, watcher)
    equal(agent.pulses(), [], 'pulses emitted')


@scenario
def on_3_1_1_a_live_command_with_the_retain_flag_cannot_be_told_from_others(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    stage.agent(broker, args=['-V', 'mqttv311'])
    watcher.online()
    report = stage.say(broker, watcher, 'tilt_up', args=['-r'])
    equal((report.last['result'], report.channel('tilt')['target']), ('ok', 5), 'mosquitto_pub -r, live')


@scenario
def where_an_acl_forbids_clearing_a_retained_command_is_still_refused(stage):
    acl = stage.write('acl', 'topic read jetson/control\ntopic readwrite jetson/status\n'
                             'user operator\ntopic readwrite #\n')
    broker = stage.broker(config='acl_file %s\n' % acl)
    operator = ['-u', 'operator']
    stage.pub(broker, 'tilt_up', args=['-r'] + operator)
    watcher = stage.watcher(broker)
    agent = stage.agent(broker)
    equal(watcher.result('the retained command', cmd='tilt_up').last['result'], 'retained', 'its result')
    report = stage.say(broker, watcher, 'led_on', args=operator)
    equal(report.last['result'], 'ok', 'led_on')
    equal(agent.pulses(), [], 'pulses emitted')


# ---- stop


@scenario
def stop_holds_every_servo_where_it_is_now(stage):
    slow = EVERY_KIND.replace('speed = 120', 'speed = 20').replace('speed = 500', 'speed = 20')
    broker, watcher, agent = set_up(stage, channels=slow)
    stage.say(broker, watcher, 'tilt 45')
    stage.say(broker, watcher, 'pan 60')
    watcher.wait(lambda r: all((r.channel(c).get('deg') or 0) > 2 for c in ('tilt', 'pan')), 'both are on their way')
    report = stage.say(broker, watcher, 'stop')
    equal(report.last['result'], 'ok', 'stop')
    for name in ('tilt', 'pan'):
        servo = report.channel(name)
        check(servo['moving'] is False and servo['target'] == servo['deg'] and 2 < servo['deg'] < 45,
              '%s after stop: %r' % (name, servo))
        check(servo['driven'], '%s is held, not let go' % name)
    wait_for(lambda: agent.pulses()[-1] == report.channel('tilt')['us'], 'the line of the last pulse')
    emitted = len(agent.pulses())
    answers(stage, broker, watcher)
    equal(len(agent.pulses()), emitted, 'pulses emitted after the stop')


@scenario
def one_servo_can_be_stopped_alone(stage):
    slow = EVERY_KIND.replace('speed = 120', 'speed = 20').replace('speed = 500', 'speed = 20')
    broker, watcher, _ = set_up(stage, channels=slow)
    stage.say(broker, watcher, 'tilt 45')
    stage.say(broker, watcher, 'pan 60')
    watcher.wait(lambda r: (r.channel('tilt').get('deg') or 0) > 2, 'tilt is on its way')
    report = stage.say(broker, watcher, 'tilt_stop')
    equal((report.channel('tilt')['moving'], report.channel('pan')['moving']), (False, True), 'tilt, pan moving')


@scenario
def stop_works_whatever_its_deadline_boot_id_or_retain_flag_say(stage):
    slow = harness.CHANNELS.replace('speed = 120', 'speed = 5')
    broker = stage.broker()
    stage.pub(broker, 'stop', args=['-r'])
    watcher = stage.watcher(broker)
    stage.agent(broker, channels=slow)
    equal(watcher.result('a retained stop', cmd='stop').last['result'], 'ok', 'a retained stop')
    envelopes = [{'cmd': 'stop', 'by': 0, 'boot': 'x'}, {'cmd': 'stop', 'boot': 'another'},
                 {'cmd': 'stop', 'id': 'twice'}, {'cmd': 'stop', 'id': 'twice'},
                 {'cmd': 'tilt_stop', 'by': 1, 'boot': 'another', 'id': 'twice'}]
    target = 20
    for envelope in envelopes:
        target = -target

        def moving():
            report = stage.say(broker, watcher, 'tilt %d' % target)
            return report if report.last['result'] == 'ok' else None

        wait_for(moving, 'motion is taken again after the stop')
        watcher.wait(lambda r: r.channel('tilt').get('moving'), 'the servo moves', watcher.mark() - 1)
        report = stage.say(broker, watcher, json.dumps(envelope))
        equal(report.last['result'], 'ok', repr(envelope))
        equal(report.channel('tilt')['moving'], False, 'moving after %r' % envelope)


@scenario
def stop_powers_nothing(stage):
    broker, watcher, agent = set_up(stage)
    for word in ('stop', 'tilt_stop'):
        report = stage.say(broker, watcher, word)
        equal((report.last['result'], report.channel('tilt')['driven']), ('ok', False), word)
    equal(agent.pulses(), [], 'pulses emitted')


@scenario
def motion_is_refused_for_half_a_second_after_a_stop_from_anyone(stage):
    broker, watcher, agent = set_up(stage)
    lines = 'stop\ntilt_up\nled_on\n'
    stage.run([tool('mosquitto_pub')] + broker.options() + ['-t', 'jetson/control', '-l'], lines)
    report = watcher.result('tilt_up right after', cmd='tilt_up')
    equal((report.last['result'], report.last.get('why')), ('refused', 'stopped'), 'tilt_up right after a stop')
    equal(watcher.result('led_on', cmd='led_on').last['result'], 'ok', 'a switch is no motion')
    equal(agent.pulses(), [], 'pulses emitted')
    stopped = watcher.result('stop', cmd='stop')

    def taken():
        return stage.say(broker, watcher, 'tilt_up').last['result'] == 'ok'

    wait_for(taken, 'motion is taken again')
    again = [r for r in watcher.since() if r.last.get('cmd') == 'tilt_up' and r.last['result'] == 'ok'][0]
    check(again.status['t'] - stopped.status['t'] >= 500, 'motion was taken %d ms after the stop'
          % (again.status['t'] - stopped.status['t']))


if __name__ == '__main__':
    harness.main()
