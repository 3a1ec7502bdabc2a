# SPDX-License-Identifier: MIT
"""The fault table of docs/reliability.md: a row a scenario. tests/fault/table runs them several times and prints the table."""
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'screen'), os.path.join(TESTS, 'broker')]
import harness  # noqa: E402 (the path has to be known first)
from broker_rig import Kit, Network  # noqa: E402
from harness import equal, program, tool, wait_for  # noqa: E402
from operation import CHANNELS, Operation  # noqa: E402
from proxy import BOTH, TO_CLIENT, Proxy  # noqa: E402
from screen import scenario  # noqa: E402
from test_names import NAME, Names  # noqa: E402

NETWORK = 10  # seconds to recover where the cause was the network or the broker


def at(broker):
    operation = Operation(broker.stage, broker, broker)
    operation.begin()
    return operation


def behind_proxies(stage):
    """A broker, and a network of its own for each end."""
    broker = stage.broker(verbose=False)
    agents, screens = Proxy(stage, broker), Proxy(stage, broker)
    operation = Operation(stage, agents, screens)
    operation.begin()
    return operation, agents, screens


@scenario(timeout=120)
def table_broker_killed_and_back(stage):
    broker = stage.broker(verbose=False)
    operation = at(broker)
    operation.fault()
    broker.kill()
    operation.work(2)
    broker.again()
    operation.is_over(NETWORK)


@scenario(timeout=120)
def table_broker_restarted_without_persistence(stage):
    broker = stage.broker(verbose=False)
    operation = at(broker)
    operation.fault()
    broker.terminate()
    broker.again()
    operation.is_over(NETWORK)


@scenario(timeout=120)
def table_network_black_holed_and_back(stage):
    operation, agents, screens = behind_proxies(stage)
    operation.fault()
    for proxy in (agents, screens):
        proxy.black_hole()
    operation.work(6)
    for proxy in (agents, screens):
        proxy.heal()
    operation.is_over(NETWORK)


@scenario(timeout=120)
def table_half_open_connection_of_the_device(stage):
    """Its broker's end is gone, and it is not told; a new connection would work at once."""
    operation, agents, _ = behind_proxies(stage)
    operation.fault()
    agents.half_open(TO_CLIENT)
    operation.is_over(NETWORK)


@scenario(timeout=120)
def table_half_open_connection_of_the_screen(stage):
    operation, _, screens = behind_proxies(stage)
    operation.fault()
    screens.half_open(TO_CLIENT)
    operation.is_over(NETWORK)


@scenario(timeout=120)
def table_latency_200_ms_and_loss(stage):
    """Each packet takes 100 to 300 ms; now and then one is lost, so that all wait for its repetition."""
    operation, agents, screens = behind_proxies(stage)
    operation.fault()
    for proxy in (agents, screens):
        proxy.delay(0.1, 0.3)
    operation.healed()
    for _ in range(3):
        operation.work(1.2)
        for proxy in (agents, screens):
            proxy.stall(*BOTH)
        operation.work(0.4)  # a retransmission
        for proxy in (agents, screens):
            proxy.release()
    operation.recovered(NETWORK)
    operation.end().judge(NETWORK)


@scenario(timeout=120)
def table_one_way_takes_800_ms(stage):
    """Between the device and the broker. Who connects then needs its time, and stays connected."""
    operation, agents, _ = behind_proxies(stage)
    operation.fault()
    agents.delay(0.8)
    agents.cut()
    operation.healed()
    operation.recovered(20)
    told = operation.agent.err().count('connected to')
    operation.work(5)
    harness.equal(operation.agent.err().count('connected to'), told, 'connections that are kept')
    operation.end().judge(20)


class Both:
    """Two brokers in a list, the first of them preferred."""

    def __init__(self, *brokers):
        self.brokers = brokers

    def options(self):
        return [word for broker in self.brokers for word in ('-h', '127.0.0.1:%d' % broker.port)]


