# SPDX-License-Identifier: MIT
"""Somebody at work while a fault happens: a real broker, agent and screen, two or three commands a second, and a judgement of
each.

    operation = Operation(stage, agent_at, screen_at)   where each of them connects to, as a Broker or a Proxy
    operation.begin()                                   commands are typed from now on
    operation.work(3)                                   for so many seconds
    operation.fault()                                   notes the moment
    operation.healed()                                  the cause is gone: from now on it counts how long it takes
    operation.recovered(10)                             a command that was typed since is answered on the screen
    result = operation.end()

Each command is `tilt N` with a number of its own, so the agent's log tells how often it was carried out, and when."""
import datetime
import json
import re
import time

import harness
import screen as screens
from harness import check, wait_for

TTL = 1.5        # seconds, after which a motion command expires: pc-tui's default
LATE = TTL + 0.3  # what the log and the typing are apart
EVERY = 0.4
PASTE_TAIL = 0.12  # INPUT_PASTE_TAIL_MS and a bit
CHANNELS = 'servo tilt { pwm = "sim" limit = {-90, 90} speed = 5000 accel = 0 }\n'


def number(index):
    """Another angle each time, none of them a multiple of ten."""
    return '%d.%d' % (1 + index // 9, 1 + index % 9)


class Operation:
    ROWS, COLUMNS = 200, 200

    def __init__(self, stage, agent_at, screen_at, agent=None, argv=None):
        """agent, argv: an agent that runs already, and how the screen is started."""
        self.stage = stage
        self.agent = agent or stage.agent(agent_at, channels=CHANNELS)
        argv = argv or [harness.program('pc-tui')] + screen_at.options()
        self.screen = screens.Screen(stage, argv, rows=self.ROWS, columns=self.COLUMNS)
        self.typed, self.next_at = [], 0
        self.fault_at = self.healed_at = self.recovered_s = None
        self.reasons = []

    def begin(self):
        self.screen.wait('◉ live', 30)
        self.work(1)
        wait_for(lambda: self.done(), 'the first commands are carried out', 10)

    def done(self):
        """When the agent carried each number out, by its log: {number: [seconds since 1970, …]}."""
        done = {}
        for line in self.agent.err().splitlines():
            match = re.match(r'(\S+ \S+) nano-agent: tilt (\d+\.\d+) \S+: (ok|limit)', line)
            if match:
                at = datetime.datetime.strptime(match.group(1), '%Y-%m-%d %H:%M:%S.%f').timestamp()
                done.setdefault(match.group(2), []).append(at)
        return done

    def step(self):
        """One command, when it is time for the next."""
        left = self.next_at - time.monotonic()
        if left > 0:
            time.sleep(min(left, 0.02))
            return
        self.next_at = time.monotonic() + EVERY
        value = number(len(self.typed))
        self.typed.append((value, time.time()))
        # Pasted, for a SPACE that is typed while something is unanswered is a stop.
        self.screen.bytes(':\x1b[200~tilt %s\x1b[201~' % value)
        self.screen.wait(r':tilt %s' % value.replace('.', '[.]'), 5)
        time.sleep(PASTE_TAIL)  # sooner it would count as the paste's own
        self.screen.bytes('\r')
        picture = '\n'.join(self.screen.dump())
        reason = re.search(r'✗ ([^\n]*?) — |✗ ((?:no answer|connection|nothing)[^\n]*?)  ', picture)
        if reason and reason.group(0) not in self.reasons:
            self.reasons.append(reason.group(0))

    def work(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.step()

    def fault(self):
        self.fault_at = time.time()

    def healed(self):
        self.healed_at = time.time()

    def recovered(self, limit):
        """Goes on until a command that was typed after the cause was gone is carried out."""
        until = time.monotonic() + 4 * limit
        while time.monotonic() < until:
            self.step()
            done = self.done()
            since = [value for value, at in self.typed if at >= self.healed_at]
            ready = [min(done[value]) for value in since if value in done]
            if ready:
                self.recovered_s = max(0.0, min(ready) - self.healed_at)
                return
        raise harness.Failure('no command was carried out within %g s' % (4 * limit))

    def is_over(self, limit):
        """The cause is gone, and that is the end of the row."""
        self.healed()
        self.recovered(limit)
        self.end().judge(limit)

    def end(self):
        self.work(1)
        picture = self.settled()
        done = self.done()
        shown = {}
        for row in picture:
            match = re.search(r' (✗|▴) tilt (\d+\.\d+) ', row)
            if match:
                shown[match.group(2)] = row.strip()
        lost = [value for value, _ in self.typed if value not in done]
        # Without a row of its own it was refused before it was sent, which the hint said.
        hidden = [shown[value] for value in lost if value in shown and '✗' not in shown[value]]
        late = [value for value, at in self.typed if value in done and max(done[value]) - at > LATE]
        return Result(commands=len(self.typed), recovered=self.recovered_s, lost=len(lost), hidden=hidden,
                      doubled=[value for value in done if len(done[value]) > 1], late=late, saw=self.reasons)

    def settled(self):
        """The picture once nothing of the last commands is under way any more."""
        # What was typed last is drawn by now.
        time.sleep(EVERY)

        def picture():
            rows = self.screen.dump()
            under_way = any(re.search(r'▴ tilt .*sent', row) and not re.search(r'\b(ok|limit|expired)\b', row) for row in rows)
            return None if under_way else rows
        return wait_for(picture, 'each command has its end', 10)


class Result:
    def __init__(self, **values):
        self.__dict__.update(values)

    def print(self):
        print('RESULT ' + json.dumps(self.__dict__))

    def judge(self, limit):
        """What must hold in every row."""
        self.print()
        check(not self.doubled, 'carried out twice: %r' % self.doubled)
        check(not self.late, 'carried out late: %r' % self.late)
        check(not self.hidden, 'lost, and not shown as lost: %r' % self.hidden)
        check(limit is None or self.recovered <= limit, 'recovered after %s s, not within %s s' % (self.recovered, limit))
