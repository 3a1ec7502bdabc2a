# SPDX-License-Identifier: MIT
"""The other half of the wire contract (docs/protocol.md), which the agent says: replies, statuses, topics. Seen by other people's
clients, mosquitto_rr and paho, against a running agent with simulated outputs."""
import json

import harness
from harness import answers, at_rest, check, equal, paho_client, scenario, set_up, tool, wait_for

EVERY_KIND = harness.CHANNELS + '''
servo pan { pwm = "sim" hz = 50 pulse = {1000, 2000} angle = {-90, 90} limit = {-60, 60} step = 10 speed = 500 axis = pan }
dimmer lamp { pwm = "pin 32" hz = 1000 }
input button { gpio = "pin 11" }
'''


# ---- MQTT 5 replies


@scenario
def mosquitto_rr_prints_the_result_object(stage):
    broker, watcher, _ = set_up(stage)
    rr = stage.run([tool('mosquitto_rr')] + broker.options() +
                   ['-V', 'mqttv5', '-t', 'jetson/control', '-e', 'jetson/reply/me', '-m', 'tilt_up', '-W', '10'])
    equal(rr.code, 0, 'mosquitto_rr')
    reply = json.loads(rr.out)
    equal((reply['v'], reply['device']), (1, ''), 'version and device')
    equal((reply['last']['cmd'], reply['last']['result']), ('tilt_up', 'ok'), 'last')
    equal(set(reply), {'v', 'device', 'last'}, 'the keys of the reply')
    equal(watcher.result('the status carries it too', cmd='tilt_up').last, reply['last'], 'last in the status')


@scenario
def a_reply_carries_the_correlation_data_byte_for_byte(stage):
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties
    broker, watcher, _ = set_up(stage)
    got = []
    client = paho_client(version=5)
    client.on_message = lambda _c, _u, message: got.append(message)
    subscribed = []
    client.on_connect = lambda c, *_: c.subscribe('jetson/reply/here')
    client.on_subscribe = lambda *_: subscribed.append(True)
    client.connect('127.0.0.1', broker.port, 60)
    client.loop_start()
    try:
        wait_for(lambda: subscribed, 'paho has subscribed')
        data = bytes(range(256))
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic, properties.CorrelationData = 'jetson/reply/here', data
        client.publish('jetson/control', 'tilt nan', 1, properties=properties)
        wait_for(lambda: got, 'a reply')
        equal(got[0].properties.CorrelationData, data, 'the correlation data')
        equal((got[0].qos, bool(got[0].retain)), (0, False), 'QoS and retain flag of the reply')
        equal(json.loads(got[0].payload)['last']['result'], 'invalid', 'the result')
        check('id' not in watcher.result('the status', result='invalid').last, 'correlation data is no id')
        client.publish('jetson/control', 'tilt_up', 1, properties=properties)
        client.publish('jetson/control', 'tilt_up', 1, properties=properties)
        wait_for(lambda: len(got) == 3, 'two more replies')
        equal([json.loads(m.payload)['last'].get('again') for m in got], [None] * 3, 'again')
    finally:
        client.disconnect()
        client.loop_stop()


@scenario
def replies_go_below_reply_and_nowhere_else(stage):
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties
    broker, watcher, agent = set_up(stage)
    everything = stage.watcher(broker, topics=['#'], name='everything')
    client = paho_client(version=5)
    client.connect('127.0.0.1', broker.port, 60)
    client.loop_start()
    try:
        for topic in ('jetson/control', 'jetson/x/control', 'jetson/status', 'other/status', '$SYS/x', 'elsewhere/me',
                      'jetson/reply/x/control', 'jetson/reply/me'):
            properties = Properties(PacketTypes.PUBLISH)
            properties.ResponseTopic = topic
            client.publish('jetson/control', 'led_toggle', 1, properties=properties)
        everything.wait(lambda r: r.topic == 'jetson/reply/me', 'the reply to the allowed topic')
    finally:
        client.disconnect()
        client.loop_stop()
    replies = [r for r in everything.since() if r.status and 'last' in r.status and 'channels' not in r.status]
    equal([r.topic for r in replies], ['jetson/reply/me'], 'topics that were answered')
    answers(stage, broker, watcher)
    toggled = [r for r in watcher.results() if r['cmd'] == 'led_toggle']
    equal(len(toggled), 8, 'all were carried out')
    equal([r.get('why') for r in toggled][5:], ['no answer to elsewhere/me: use jetson/reply/…',
                                               'no answer to jetson/reply/x/control: use jetson/reply/…', None],
          'what the status says of the topic')
    told = [line for line in agent.err().splitlines() if 'nano-agent: no answer to' in line]
    equal(len(told), 1, 'lines of the log about it: %r' % told)


