# SPDX-License-Identifier: MIT
"""Handshakes of TLS that stall: nothing but that attempt waits for them, and nobody who is connected elsewhere notices.

In between stands a proxy that lets real bytes of a real broker through, and then no more."""
import re
import time

import harness
from harness import PATIENCE, check, equal, scenario, wait_for
from proxy import TO_BROKER, TO_CLIENT, Proxy
from pty_terminal import Terminal
from test_tls import certificates, keys_were_quick, login, said, times_of_keys, tls_broker

GAP_S = 1.0  # an attempt takes 3 s
END_S = 1.0
SERVO = 'servo tilt { pwm = "sim" speed = 2 lost = hold }\nswitch led { gpio = "sim" lost = hold }\n'
NOT_SET_UP = r'127\.0\.0\.1:%d accepted the connection but TLS was not set up within \d+ ms'
NO_ANSWER = r'127\.0\.0\.1:%d accepted the connection but did not answer within \d+ ms'

# What happens to the handshake, and what is said then.
STALLS = {
    'nothing is said': (lambda proxy: proxy.only(TO_CLIENT, 0), NOT_SET_UP),
    'the beginning of a ServerHello': (lambda proxy: proxy.only(TO_CLIENT, 100), NOT_SET_UP),
    # With TLS 1.3 the client has done its part by then, and waits for the answer to its CONNECT.
    'a black hole behind the ClientHello': (lambda proxy: proxy.only(TO_BROKER), '%s|%s' % (NOT_SET_UP, NO_ANSWER)),
}


class World:
    """A preferred broker behind a proxy, a second one, both with TLS and a login, and the configuration for both."""

    def __init__(self, stage):
        self.stage = stage
        folder = certificates(stage)
        first, self.second = tls_broker(stage, folder), tls_broker(stage, folder)
        self.proxy = Proxy(stage, first, raw=True)
        self.folder = folder

    def text(self, *ports):
        text = login(self.stage, self.folder, self.second)
        return text.replace('"127.0.0.1:%d"' % self.second.port, ', '.join('"127.0.0.1:%d"' % port for port in ports))

    def both(self):
        return self.text(self.proxy.port, self.second.port)

    def send(self, *words):
        """Through the second broker."""
        sent = self.stage.send(None, '-c', self.stage.write('send.conf', self.text(self.second.port)), *words)
        equal(sent.code, 0, 'pc-tui send %s: %s' % (' '.join(words), sent))

    @staticmethod
    def connected(agent, port, deadline=15):
        wait_for(lambda: 'connected to 127.0.0.1:%d ' % port in agent.err(), 'the agent is connected to port %d' % port, deadline)


def longest_gap(agent, begin):
    """Seconds between two pulses of a servo that moves all the time: a loop that waits would leave out frames of 20 ms."""
    at = [float(row[0]) for row in agent.changes('tilt')[begin:]]
    check(len(at) > 20, 'it moves: %d pulses' % len(at))
    return max(b - a for a, b in zip(at, at[1:]))


def an_agent_in_motion_goes_on(stage, kind):
    """Its preferred broker goes away and stalls: it takes the second, and the servo does not notice."""
    stall, words = STALLS[kind]
    world = World(stage)
    agent = stage.agent(None, config='lost_after = 60.0\n' + world.both(), channels=SERVO)
    world.connected(agent, world.proxy.port)
    sent = stage.send(None, '-c', stage.write('first.conf', world.text(world.proxy.port)), 'tilt 45')
    equal(sent.code, 0, 'it moves: %s' % sent)
    begin = len(agent.changes('tilt'))
    stall(world.proxy)
    world.proxy.cut()
    world.connected(agent, world.second.port)
    said(agent, words.replace('%d', str(world.proxy.port)), 'what was wrong with the first')
    gap = longest_gap(agent, begin)
    check(gap < GAP_S * PATIENCE, 'the longest time between two pulses: %.3f s' % gap)
    world.send('stop')


@scenario(timeout=60)
def a_broker_that_says_nothing_to_tls_holds_no_motion_up_and_the_next_is_used(stage):
    an_agent_in_motion_goes_on(stage, 'nothing is said')


