# SPDX-License-Identifier: MIT
"""Too many commands, and one that is far too big."""
import re
import shlex
import time

import harness
from harness import Skip, answers, check, equal, scenario, tool, wait_for
from proxy import Proxy, TO_BROKER
from pty_terminal import Terminal

FLOOD = 20000
# So that all of them arrive: a stock broker drops what exceeds its queues.
ROOMY = 'max_inflight_messages 0\nmax_queued_messages 0\nmax_queued_bytes 0\n'
GIANT = 200 << 20


def rss_kib(pid):
    with open('/proc/%d/status' % pid, encoding='ascii', errors='replace') as f:
        return int(re.search(r'^VmRSS:\s*(\d+)', f.read(), re.M).group(1))


def most_rss_kib(pid):
    with open('/proc/%d/status' % pid, encoding='ascii', errors='replace') as f:
        return int(re.search(r'^VmHWM:\s*(\d+)', f.read(), re.M).group(1))


def pour(stage, broker, terminal, qos, count):
    """Publishes that many commands as fast as the broker takes them, while the screen goes on being read."""
    words = ['led_toggle', 'tilt_up', 'tilt_down', 'nonsense', '{"cmd":"tilt 30"}']
    path = stage.write('flood', ''.join('%s\n' % words[i % len(words)] for i in range(count)))
    with open(path, 'rb') as lines:
        flood = stage.start('flood', [tool('mosquitto_pub')] + broker.options() +
                            ['-t', 'jetson/control', '-l', '-q', str(qos)], stdin=lines)
    wait_for(lambda: terminal.read() and not flood.alive(), 'the flood is on its way', 60)
    equal(flood.popen.returncode, 0, 'mosquitto_pub: %s' % flood.err())


class Stops:
    """The stops among the results from a mark on, each once. Looks at every report once: the watcher's own thread must
    keep up with the flood."""

    def __init__(self, watcher, mark):
        self.watcher, self.at, self.seen, self.n = watcher, mark, {}, 0

    def look(self):
        for report in self.watcher.since(self.at):
            self.at += 1
            self.n = report.last.get('n', self.n)
            if report.last.get('cmd') == 'stop':
                self.seen.setdefault(self.n, report)
        return len(self.seen)


class Still:
    """How long nothing has been added to what is counted."""

    def __init__(self, stops):
        self.stops, self.count, self.since = stops, stops.look(), time.monotonic()

    def seconds(self):
        if self.stops.look() != self.count:
            self.count, self.since = self.stops.look(), time.monotonic()
        return time.monotonic() - self.since


@scenario(lock='calm', timeout=150)
def after_20000_commands_space_in_the_screen_stops_the_servo_and_memory_is_flat(stage):
    broker = stage.broker(config=ROOMY, verbose=False)
    watcher = stage.watcher(broker)
    agent = stage.agent(broker)
    watcher.online()
    terminal = Terminal(stage, [harness.program('pc-tui')] + broker.options())
    try:
        terminal.wait(r'live', 'the screen shows a live device')
        # The journal of the screen is full then, and what is allocated once is.
        pour(stage, broker, terminal, 0, 5000)
        wait_for(lambda: terminal.read() and watcher.since()[-1].last.get('n') == 5000, 'all of them are carried out')
        before = rss_kib(agent.pid), rss_kib(terminal.pid)
        for qos in (0, 1):
            count, mark = answers(stage, broker, watcher).last['n'], watcher.mark()
            pour(stage, broker, terminal, qos, FLOOD)
            pressed = time.clock_gettime(time.CLOCK_BOOTTIME) * 1000
            terminal.type(b' ')
            stops = Stops(watcher, mark)
            wait_for(lambda stops=stops: terminal.read() and stops.look(), 'SPACE arrives', 30)
            report = next(iter(stops.seen.values()))
            equal((report.last['result'], report.channel('tilt')['moving']), ('ok', False), 'the stop at QoS %d' % qos)
            # By the agent's own clock, which is this machine's: the watcher may lag.
            took = report.status['t'] - pressed
            print('QoS %d: SPACE was obeyed after %d ms' % (qos, took))
            check(took < 1000 * harness.PATIENCE, 'SPACE was obeyed after %d ms' % took)
            # Not one was lost or done twice on the way: each is counted in `n`, and so are SPACE and its repeats.
            wait_for(lambda stops=stops, count=count: terminal.read() and stops.n - count >= FLOOD + stops.look(),
                     'the rest of the flood, which the broker still held', 30)
            known = stops.look()
            equal(stops.n - count, FLOOD + known, 'commands counted at QoS %d' % qos)
            asked = time.monotonic()
            report = answers(stage, broker, watcher)
            check(report.at - asked < 0.5 * harness.PATIENCE, 'the agent answers at once: %.3f s' % (report.at - asked))
            # A screen that has heard the echo does not repeat its stop, as it would every quarter of a second.
            # Behind a flood it may hear it late; from then on there is silence. Without an echo it goes on for ten seconds.
            still = Still(stops)
            wait_for(lambda: terminal.read() and still.seconds() > 1, 'a second without a stop', 5)
            terminal.seen = b''
        after = rss_kib(agent.pid), rss_kib(terminal.pid)
        if not harness.SANITIZED:
            for name, was, now in zip(('nano-agent', 'pc-tui'), before, after):
                check(now - was < 1024, '%s grew by %d KiB (from %d)' % (name, now - was, was))
        terminal.type(b'q')
        equal(terminal.exit(), 0, 'exit status of the screen')
    finally:
        terminal.close()