@scenario(timeout=180)
def table_first_of_two_brokers_down_and_back(stage):
    """Both ends go to the second, and return together once the first has answered for a while."""
    first, second = stage.broker(verbose=False), stage.broker(verbose=False)
    operation = Operation(stage, Both(first, second), Both(first, second))
    operation.begin()
    operation.fault()
    first.kill()
    operation.healed()  # there is another one at once
    operation.recovered(NETWORK)
    port = first.port
    first.again()
    wait_for(lambda: not operation.work(1) and operation.agent.err().count('connected to 127.0.0.1:%d' % port) == 2,
             'the device is back at the first', 90)
    operation.screen.wait(r'127\.0\.0\.1:%d' % port, 60)
    operation.work(5)
    operation.end().judge(NETWORK)


@scenario(timeout=120)
def table_name_server_dead_and_connection_cut(stage):
    """The address that the name had before is tried again."""
    names = Names(stage, 1)
    names.know(NAME)
    broker = stage.broker(verbose=False)
    agents, screens = Proxy(stage, broker), Proxy(stage, broker)

    class Named:
        def __init__(self, proxy):
            self.proxy = proxy

        def options(self):
            return ['-h', NAME, '-p', str(self.proxy.port)]

    operation = Operation(stage, Named(agents), Named(screens))
    operation.begin()
    operation.fault()
    names.know()
    for proxy in (agents, screens):
        proxy.cut()
    operation.is_over(NETWORK)


# 30 in tests/fault/table, whose page says so.
CABLE_OUT_S = int(os.environ.get('CABLE_OUT_S', '10'))


@scenario(timeout=180)
def table_cable_out(stage):
    network = Network(stage)
    broker = stage.start('mosquitto', network.here + [tool('mosquitto'), '-c', stage.write('cable.conf', 'listener 1883\nallow_anonymous true\n')])
    wait_for(lambda: 'running' in broker.err(), 'mosquitto starts')
    conf = stage.write('device.conf', CHANNELS)
    agent = stage.start('nano-agent', network.there + [program('nano-agent'), '-c', conf, '--sim', '-h', network.HERE], own=True)
    operation = Operation(stage, None, None, agent, network.here + [program('pc-tui'), '-h', network.HERE])
    operation.begin()
    operation.fault()
    equal(network._ip('-n', network.names[0], 'link', 'set', 'lan0', 'down').code, 0, 'the cable out')
    operation.work(CABLE_OUT_S)
    equal(network._ip('-n', network.names[0], 'link', 'set', 'lan0', 'up').code, 0, 'the cable in')
    operation.is_over(NETWORK)


def joined(stage):
    """A broker of pc-tui-broker, a device and this operator that have joined it."""
    kit = Kit(stage)
    kit.start(kit.setup())
    bundle = kit.device('arm')
    conf = stage.write('device.conf', CHANNELS)
    os.mkdir(stage.path('device'))
    stage.write('device/password', bundle.password + '\n')
    stage.write('device/broker.conf', 'broker = {"mqtts://127.0.0.1:%d"}\ndevice = "arm"\nlogin { user = "device-arm" password_file = "%s" }\n'
                'tls { cafile = "%s" name = "%s" }\n' % (kit.tls_port, stage.path('device/password'), kit.path('ca.crt'), bundle.name))
    agent = stage.start('nano-agent', [program('nano-agent'), '-c', conf, '--sim'], own=True)
    return kit, Operation(stage, None, None, agent, [program('pc-tui')])


@scenario(timeout=120)
def table_certificate_renewed(stage):
    kit, operation = joined(stage)
    operation.begin()
    operation.fault()
    kit.run('renew')
    operation.healed()
    operation.recovered(NETWORK)
    operation.work(2)
    equal(operation.agent.err().count('connected to'), 1, 'nobody has to connect again')
    operation.end().judge(1)


if __name__ == '__main__':
    harness.main()
