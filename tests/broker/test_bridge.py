# SPDX-License-Identifier: MIT
"""Another mosquitto, bridged to a broker of pc-tui-broker with the lines of docs/broker.md."""
import os
import re

import harness
from broker_rig import Client, Kit, listens, status_of
from harness import SOURCE_DIR, check, equal, scenario, tool, wait_for


def documented_lines():
    """The example of the page, as it stands there."""
    with open(os.path.join(SOURCE_DIR, 'docs', 'broker.md'), encoding='utf-8') as f:
        text = re.search(r'\n((?:    \S.*\n)*    connection robots\n(?:    .*\n)*)', f.read()).group(1)
    return ''.join(line[4:] + '\n' for line in text.splitlines())


class House:
    """A mosquitto of somebody else, bridged to the kit's broker with an operator's login."""

    def __init__(self, stage, kit, lines):
        self.stage, self.port = stage, stage.port().number
        bundle = kit.add('add-operator', 'house')
        lines = re.sub('(?m)^address .*', 'address 127.0.0.1:%d' % kit.tls_port, lines)
        lines = re.sub('(?m)^bridge_cafile .*', 'bridge_cafile ' + stage.write('house.crt', bundle.ca), lines)
        lines = re.sub('(?m)^remote_password .*', 'remote_password ' + bundle.password, lines)
        path = stage.write('house.conf', 'listener %d 127.0.0.1\nallow_anonymous true\n%srestart_timeout 1\n' % (self.port, lines))
        self.broker = stage.start('house', [tool('mosquitto'), '-c', path])
        wait_for(lambda: listens(self.port), 'the other mosquitto starts')

    def publish(self, topic, payload, qos=0):
        done = self.stage.run([tool('mosquitto_pub'), '-h', '127.0.0.1', '-p', str(self.port), '-q', str(qos), '-t', topic, '-m', payload])
        equal(done.code, 0, 'mosquitto_pub: %r' % done)


class HouseClient(Client):
    def __init__(self, house, kit, topics):
        class There:
            port, stage, path = house.port, kit.stage, kit.path
        super().__init__(There, ('anybody', 'x'), topics, tls=False)


def both_ways(house, kit, device, operator):
    """A command goes out and a status comes back; repeated until the bridge stands."""
    def there():
        house.publish('jetson/arm/control', 'hello')
        device.publish('jetson/arm/status', status_of('arm'))
        return device.heard('jetson/arm/control') and operator.heard('jetson/arm/status')
    wait_for(there, 'the bridge carries commands and statuses', 20)


def late_commands(stage, kit, lines):
    """What arrives after the bridge was down of the commands that were given meanwhile, at QoS 1."""
    house = House(stage, kit, lines)
    arm = kit.device('arm')
    device = Client(kit, arm.login, ['jetson/control', 'jetson/arm/control'])
    operator = HouseClient(house, kit, ['jetson/+/status'])
    both_ways(house, kit, device, operator)
    device.close()
    kit.broker.terminate()
    for n in range(5):
        house.publish('jetson/arm/control', 'late %d' % n, qos=1)
    kit.start(kit.setup())
    # Another client id: it has no session at the broker, as a device has none.
    device = Client(kit, arm.login, ['jetson/control', 'jetson/arm/control'])
    both_ways(house, kit, device, operator)
    house.publish('jetson/arm/control', 'the last', qos=1)
    device.hears('jetson/arm/control', 'the last')
    return [r.payload for r in device.heard() if r.payload.startswith(b'late')]


@scenario(timeout=120)
def a_bridge_with_the_documented_lines_delivers_nothing_late(stage):
    lines = documented_lines()
    check(re.search(r'^topic jetson/control out 0$', lines, re.M), lines)
    kit = Kit(stage)
    kit.start()
    equal(late_commands(stage, kit, lines), [], 'commands of the outage')


@scenario(timeout=120)
def a_bridge_at_qos_1_would_deliver_late(stage):
    """Why the page says: never QoS 1. Where this changes, the page can."""
    kit = Kit(stage)
    kit.start()
    lines = re.sub('(?m)^(topic .*control out) 0', r'\1 1', documented_lines())
    lines = lines.replace('cleansession true', 'cleansession false')
    check(late_commands(stage, kit, lines), 'the commands of the outage came')


if __name__ == '__main__':
    harness.main()