@scenario(timeout=90)
def reports_that_nobody_takes_stop_the_reading_and_memory_stays_flat(stage):
    broker = stage.broker(config=ROOMY, verbose=False)
    watcher = stage.watcher(broker)
    proxy = Proxy(stage, broker)
    agent = stage.agent(proxy, config='lost_after = 4.0\n')
    watcher.online()
    boot = watcher.since()[-1].boot
    stage.pub_lines(broker, ['led_toggle'] * 500)
    answers(stage, broker, watcher)
    before, done = rss_kib(agent.pid), len(agent.changes('led'))
    proxy.stall(TO_BROKER)
    # Commands at QoS 0: they are not held back for want of an acknowledgement, only by the agent itself.
    stage.pub_lines(broker, ['led_toggle'] * 200000, qos=0)
    # Whichever comes first: its own patience, or the kernel's with what it could not hand over.
    wait_for(lambda: re.search(r'nothing heard for 4\.0 s|not acknowledged', agent.err()), 'the agent gives up', 30)
    carried_out = len(agent.changes('led')) - done
    check(carried_out < 200000, 'the reading paused: %d were carried out' % carried_out)
    if not harness.SANITIZED:
        grown = most_rss_kib(agent.pid) - before
        check(grown < 4096, 'memory grew by %d KiB (from %d)' % (grown, before))
    proxy.release()
    wait_for(lambda: agent.err().count('connected to') >= 2, 'the agent has connected again', 20)
    equal(answers(stage, broker, watcher).boot, boot, 'it is the same run')


# ---- giants


def giant_set_up(stage):
    if harness.SANITIZED:
        raise Skip('sanitizers need the address space that the memory limit takes')
    broker = stage.broker(verbose=False)
    watcher = stage.watcher(broker)
    agent = stage.agent(broker)
    watcher.online()
    answers(stage, broker, watcher)
    return broker, watcher, agent, stage.write('giant', b'x' * GIANT)


def publish_giant(stage, broker, path, *args):
    outcome = stage.run([tool('mosquitto_pub')] + broker.options() + ['-t', 'jetson/control', '-f', path] + list(args),
                        deadline=60)
    equal(outcome.code, 0, 'mosquitto_pub: %s' % outcome.err)


def fits(agent, before):
    check(agent.alive(), 'the agent is alive')
    check(rss_kib(agent.pid) - before < 1024, 'memory is back: %d KiB, before %d' % (rss_kib(agent.pid), before))
    check(most_rss_kib(agent.pid) < 16 << 10, 'it never had it: %d KiB at most' % most_rss_kib(agent.pid))


@scenario(timeout=120)
def a_command_of_200_mb_costs_a_reconnect_and_the_log_says_what_it_was(stage):
    broker, watcher, agent, path = giant_set_up(stage)
    before, boot = rss_kib(agent.pid), watcher.since()[-1].boot
    for qos in ('0', '1'):
        # So soon after subscribing it would look like a retained one.
        subscribed = time.monotonic()
        wait_for(lambda subscribed=subscribed: time.monotonic() > subscribed + 2.1, 'two seconds')
        connections = agent.err().count('connected to')
        publish_giant(stage, broker, path, '-q', qos)
        wait_for(lambda n=connections: agent.err().count('connected to') > n, 'the agent has connected again', 30)
    check(re.search(r'a message from .* does not fit in memory: max_packet_size', agent.err()),
          'the log says what it was and what to do: %s' % agent.err())
    equal(answers(stage, broker, watcher).boot, boot, 'it is the same run')
    fits(agent, before)


@scenario(timeout=150)
def a_retained_command_of_200_mb_is_told_with_the_line_that_clears_it(stage):
    broker, watcher, agent, path = giant_set_up(stage)
    before, boot = rss_kib(agent.pid), watcher.since()[-1].boot
    publish_giant(stage, broker, path, '-r')
    advice = wait_for(lambda: re.search(r'retained message .*clear it: (mosquitto_pub .*)$', agent.err(), re.M),
                      'the log says how to clear it', 30)
    fits(agent, before)
    tried = time.monotonic()
    connections = agent.err().count('connected to')
    # Patient: a connection every quarter of a second would cost the broker 200 MB each.
    time.sleep(3)
    equal(agent.err().count('connected to'), connections, 'attempts in three seconds')
    words = shlex.split(advice.group(1))
    outcome = stage.run([tool(words[0])] + words[1:])
    equal(outcome.code, 0, 'the line from the log, %r: %r' % (advice.group(1), outcome))
    wait_for(lambda: agent.err().count('connected to') > connections, 'the agent is back', 40)
    check(time.monotonic() - tried < 35, 'within its patience')
    mark = watcher.mark()
    watcher.online(mark)
    equal(answers(stage, broker, watcher).boot, boot, 'it is the same run')
    fits(agent, before)


if __name__ == '__main__':
    harness.main()