# ---- status


@scenario
def a_status_is_retained_and_one_line(stage):
    broker, watcher, _ = set_up(stage, channels=EVERY_KIND)
    stage.say(broker, watcher, 'tilt 12.5')
    late = stage.watcher(broker, name='latecomer')
    report = late.wait(lambda r: r.retained, 'the retained status')
    check(report.online and report.channel('tilt')['target'] == 12.5, 'it is the present one')
    check(b'\n' not in report.payload and len(report.payload) <= 16384, 'one line of at most 16 KiB')
    status = report.status
    equal((status['v'], status['device'], status['report']), (1, '', 1.0), 'v, device, report')
    tilt = status['channels']['tilt']
    equal({k: tilt[k] for k in ('kind', 'axis', 'min', 'max', 'step', 'speed')},
          {'kind': 'servo', 'axis': 'tilt', 'min': -45, 'max': 45, 'step': 5, 'speed': 120}, 'tilt')
    equal(status['channels']['led'], {'kind': 'switch', 'on': False}, 'led')
    equal(status['channels']['button'], {'kind': 'input', 'on': False}, 'button')
    equal(status['channels']['lamp']['kind'], 'dimmer', 'lamp')


@scenario
def the_sequence_counts_each_status_and_the_clock_goes_forward(stage):
    broker, watcher, _ = set_up(stage)
    for word in ('tilt 30', 'led_on', 'nonsense', 'tilt -30', 'stop', 'status'):
        stage.say(broker, watcher, word)
    at_rest(watcher)
    watcher.wait(lambda r: r.status['seq'] > watcher.since()[0].status['seq'] + 8, 'more statuses')
    live = [r.status for r in watcher.since() if r.online and not r.retained]
    for earlier, later in zip(live, live[1:]):
        equal(later['seq'], earlier['seq'] + 1, 'seq')
        check(later['t'] >= earlier['t'], 't goes back: %d, %d' % (earlier['t'], later['t']))
        equal(later['boot'], earlier['boot'], 'boot within a run')


@scenario
def each_run_has_a_boot_of_its_own_and_counts_from_the_start(stage):
    broker, watcher, agent = set_up(stage)
    first = stage.say(broker, watcher, 'led_on')
    agent.terminate()
    mark = watcher.mark()
    stage.agent(broker)
    second = watcher.online(mark)
    check(second.boot != first.boot, 'a new boot')
    check(second.status['seq'] < first.status['seq'] + 2, 'seq starts again')
    check('last' not in second.status, 'no result yet in the new run')


@scenario
def every_command_gets_exactly_one_result_at_once(stage):
    broker, watcher, _ = set_up(stage)
    words = ['led_toggle', 'tilt_up 1', 'tilt_down 1', 'what', 'tilt nan', 'status'] * 40
    stage.run([tool('mosquitto_pub')] + broker.options() + ['-t', 'jetson/control', '-l', '-q', '1'],
              '\n'.join(words) + '\n')
    watcher.wait(lambda r: r.last.get('n') == len(words), 'the last result')
    results = watcher.results()
    equal([r['n'] for r in results], list(range(1, len(words) + 1)), 'n of the results')
    equal([r['cmd'] for r in results], words, 'cmd of the results')
    wanted = {'what': 'unknown', 'tilt nan': 'invalid'}
    equal([r['result'] for r in results], [wanted.get(word, 'ok') for word in words], 'the results')


