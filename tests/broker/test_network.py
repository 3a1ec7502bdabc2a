# SPDX-License-Identifier: MIT
"""A broker on one computer and clients on another: which ports are open to whom."""
import re

import harness
from broker_rig import Kit, Network
from harness import Skip, check, equal, scenario, tool, wait_for


def kit_of(stage, network, *words, name='kit'):
    kit = Kit(stage, name, network.here)
    kit.start(kit.setup(*words))
    return kit


@scenario
def another_computer_comes_in_by_tls_alone(stage):
    network = Network(stage)
    kit = kit_of(stage, network)
    device = kit.device('arm')
    check(device.addresses[0] == '%s:%d' % (network.HERE, kit.tls_port), 'the address in the bundle: %r' % device.addresses)
    there = {'host': network.HERE, 'prefix': network.there}
    check(kit.enters(device.login, **there), 'by TLS')
    check(not kit.enters(device.login, tls=False, **there), 'not without')
    check(not kit.enters(None, **there), 'not without a login')
    # The port without TLS is not even there: nothing but TLS is open on the network.
    sockets = stage.run(network.here + [tool('ss'), '-Hltn']).out
    local = [row.split()[3] for row in sockets.splitlines()]
    equal(sorted(address for address in local if not address.startswith(('127.', '[::1]'))),
          sorted(['0.0.0.0:%d' % kit.tls_port, '[::]:%d' % kit.tls_port]), 'what listens')
    equal(sorted(address for address in local if address.startswith('127.')), ['127.0.0.1:%d' % kit.port], 'what listens here only')


@scenario
def listen_opens_one_address_and_this_computer(stage):
    network = Network(stage)
    equal(stage.run(network.here + [tool('ip'), 'address', 'add', '10.98.0.1/24', 'dev', 'lan0']).code, 0, 'a second address')
    kit = kit_of(stage, network, '--listen', network.HERE)
    device = kit.device('arm')
    equal(device.addresses, ['%s:%d' % (network.HERE, kit.tls_port)], 'addresses in the bundle')
    check(kit.enters(device.login, host=network.HERE, prefix=network.there), 'from the network')
    check(kit.enters(device.login, prefix=network.here), 'from here')
    equal(stage.run(network.there + [tool('ip'), 'route', 'add', '10.98.0.0/24', 'dev', 'lan0']).code, 0, 'a route')
    check(not kit.enters(device.login, host='10.98.0.1', prefix=network.there), 'not by the other address')
    kit.run('setup', '--listen', 'any')
    kit.broker.terminate()
    kit.start(kit.run('setup'))
    check(kit.enters(device.login, host=network.HERE, prefix=network.there), 'any: every address again')


@scenario
def an_address_that_comes_with_the_cable_may_be_absent(stage):
    network = Network(stage)
    kit = Kit(stage, 'kit', network.here)
    absent = '192.168.55.100'
    outcome = kit.setup('--listen', absent, status=1)
    key = 'net.ipv4.ip_nonlocal_bind'
    check('sudo sysctl -w %s=1' % key in outcome.err, 'what to type: %r' % outcome)
    if stage.run(network.here + [tool('sysctl'), '-q', '-w', key + '=1']).code:
        raise Skip('no such setting in this network namespace')
    kit.start(kit.setup('--listen', absent))
    device = kit.device('arm')
    check(kit.enters(device.login, prefix=network.here), 'programs of this computer are served meanwhile')
    check('%s is not there now' % absent in kit.run('status').out, 'status says so, and that nothing is wrong')
    for inside, address in ((network.here, absent), (network.there, '192.168.55.1')):
        equal(stage.run(inside + [tool('ip'), 'address', 'add', address + '/24', 'dev', 'lan0']).code, 0, 'the cable')
    check(kit.enters(device.login, host=absent, prefix=network.there), 'when it comes, the broker answers on it')
    check('is not there' not in kit.run('status').out, 'status')


@scenario
def a_new_address_needs_a_new_certificate_for_others_only(stage):
    network = Network(stage)
    kit = kit_of(stage, network)
    device = kit.device('arm')
    equal(stage.run(network.here + [tool('ip'), 'address', 'add', '10.97.0.9/24', 'dev', 'lan0']).code, 0, 'DHCP says another')
    there = {'host': '10.97.0.9', 'prefix': network.there}
    check(not kit.enters(device.login, **there), 'a client that verifies the address is right to refuse')
    by_name = stage.run(network.there + [tool('openssl'), 's_client', '-connect', '10.97.0.9:%d' % kit.tls_port, '-CAfile',
                                         kit.path('ca.crt'), '-verify_return_error', '-verify_hostname', device.name])
    check(by_name.code == 0 and 'Verification: OK' in by_name.out, 'one that verifies the name is content: %s' % by_name.out[-500:])
    status = kit.run('status').out
    check(re.search('lacks 10.97.0.9', status), status)
    kit.run('renew', '--if-needed')
    wait_for(lambda: kit.enters(device.login, **there), 'after renew the address stands in the certificate')


if __name__ == '__main__':
    harness.main()
