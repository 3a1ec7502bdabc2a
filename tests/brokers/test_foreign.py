# SPDX-License-Identifier: MIT
"""Other people's brokers. Expectation: what docs/broker.md says of each in its table; nothing was configured for us but a port.

Each scenario runs in a network namespace of its own, where the broker has the port that it has everywhere."""
import ctypes
import json
import os
import re
import shutil
import socket
import subprocess

import harness
from harness import Skip, check, equal, scenario, tool, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
CHANNELS = 'switch led { gpio = "sim" }\nservo tilt { pwm = "sim" }\n'
CLONE_NEWNET = 0x40000000


def folder(*words):
    """What tests/brokers/tree makes, once a machine."""
    done = subprocess.run([os.path.join(HERE, 'tree'), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode == 77:
        raise Skip(done.stderr.strip().splitlines()[-1])
    equal(done.returncode, 0, 'tests/brokers/tree: ' + done.stderr)
    return done.stdout.strip()


def alone(stage):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise Skip('a network namespace: ' + os.strerror(ctypes.get_errno()))
    equal(stage.run([tool('ip'), 'link', 'set', 'lo', 'up']).code, 0, 'ip link set lo up')


def answers(port):
    try:
        socket.create_connection(('127.0.0.1', port), 1).close()
        return True
    except OSError:
        return False


class Foreign:
    """A broker of somebody else at a port of 127.0.0.1."""

    def __init__(self, stage, name, argv, port=1883, login=None, seconds=30):
        self.stage, self.port, self.login = stage, port, login
        self.process = stage.start(name, argv)
        def up():
            check(self.process.alive(), '%s ended: %s' % (name, self.process.err()))
            return answers(port)
        wait_for(up, name + ' listens', seconds)

    def options(self):
        return ['-h', '127.0.0.1', '-p', str(self.port)] + (['-u', self.login, '-P', 'x'] if self.login else [])


def contained(stage, name, login=None):
    tree = folder()
    alone(stage)
    return Foreign(stage, name, [tool('unshare'), '--pid', '--mount', '--fork', '--kill-child', os.path.join(HERE, 'start'), name, tree],
                   login=login, seconds=60)


def status(stage, broker, *words):
    """What a subscriber that comes now gets first."""
    done = stage.run([tool('mosquitto_sub')] + broker.options() + ['-t', 'jetson/status', '-C', '1', '-W', '10', *words])
    equal(done.code, 0, 'mosquitto_sub: %r' % done)
    return json.loads(done.out)


def at_qos(stage, broker, qos, word='led_on'):
    return stage.send(broker, '-q', str(qos), '--timeout', '5', word)


def works(stage, broker, version, there=None, most=2):
    """Commands and answers at each QoS up to most, a retained status, a refused retained command, the will. there: the broker of
    the device."""
    if not there:
        stage.pub(broker, 'led_on', args=['-r'])
    agent = stage.agent(there or broker, channels=CHANNELS)
    wait_for(lambda: re.search(r'connected to .* \(MQTT (.*)\)', agent.err()), 'the agent connects', 20)
    equal(re.search(r'connected to .* \(MQTT (.*)\)', agent.err()).group(1), version, 'in this version of MQTT')
    outcome = stage.send(broker, 'led_on', 'tilt 10', 'led_off')
    equal(outcome.code, 0, 'three commands, each answered by the device: %r' % outcome)
    wait_for(lambda: [row[2] for row in agent.changes('led')] == ['on', 'off'], 'the output')
    for qos in range(most + 1):
        outcome = at_qos(stage, broker, qos)
        equal(outcome.code, 0, 'a command at QoS %d: %r' % (qos, outcome))
    if most < 2:
        # The connection ends at the first message that is acknowledged as at QoS 1. What came before that was carried out.
        outcome = at_qos(stage, broker, 2, 'led_toggle')
        check(outcome.code in (0, 3), 'a command at QoS 2: %r' % outcome)
        if outcome.code == 0:
            wait_for(lambda: len(agent.changes('led')) > 3, 'what was answered was carried out')
        refused = stage.run([tool('mosquitto_pub')] + broker.options() + ['-t', 'jetson/elsewhere', '-q', '2', '-m', 'anything'])
        check('protocol error' in refused.err, 'QoS 2 costs the connection: %r' % refused)
        levels = [row[2] for row in agent.changes('led')]
        check(levels[:3] == ['on', 'off', 'on'] and levels[3:] in ([], ['off']), 'carried out once or never: %r' % levels)
    check(status(stage, broker)['online'], 'who comes later gets the retained status')
    check(there or 'held an old command' in agent.err(), 'the command that was retained before moved nothing')
    agent.kill()
    wait_for(lambda: not status(stage, broker)['online'], 'the will comes, and stays', 30)


@scenario(timeout=120)
def foreign_rabbitmq(stage):
    broker = contained(stage, 'rabbitmq')
    works(stage, broker, '3.1.1', most=1)


@scenario(timeout=120)
def foreign_ejabberd(stage):
    broker = contained(stage, 'ejabberd', 'anybody@localhost')
    works(stage, broker, '5')


@scenario(timeout=60)
def foreign_aedes(stage):
    path = folder('aedes')
    alone(stage)
    broker = Foreign(stage, 'aedes', [shutil.which('node'), os.path.join(HERE, 'aedes.js'), path, '1883'])
    works(stage, broker, '3.1.1')


@scenario(timeout=60)
def foreign_two_mosquittos_with_a_bridge(stage):
    """The device at one, the operator at the other."""
    alone(stage)
    path = stage.write('there.conf', 'listener 1884 127.0.0.1\nallow_anonymous true\n')
    there = Foreign(stage, 'there', [tool('mosquitto'), '-c', path], 1884)
    path = stage.write('here.conf', 'listener 1883 127.0.0.1\nallow_anonymous true\nconnection there\naddress 127.0.0.1:1884\n'
                       'cleansession true\nnotifications false\ntopic jetson/control out 0\ntopic jetson/status in 0\nrestart_timeout 1\n')
    here = Foreign(stage, 'here', [tool('mosquitto'), '-c', path])
    works(stage, here, '5', there)


if __name__ == '__main__':
    harness.main()
