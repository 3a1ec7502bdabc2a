# SPDX-License-Identifier: MIT
"""Two agents with one client id, and brokers that give no proof of life or a false one."""
import re
import socket
import threading
import time

import harness
from harness import PATIENCE, check, equal, scenario, wait_for
from test_packets import read_packet

SERVO = 'servo tilt { pwm = "sim" lost = off }\n'


def let_pass(seconds):
    until = time.monotonic() + seconds
    wait_for(lambda: time.monotonic() >= until, 'time to pass', seconds + 10)


def two_agents_of_one_id(stage, version, sentence):
    broker = stage.broker()
    agents = [stage.agent(broker, channels=SERVO, args=['-i', 'twin', '-V', version], name=name)
              for name in ('first', 'second')]

    def connections():
        return broker.err().count(' as twin ')

    wait_for(lambda: connections() >= 2, 'both connect')
    let_pass(10)
    before = connections()
    let_pass(60)
    later = connections() - before
    check(later <= 12, 'connections in a minute after the first ten seconds: %d' % later)
    check(later >= 1, 'they go on trying')
    told = [len(re.findall(sentence, agent.err())) for agent in agents]
    check(max(told) == 1, 'how often each of them named the cause: %r' % told)
    lost = [agent.err().count('nothing heard from the broker') for agent in agents]
    check(max(lost) <= 1, 'how often `lost` acted: %r' % lost)
    for agent in agents:
        check(agent.alive(), 'both live')


@scenario(timeout=110, plain=True)
def two_agents_with_one_client_id_say_it_once_and_wait_longer_and_longer_on_mqtt_5(stage):
    two_agents_of_one_id(stage, 'mqttv5', 'same client id')  # in words of the broker's, or in ours


@scenario(timeout=110, plain=True)
def two_agents_with_one_client_id_say_it_once_and_wait_longer_and_longer_on_3_1_1(stage):
    two_agents_of_one_id(stage, 'mqttv311', 'same client id')


@scenario(timeout=60)
def a_broker_that_takes_qos_0_only_proves_by_its_pings_that_it_lives(stage):
    broker = stage.broker(config='max_qos 0\n')
    watcher = stage.watcher(broker)
    agent = stage.agent(broker, config='lost_after = 2.0\n', channels=SERVO)
    watcher.online()
    let_pass(8)
    check('nothing heard' not in agent.err(), 'the link was not given up: %s' % agent.err())
    equal(agent.err().count('connected to'), 1, 'connections')
    equal(agent.err().count('takes QoS 0 only'), 1, 'how often the limit was told')
    broker.signal(19)  # frozen: its sockets live, it does not
    began = time.monotonic()
    wait_for(lambda: 'nothing heard from the broker' in agent.err(), '`lost` acts', 8)
    took = time.monotonic() - began
    check(took <= 2.3 * PATIENCE, '`lost` acted after %.2f s' % took)
    broker.signal(18)


class Dripping:
    """Accepts an agent as a broker does, and then sends nothing but a byte now and then, of one long message."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(('127.0.0.1', 0))
        self.listener.listen(4)
        self.port = self.listener.getsockname()[1]
        self.dripped = 0
        threading.Thread(target=self.run, daemon=True).start()

    def options(self):
        return ['-h', '127.0.0.1', '-p', str(self.port)]

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            while True:
                packet = read_packet(connection)
                if packet is None:
                    return
                first, body = packet
                if first == 0x10:
                    connection.sendall(b'\x20\x03\x00\x00\x00')
                if first == 0x82:
                    connection.sendall(b'\x90\x04' + body[:2] + b'\x00\x01')
                    break
            message = b'\x30\x90\x4e\x00\x0ejetson/control\x00' + b'x' * 10000
            for byte in message:
                try:
                    connection.sendall(bytes([byte]))
                except OSError:
                    return
                self.dripped += 1
                time.sleep(0.25)


@scenario(timeout=60)
def single_bytes_are_no_proof_that_the_broker_lives(stage):
    broker = Dripping()
    agent = stage.agent(broker, config='lost_after = 3.0\n', channels=SERVO)
    wait_for(lambda: 'connected to' in agent.err(), 'the agent connects')
    began = time.monotonic()
    wait_for(lambda: 'nothing heard from the broker' in agent.err(), '`lost` acts', 10)
    took = time.monotonic() - began
    check(broker.dripped >= 8, 'bytes that came meanwhile: %d' % broker.dripped)
    check(2.5 <= took <= 3.3 * PATIENCE, '`lost` acted after %.2f s' % took)


if __name__ == '__main__':
    harness.main()
