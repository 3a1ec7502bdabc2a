# SPDX-License-Identifier: MIT
"""The fault table of docs/reliability.md: a row a scenario. tests/fault/table runs them several times and prints the table."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'screen'))
import harness  # noqa: E402 (the path has to be known first)
from harness import wait_for  # noqa: E402
from operation import CHANNELS, Operation  # noqa: E402
from proxy import BOTH, TO_CLIENT, Proxy  # noqa: E402
from screen import scenario  # noqa: E402

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
    operation.healed()
    operation.recovered(NETWORK)
    operation.end().judge(NETWORK)


@scenario(timeout=120)
def table_broker_restarted_without_persistence(stage):
    broker = stage.broker(verbose=False)
    operation = at(broker)
    operation.fault()
    broker.terminate()
    broker.again()
    operation.healed()
    operation.recovered(NETWORK)
    operation.end().judge(NETWORK)


@scenario(timeout=120)
def table_network_black_holed_and_back(stage):
    operation, agents, screens = behind_proxies(stage)
    operation.fault()
    for proxy in (agents, screens):
        proxy.black_hole()
    operation.work(6)
    for proxy in (agents, screens):
        proxy.heal()
    operation.healed()
    operation.recovered(NETWORK)
    operation.end().judge(NETWORK)


@scenario(timeout=120)
def table_half_open_connection_of_the_device(stage):
    """Its broker's end is gone, and it is not told; a new connection would work at once."""
    operation, agents, _ = behind_proxies(stage)
    operation.fault()
    agents.half_open(TO_CLIENT)
    operation.healed()
    operation.recovered(NETWORK)
    operation.end().judge(NETWORK)


@scenario(timeout=120)
def table_half_open_connection_of_the_screen(stage):
    operation, _, screens = behind_proxies(stage)
    operation.fault()
    screens.half_open(TO_CLIENT)
    operation.healed()
    operation.recovered(NETWORK)
    operation.end().judge(NETWORK)


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


if __name__ == '__main__':
    harness.main()
