# SPDX-License-Identifier: MIT
"""`gateway` as the name of a broker: the computer that a device reaches the world through, whatever its address is today."""
import re
import socket

import harness
from broker_rig import Network
from harness import check, equal, program, scenario, tool, wait_for

CHANNELS = 'switch led { gpio = "sim" }\n'


class Computers(Network):
    """A computer with a broker, and a device beside it that knows no address."""

    def broker(self):
        path = self.stage.write('mosquitto.conf', 'listener 1883\nallow_anonymous true\n')
        self.stage.start('mosquitto', self.here + [tool('mosquitto'), '-c', path])

    def agent(self):
        path = self.stage.write('device.conf', 'broker = {"gateway"}\nlost_after = 2\nreport = 0.5\n' + CHANNELS)
        return self.stage.start('nano-agent', self.there + [program('nano-agent'), '-c', path, '--sim'], own=True)

    def ip(self, index, *words):
        equal(self._ip('-n', self.names[index], *words).code, 0, 'ip ' + ' '.join(words))


def says(process, pattern, deadline=10):
    return wait_for(lambda: re.search(pattern, process.err()), '%s says %r' % (process.name, pattern), deadline)


@scenario
def gateway_is_the_next_hop_of_the_default_route_at_each_attempt(stage):
    computers = Computers(stage)
    computers.broker()
    agent = computers.agent()
    says(agent, 'no gateway: this computer has no default route')
    computers.ip(1, 'route', 'add', 'default', 'via', computers.HERE)
    says(agent, r'connected to gateway:1883')
    outcome = stage.run(computers.there + [program('pc-tui'), 'send', '-h', 'gateway', 'led_on'])
    equal(outcome.code, 0, 'pc-tui finds it as well: %r' % outcome)
    wait_for(lambda: 'led on' in agent.out(), 'and the command arrives')

    # DHCP gives the gateway another address: nobody has to be told.
    computers.ip(0, 'address', 'flush', 'dev', 'lan0')
    computers.ip(0, 'address', 'add', '10.97.0.77/24', 'dev', 'lan0')
    computers.ip(1, 'route', 'replace', 'default', 'via', '10.97.0.77')
    says(agent, r'(?s)connected to gateway:1883.*connected to gateway:1883', 15)


@scenario
def gateway_may_be_a_router_of_ipv6(stage):
    computers = Computers(stage)
    computers.broker()
    own = stage.run(computers.here + [tool('ip'), '-6', '-o', 'address', 'show', 'dev', 'lan0', 'scope', 'link']).out.split()
    check('inet6' in own, 'an address of this link: %r' % own)
    router = own[own.index('inet6') + 1].split('/')[0]
    socket.inet_pton(socket.AF_INET6, router)
    computers.ip(1, '-6', 'route', 'add', 'default', 'via', router, 'dev', 'lan0')
    says(computers.agent(), r'connected to gateway:1883')


if __name__ == '__main__':
    harness.main()