@scenario
def commands_at_every_quality_of_service_are_carried_out_once(stage):
    broker, watcher, _ = set_up(stage)
    for qos in (0, 1, 2):
        for version in ('mqttv311', 'mqttv5'):
            report = stage.say(broker, watcher, 'tilt_up 1', args=['-q', str(qos), '-V', version])
            equal(report.last['result'], 'ok', 'QoS %d, %s' % (qos, version))
    equal((report.last['n'], report.channel('tilt')['target']), (6, 6), 'six commands, six degrees')


@scenario(serial=True)
def while_moving_at_most_twenty_statuses_a_second(stage):
    slow = harness.CHANNELS.replace('speed = 120', 'speed = 10')
    broker, watcher, _ = set_up(stage, channels=slow)
    mark = watcher.mark()
    stage.say(broker, watcher, 'tilt 30')
    at_rest(watcher, since=mark, deg=30)
    moving = [r for r in watcher.since(mark) if r.channel('tilt').get('moving')]
    took = (moving[-1].status['t'] - moving[0].status['t']) / 1000
    check(took > 2, 'three seconds of motion: %g s' % took)
    check(len(moving) <= 20 * took + 5, '%d statuses in %g s' % (len(moving), took))
    check(len(moving) >= 8 * took, 'only %d statuses in %g s' % (len(moving), took))


@scenario
def the_heartbeat_comes_every_report_seconds_at_qos_1(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker, qos=1)
    stage.agent(broker, config='report = 0.5\n')
    first = watcher.online()
    equal(first.status['report'], 0.5, 'report')
    wait_for(lambda: len([r for r in watcher.since() if r.qos == 1 and r.online]) >= 4, 'four heartbeats')
    beats = [r.status['t'] for r in watcher.since() if r.qos == 1 and r.online][1:]
    for earlier, later in zip(beats, beats[1:]):
        check(400 <= later - earlier <= 800 * harness.PATIENCE, 'heartbeats %d ms apart' % (later - earlier))
    mark = watcher.mark()
    stage.pub(broker, 'led_on')
    equal(watcher.result('led_on', mark, cmd='led_on').qos, 0, 'QoS of a result')


@scenario
def the_machines_health_is_in_the_status(stage):
    _, watcher, _ = set_up(stage)
    report = watcher.wait(lambda r: r.status and 'load' in r.status.get('health', {}), 'health')
    health = report.status['health']
    check(0 <= health['mem'] <= 1 and health['load'] >= 0 and health['up'] >= 0, repr(health))
    check(all(0 <= health.get(key, 0) <= 1 for key in ('cpu', 'gpu', 'mem')), repr(health))


@scenario
def every_status_of_a_busy_device_fits_the_published_schema(stage):
    try:
        import jsonschema  # noqa: F401, the stage needs it
    except ImportError:
        raise harness.Skip('python3-jsonschema is not installed') from None
    broker, watcher, agent = set_up(stage, channels=EVERY_KIND, args=['--device', 'nano'])
    for word in ('tilt 12.3', 'pan 90', 'led_on', 'lamp 40', 'lamp_toggle', 'nonsense \x1b', 'tilt nan', 'stop', 'pan 1',
                 'tilt_off', 'off', '{"cmd":"status","id":"a"}', '{"cmd":"status","id":"a"}',
                 '{"cmd":"tilt 1","boot":"x"}', 'status'):
        stage.say(broker, watcher, word, topic='jetson/nano/control')
    agent.terminate()
    watcher.wait(lambda r: r.online is False, 'the clean stop')
    stage.validate([r for r in watcher.since() if r.payload])


# ---- topics


