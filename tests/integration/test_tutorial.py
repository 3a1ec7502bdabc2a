# SPDX-License-Identifier: MIT
"""The MQTT tutorial that this project grew out of: each of its lines works with our programs, and our programs work with
its subscriber."""
import os
import sys

import harness
from harness import check, equal, scenario, set_up, tool, wait_for

SUBSCRIBER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'tutorial_subscriber.py')


def subscriber(stage, broker):
    try:
        import paho.mqtt.client  # noqa: F401
    except ImportError:
        raise harness.Skip('python3-paho-mqtt is not installed') from None
    script = stage.start('tutorial-subscriber', [sys.executable, '-u', SUBSCRIBER, '127.0.0.1', str(broker.port)])
    wait_for(lambda: 'Subscribed' in script.out(), 'the script has subscribed')
    return script


@scenario
def mosquitto_pub_lines_of_the_tutorial_work(stage):
    broker, watcher, agent = set_up(stage)
    for word in ('tilt_up', 'tilt_down', 'led_on', 'led_off'):
        mark = watcher.mark()
        outcome = stage.run([tool('mosquitto_pub'), '-h', '127.0.0.1', '-p', str(broker.port), '-t', 'jetson/control',
                             '-m', word])
        equal(outcome.code, 0, 'mosquitto_pub')
        equal(watcher.result(word, mark, cmd=word).last['result'], 'ok', word)
    wait_for(lambda: [row[2] for row in agent.changes('led')] == ['on', 'off'], 'the led went on and off')


@scenario
def python_publisher_of_the_tutorial_works(stage):
    broker, watcher, _ = set_up(stage)
    program = ('import sys\nimport paho.mqtt.publish as publish\n'
               'publish.single("jetson/control", "led_on", hostname="127.0.0.1", port=int(sys.argv[1]))\n')
    outcome = stage.run([sys.executable, '-c', program, str(broker.port)])
    equal(outcome.code, 0, outcome.err)
    equal(watcher.result('led_on', cmd='led_on').last['result'], 'ok', 'led_on')


@scenario
def mosquitto_sub_of_the_tutorial_sees_the_commands(stage):
    broker, _, _ = set_up(stage)
    sub = stage.start('mosquitto_sub', [tool('mosquitto_sub')] + broker.options() +
                      ['-t', 'jetson/control', '-i', 'the-tutorial'])
    wait_for(lambda: 'Sending SUBACK to the-tutorial' in broker.err(), 'mosquitto_sub has subscribed')
    for word in ('tilt_up', 'tilt_down'):
        stage.pub(broker, word)
    wait_for(lambda: sub.out() == 'tilt_up\ntilt_down\n', 'the two words, as the tutorial prints them')


@scenario
def the_tutorials_subscriber_obeys_pc_tui_send(stage):
    broker = stage.broker()
    script = subscriber(stage, broker)
    for word, said in (('led_on', 'LED ON command received'), ('led_off', 'LED OFF command received')):
        outcome = stage.send(broker, '--timeout', '3', word)
        wait_for(lambda said=said: said in script.out(), 'the script says %r' % said)
        # It has no voice: what came of the command nobody can say.
        equal(outcome.code, 3, 'exit status: %r' % outcome)
        check('no device reports' in outcome.out + outcome.err, 'pc-tui says why it cannot tell: %r' % outcome)
    check('Received message: {' not in script.out(), 'it gets plain words, no envelopes')
    outcome = stage.send(broker, '--timeout', '3', 'tilt_up')
    wait_for(lambda: 'Received message: tilt_up\n' in script.out(), 'the script receives tilt_up')


@scenario
def the_tutorials_subscriber_may_run_beside_the_agent(stage):
    broker, watcher, _ = set_up(stage)
    script = subscriber(stage, broker)
    equal(stage.say(broker, watcher, 'led_on').last['result'], 'ok', 'the agent obeys')
    wait_for(lambda: 'LED ON command received' in script.out(), 'and so does the script')


if __name__ == '__main__':
    harness.main()
