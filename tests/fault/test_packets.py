# SPDX-License-Identifier: MIT
"""Brokers that send what MQTT does not know. Expectation: it costs a connection, never the program."""
import socket
import struct
import threading
import time

from harness import PATIENCE, check, equal, scenario, wait_for

UNKNOWN = b'\x02\x7f\x00'  # a section of properties with one that does not exist


def read_packet(connection):
    """The first byte and the body of one packet, or None at the end."""
    first = connection.recv(1)
    if not first:
        return None
    length, shift = 0, 0
    while True:
        digit = connection.recv(1)
        if not digit:
            return None
        length |= (digit[0] & 0x7f) << shift
        shift += 7
        if not digit[0] & 0x80:
            break
    body = b''
    while len(body) < length:
        part = connection.recv(length - len(body))
        if not part:
            return None
        body += part
    return first[0], body


class Stranger:
    """A broker of MQTT 5 that is good but for one packet, another one in each connection."""

    KINDS = ('CONNACK', 'SUBACK', 'PUBLISH', 'PUBACK', 'DISCONNECT')

    def __init__(self, port):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(('127.0.0.1', port.number))
        self.listener.listen(8)
        self.met = []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        for kind in self.KINDS:
            while kind not in self.met:
                connection, _ = self.listener.accept()
                with connection:
                    connection.settimeout(10)
                    self.serve(connection, kind)
        self.listener.close()

    def serve(self, connection, kind):
        def send(packet, is_bad):
            connection.sendall(packet)
            if is_bad:
                self.met.append(kind)

        while True:
            try:
                packet = read_packet(connection)
            except OSError:
                return
            if packet is None:
                return
            first, body = packet
            if first == 0x10:
                if body[6] != 5:  # the attempt that follows with 3.1.1: this broker does not know that
                    return
                bad = kind == 'CONNACK'
                send(b'\x20\x05\x00\x00' + UNKNOWN if bad else b'\x20\x03\x00\x00\x00', bad)
            elif first == 0x82:
                bad = kind == 'SUBACK'
                properties = UNKNOWN if bad else b'\x00'
                send(b'\x90' + bytes([3 + len(properties)]) + body[:2] + properties + b'\x00', bad)
                if kind == 'PUBLISH':
                    payload = b'\x00\x0ejetson/control' + UNKNOWN + b'tilt_up'
                    send(b'\x30' + bytes([len(payload)]) + payload, True)
                if kind == 'DISCONNECT':
                    send(b'\xe0\x04\x8b' + UNKNOWN, True)
            elif first & 0xf6 == 0x32:
                topic_len = struct.unpack('!H', body[:2])[0]
                identifier = body[2 + topic_len:4 + topic_len]
                bad = kind == 'PUBACK'
                send(b'\x40' + (b'\x06' + identifier + b'\x00' + UNKNOWN if bad else b'\x02' + identifier), bad)
            elif first == 0xe0:
                return


@scenario(timeout=90)
def an_unknown_property_in_any_packet_ends_no_agent_and_it_is_back_within_ten_seconds(stage):
    port = stage.port()
    stranger = Stranger(port)
    address = type('Address', (), {'options': lambda self: ['-h', '127.0.0.1', '-p', str(port.number)]})()
    agent = stage.agent(address)
    wait_for(lambda: not stranger.thread.is_alive(), 'all five packets were sent', 60)
    equal(stranger.met, list(Stranger.KINDS), 'packets sent')
    broker = stage.broker(port=port)
    began = time.monotonic()
    watcher = stage.watcher(broker)
    watcher.online(deadline=10)
    check(time.monotonic() - began <= 10 * PATIENCE, 'it took %.1f s' % (time.monotonic() - began))
    check(agent.alive(), 'it is the same run')
    check('broke the protocol (a property that MQTT 5 does not know)' in agent.err(), 'the log: %s' % agent.err())
    equal(agent.pulses(), [], 'pulses emitted')


if __name__ == '__main__':
    import harness
    harness.main()