@scenario
def a_named_device_listens_on_both_topics_and_reports_on_its_own(stage):
    broker, watcher, _ = set_up(stage, args=['--device', 'nano-7'])
    online = watcher.online()
    equal((online.topic, online.status['device']), ('jetson/nano-7/status', 'nano-7'), 'topic and device')
    equal(stage.say(broker, watcher, 'led_on', topic='jetson/nano-7/control').last['result'], 'ok', 'on its own topic')
    equal(stage.say(broker, watcher, 'led_off').last['result'], 'ok', 'on the shared topic')
    equal([r for r in watcher.since() if r.topic == 'jetson/status'], [], 'statuses on jetson/status')


@scenario
def a_named_device_ignores_envelopes_for_others_on_the_shared_topic(stage):
    broker, watcher, _ = set_up(stage, args=['--device', 'nano-7'])
    boot = watcher.online().boot
    stage.pub(broker, json.dumps({'cmd': 'led_on', 'boot': 'another'}))
    equal(answers(stage, broker, watcher, 'jetson/nano-7/control').last['n'], 1,
          'the envelope was ignored: this is the first command')
    equal(stage.say(broker, watcher, json.dumps({'cmd': 'led_on', 'boot': boot})).last['result'], 'ok', 'its own boot')
    report = stage.say(broker, watcher, json.dumps({'cmd': 'led_on', 'boot': 'another'}),
                       topic='jetson/nano-7/control')
    equal(report.last['result'], 'expired', "another run's boot on the device's own topic")


@scenario
def an_unnamed_device_does_not_listen_on_another_ones_topic(stage):
    broker, watcher, _ = set_up(stage)
    stage.pub(broker, 'led_on', topic='jetson/nano-7/control')
    equal(answers(stage, broker, watcher).last['n'], 1, 'the first command')


@scenario
def a_root_may_have_levels(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker, root='lab2/jetson')
    stage.agent(broker, args=['--root', 'lab2/jetson', '--device', 'roof'])
    equal(watcher.online().topic, 'lab2/jetson/roof/status', 'the status topic')
    for topic in ('lab2/jetson/control', 'lab2/jetson/roof/control'):
        equal(stage.say(broker, watcher, 'led_toggle', topic=topic).last['result'], 'ok', topic)


@scenario
def one_word_on_the_shared_topic_reaches_every_device(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    for args in ([], ['--device', 'one'], ['--device', 'two']):
        stage.agent(broker, args=args)
    topics = ['jetson/status', 'jetson/one/status', 'jetson/two/status']
    for topic in topics:
        watcher.online(topic=topic)
    stage.pub(broker, 'led_on')
    for topic in topics:
        watcher.wait(lambda r, topic=topic: r.topic == topic and r.channel('led').get('on'), topic + ': led on')


@scenario
def mqtt_3_1_1_works_as_well(stage):
    broker, watcher, _ = set_up(stage, args=['-V', 'mqttv311'])
    check('p2' in broker.err(), 'the broker says it speaks protocol 4 (p2): %s' % broker.err())
    report = stage.say(broker, watcher, 'tilt_up', args=['-V', '311'])
    equal((report.last['result'], report.channel('tilt')['target']), ('ok', 5), 'tilt_up')
    wait_for(lambda: len([r for r in watcher.since() if r.online]) > 3, 'heartbeats')


@scenario
def mqtt_5_is_what_both_ends_speak_by_default(stage):
    broker, watcher, agent = set_up(stage)
    lines = [line for line in broker.err().splitlines() if 'as nano-agent-' in line]
    check(lines and 'p5' in lines[0], 'the broker sees: %r' % lines)
    answers(stage, broker, watcher)
    check(agent.alive(), 'the agent is alive')


@scenario
def a_session_leaves_nothing_behind_in_the_broker(stage):
    broker, watcher, agent = set_up(stage)
    answers(stage, broker, watcher)
    agent.terminate()
    watcher.wait(lambda r: r.online is False, 'the clean stop')
    stage.pub(broker, 'led_on', args=['-q', '1'])
    mark = watcher.mark()
    stage.agent(broker)
    watcher.online(mark)
    report = answers(stage, broker, watcher)
    equal((report.last['n'], report.channel('led')['on']), (1, False), 'the command sent meanwhile is gone')


if __name__ == '__main__':
    harness.main()