@scenario(timeout=60)
def half_a_server_hello_holds_no_motion_up_and_the_next_broker_is_used(stage):
    an_agent_in_motion_goes_on(stage, 'the beginning of a ServerHello')


@scenario(timeout=60)
def a_black_hole_within_a_handshake_holds_no_motion_up_and_the_next_broker_is_used(stage):
    an_agent_in_motion_goes_on(stage, 'a black hole behind the ClientHello')


@scenario(timeout=60)
def sigterm_does_not_wait_for_a_handshake(stage):
    world = World(stage)
    for kind, (stall, _) in STALLS.items():
        stall(world.proxy)
        accepted = world.proxy.accepted
        agent = stage.agent(None, config=world.text(world.proxy.port), channels=SERVO)
        wait_for(lambda: world.proxy.accepted > accepted, 'the agent tries')
        before = time.monotonic()
        equal(agent.terminate(), 0, 'exit status')
        took = time.monotonic() - before
        check(took < END_S * PATIENCE, '%s: SIGTERM took %.2f s' % (kind, took))
        check('TLS was not' not in agent.err(), 'it was in the middle of the handshake: %s' % agent.err())


@scenario(timeout=60)
def the_screen_answers_keys_and_leaves_in_the_middle_of_a_handshake(stage):
    world = World(stage)
    config = stage.write('pc.conf', world.text(world.proxy.port))
    for kind, (stall, words) in STALLS.items():
        stall(world.proxy)
        terminal = Terminal(stage, [harness.program('pc-tui'), '-c', config])
        try:
            terminal.wait('connecting', kind)
            keys_were_quick(times_of_keys(terminal, 6))
            terminal.wait('accepted', 'the trouble in words')
            shown = re.sub(r'\s+', ' ', terminal.text())
            check('restart mosquitto' in shown, '%s: what to do: %s' % (kind, shown[-1500:]))
            check(re.search(words.replace('%d', str(world.proxy.port)), shown), '%s: the words: %s' % (kind, shown[-1500:]))
            before = time.monotonic()
            terminal.type(b'q')
            equal(terminal.exit(), 0, 'exit status')
            took = time.monotonic() - before
            check(took < END_S * PATIENCE, '%s: q took %.2f s' % (kind, took))
        finally:
            terminal.close()


@scenario(timeout=240, plain=True)
def a_preferred_broker_that_stalls_disturbs_nobody_and_is_taken_once_it_is_well(stage):
    """Both programs are at the second broker and ask the first every 10 s."""
    world = World(stage)
    world.proxy.only(TO_CLIENT, 100)
    text = world.both()
    agent = stage.agent(None, config=text, channels=SERVO)
    terminal = Terminal(stage, [harness.program('pc-tui'), '-c', stage.write('pc.conf', text)])
    try:
        world.connected(agent, world.second.port)
        terminal.wait('live', 'the screen shows the device', 15)
        world.send('tilt 45')
        begin, accepted = len(agent.changes('tilt')), world.proxy.accepted
        took = []
        while world.proxy.accepted < accepted + 3:  # of both, so each is in the middle of it at least once
            took += times_of_keys(terminal, 4)
        keys_were_quick(took)
        gap = longest_gap(agent, begin)
        check(gap < GAP_S * PATIENCE, 'the longest time between two pulses: %.3f s' % gap)
        equal(agent.err().count('connected to'), 1, 'connections of the agent: %s' % agent.err())
        world.send('stop')
        world.proxy.everything()
        world.connected(agent, world.proxy.port, 90)  # three answers, 10 s apart

        def switched_on():
            for key in (b'\x1b', b'o'):  # help may be open, where an Esc and the key after it came as one
                terminal.read()
                terminal.type(key)
                time.sleep(0.3)
            return [row for row in agent.changes('led') if row[2] == 'on']

        wait_for(switched_on, 'the screen is back at the same broker', 90)
    finally:
        terminal.close()


if __name__ == '__main__':
    harness.main()
