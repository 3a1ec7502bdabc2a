# SPDX-License-Identifier: MIT
"""QoS 1 delivers at least once. The agent carries out exactly once."""
import collections
import json
import threading

import harness
from harness import answers, check, equal, paho_client, scenario, wait_for
from proxy import Proxy, TO_BROKER, TO_CLIENT

COMMANDS = 1000
LED = 'switch led { gpio = "sim" start = off safe = off lost = hold }\n'
# What a stock broker drops (20 under way, 1,000 waiting) would be missing for a reason that is not ours.
ROOMY = 'max_inflight_messages 0\nmax_queued_messages 0\n'


def envelope(number):
    return json.dumps({'cmd': 'led_toggle', 'id': 'once-%d' % number})


def assert_each_carried_out_once(stage, broker, watcher, agent, wanted=COMMANDS, at_least_again=0):
    """led_toggle shows each execution as one change of the output: a second one, and one left out, are both seen."""
    wait_for(lambda: len(agent.changes('led')) >= wanted, '%d changes of the output' % wanted, 30)
    report = answers(stage, broker, watcher)  # behind all that was published before it
    words = [row[2] for row in agent.changes('led')]
    equal(len(words), wanted, 'changes of the output')
    equal(words, ['on', 'off'] * (wanted // 2), 'the changes take turns')
    equal(report.channel('led')['on'], False, 'the state after an even number of changes')
    first, again = collections.Counter(), collections.Counter()
    for last in watcher.results():
        if last.get('id', '').startswith('once-'):
            equal((last['cmd'], last['result']), ('led_toggle', 'ok'), 'the result of %r' % last)
            (again if last.get('again') else first)[last['id']] += 1
    equal(sorted(first), sorted('once-%d' % i for i in range(wanted)), 'the ids with a first result')
    equal(set(first.values()), {1}, 'first results an id')
    check(sum(again.values()) >= at_least_again, 'the first result was repeated %d times, of %d expected'
          % (sum(again.values()), at_least_again))


def dup(packet):
    return packet.dup


@scenario(lock='calm', timeout=120)
def a_thousand_commands_sent_again_for_want_of_a_puback_are_each_carried_out_once(stage):
    broker = stage.broker(config=ROOMY, verbose=False)
    watcher = stage.watcher(broker)
    agent = stage.agent(broker, channels=LED)
    watcher.online()
    proxy = Proxy(stage, broker)
    # The sender never hears of a first delivery: it comes back and sends again, with DUP, what it must believe lost.
    second = set()
    proxy.rewrite('PUBLISH', TO_BROKER, lambda packet: second.add(packet.mid), dup)
    swallowed = proxy.swallow('PUBACK', TO_CLIENT, lambda packet: packet.mid not in second)
    # Back to first deliveries once a sending was confirmed: the library uses its packet ids again.
    proxy.rewrite('PUBACK', TO_CLIENT, lambda packet: second.discard(packet.mid), lambda p: p.mid in second)

    sender = paho_client('sender', clean=False)
    sender.max_inflight_messages_set(0)
    sender.max_queued_messages_set(0)
    sender.reconnect_delay_set(0.05, 0.05)
    acknowledged, connected = set(), threading.Event()
    sender.on_connect = lambda *_: connected.set()
    sender.on_publish = lambda _client, _userdata, mid: acknowledged.add(mid)
    sender.connect('127.0.0.1', proxy.port, 60)
    sender.loop_start()
    try:
        check(connected.wait(harness.DEADLINE), 'the sender is connected')
        # 200 under way at a time, of the 256 ids that the agent remembers.
        for done in range(0, COMMANDS, 200):
            for i in range(done, done + 200):
                sender.publish('jetson/control', envelope(i), qos=1)
            wait_for(lambda done=done: swallowed.count >= done + 200, 'the acknowledgements are swallowed')
            equal(len(acknowledged), done, 'what the sender knows of')
            proxy.cut()
            wait_for(lambda done=done: len(acknowledged) >= done + 200, 'what was sent again is acknowledged')
    finally:
        sender.disconnect()
        sender.loop_stop()
    equal(swallowed.count, COMMANDS, 'acknowledgements swallowed')
    check(proxy.dups[TO_BROKER] >= COMMANDS, 'sent again with DUP: %d' % proxy.dups[TO_BROKER])
    assert_each_carried_out_once(stage, broker, watcher, agent, at_least_again=COMMANDS)


@scenario(lock='calm', timeout=120)
def a_thousand_commands_that_the_broker_delivers_again_are_each_carried_out_once(stage):
    broker = stage.broker(config=ROOMY, verbose=False)
    watcher = stage.watcher(broker)
    proxy = Proxy(stage, broker)
    # The agent asks for a clean session, for which a broker keeps nothing. One that keeps it all the same: the bit is
    # cleared on the way there, and what the broker answers to that on the way back.
    proxy.rewrite('CONNECT', TO_BROKER, lambda packet: packet.with_byte(7, packet.body[7] & ~2))
    proxy.rewrite('CONNACK', TO_CLIENT, lambda packet: packet.with_byte(0, 0))
    agent = stage.agent(proxy, args=['-V', 'mqttv311'], channels=LED)
    watcher.online()
    swallowed = proxy.swallow('PUBACK', TO_BROKER)
    boot = watcher.online().boot
    sent = 0
    for size in (200, 200, 200, 200, 200):
        stage.pub_lines(broker, [envelope(i) for i in range(sent, sent + size)])
        sent += size
        watcher.result('the last of them', id='once-%d' % (sent - 1))
        wait_for(lambda: swallowed.count >= size, 'its acknowledgements are swallowed')
        mark, delivered = watcher.mark(), proxy.dups[TO_CLIENT]
        proxy.remove(swallowed)
        proxy.cut()
        wait_for(lambda: proxy.dups[TO_CLIENT] >= delivered + size, 'the broker delivers all of them again', 20)
        watcher.result('the last of them again', mark, 20, id='once-%d' % (sent - 1), again=True)
        swallowed = proxy.swallow('PUBACK', TO_BROKER)
    equal(watcher.since()[-1].boot, boot, 'it was one run of the agent')
    check(proxy.dups[TO_CLIENT] >= COMMANDS, 'delivered again with DUP: %d' % proxy.dups[TO_CLIENT])
    proxy.remove(swallowed)
    assert_each_carried_out_once(stage, broker, watcher, agent, at_least_again=COMMANDS)


@scenario
def the_network_doubles_every_command_and_each_is_carried_out_once(stage):
    broker = stage.broker(config=ROOMY, verbose=False)
    watcher = stage.watcher(broker)
    proxy = Proxy(stage, broker)
    # As brokers did that lost patience on a connection that still stands (mosquitto up to 1.4).
    doubled = proxy.rewrite('PUBLISH', TO_CLIENT, lambda packet: packet.raw + packet.with_flags(packet.flags | 8),
                            lambda packet: packet.qos > 0 and b'once-' in packet.payload)
    for version in ('mqttv311', 'mqttv5'):
        agent = stage.agent(proxy, args=['-V', version], channels=LED)
        mark = watcher.mark()
        watcher.online(mark)
        before = doubled.count
        stage.pub_lines(broker, [envelope(i) for i in range(100)])
        wait_for(lambda: doubled.count == before + 100, 'all of them were doubled')
        wait_for(lambda: len([r for r in watcher.results(mark) if r.get('again')]) == 100, 'the repeated results')
        answers(stage, broker, watcher)
        equal([row[2] for row in agent.changes('led')], ['on', 'off'] * 50, 'the changes with %s' % version)
        equal(agent.terminate(), 0, 'the exit status')


@scenario
def what_was_never_acknowledged_is_not_delivered_to_a_new_session(stage):
    broker = stage.broker(config='max_inflight_messages 20\n', verbose=False)
    watcher = stage.watcher(broker)
    proxy = Proxy(stage, broker)
    agent = stage.agent(proxy, channels=LED)
    watcher.online()
    swallowed = proxy.swallow('PUBACK', TO_BROKER)
    stage.pub_lines(broker, [envelope(i) for i in range(60)])
    # A broker that waits for 20 acknowledgements holds back the rest, and the agent stands still without a fault.
    wait_for(lambda: swallowed.count >= 20, 'the acknowledgements are swallowed')
    wait_for(lambda: len(agent.changes('led')) == 20, 'what was delivered was carried out')
    mark = watcher.mark()
    proxy.remove(swallowed)
    proxy.cut()
    watcher.wait(lambda r: r.online, 'the agent is back', mark)
    answers(stage, broker, watcher)
    equal(proxy.dups[TO_CLIENT], 0, 'delivered again')
    equal(len(agent.changes('led')), 20, 'nothing that waited was carried out after the reconnect')


if __name__ == '__main__':
    harness.main()
