# SPDX-License-Identifier: MIT
"""Bytes as terminals really send them, typed into the real program: what is no key never acts, and a STOP key is never
dropped. The rows of keys.tsv are the smallest inputs of their kinds; unit.real_input plays them in pieces as well."""
import os
import re
import time

import screen as screens
from screen import check, equal, harness, live, scenario

CHANNELS = '''
servo tilt { pwm = "sim" hz = 50 pulse = {500, 2500} angle = {-90, 90} limit = {-90, 90} step = 5 speed = 200
             accel = 900 axis = tilt start = center safe = off lost = hold exit = hold idle_off = 0 }
servo pan { pwm = "sim" hz = 50 pulse = {500, 2500} angle = {-90, 90} limit = {-90, 90} step = 5 speed = 200
            accel = 900 axis = pan start = center safe = off lost = hold exit = hold idle_off = 0 }
switch led { gpio = "sim" start = off safe = off lost = hold }
switch relay { gpio = "sim" start = off safe = off lost = hold }
dimmer lamp { pwm = "sim" hz = 1000 start = off safe = off lost = hold }
'''
# What a sequence that was cut may still bring: 1 s, and more for the answer.
CALM = 1.2


def rows():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'keys.tsv'), encoding='utf-8') as f:
        for line in f:
            if not line.startswith('#'):
                yield line.rstrip('\n').split('\t')[:2]


def pieces(text):
    """(pause in seconds, bytes) of a row."""
    pause = 0.0
    for word in text.split(' '):
        if re.fullmatch(r'\d+\.\d+', word):
            pause = float(word)
            continue
        yield pause, word.encode('latin-1').decode('unicode_escape').encode('latin-1')
        pause = 0.0


def is_right(wanted, sent):
    if wanted == '... then stop':
        return sent[-1:] == ['stop']
    if wanted == 'tilt_up once':
        return sent == ['tilt_up']
    if wanted == 'tilt_up or nothing':
        return sent in ([], ['tilt_up'])
    if wanted.startswith('nothing'):
        return not sent
    return sent == [wanted]


def carried_out(watcher):
    """The commands that the device has had so far, by their number; heartbeats tell the latest again."""
    return {r.last['n']: r.last['cmd'] for r in watcher.since() if r.last and r.last.get('n') and r.last['cmd'] != 'status'}


@scenario(timeout=180, plain=True)
def every_row_of_keys_tsv_does_what_a_person_meant(stage):
    broker, _, s = live(stage, channels=CHANNELS)
    watcher = stage.watcher(broker)
    wrong = []
    for text, wanted in rows():
        before = carried_out(watcher)
        for pause, raw in pieces(text):
            time.sleep(pause)
            s.bytes(raw)
        time.sleep(CALM)
        sent = []
        for number, command in sorted(carried_out(watcher).items()):
            if number not in before and (command != 'stop' or sent[-1:] != ['stop']):
                sent.append(command)
        if not is_right(wanted, sent):
            wrong.append('%s: published %r, wanted %s' % (text, sent, wanted))
        s.press('esc')
        time.sleep(CALM)
        s.press('esc')
        time.sleep(0.2)
    check(not wrong, '\n'.join(wrong))


@scenario
def the_wheel_scrolls_the_events_and_moves_nothing(stage):
    broker, _, s = live(stage, channels=CHANNELS, rows=16)
    watcher = stage.watcher(broker)
    for _ in range(6):
        s.press('t')
        time.sleep(0.8)
    s.wait('led_toggle .* ok')
    screens.steady(s)
    commands, before = carried_out(watcher), s.dump()
    for _ in range(3):
        s.bytes('\x1b[<64;10;10M')
    harness.wait_for(lambda: s.dump() != before, 'the events scroll')
    for _ in range(5):
        s.bytes('\x1b[<65;10;10M\x1b[<65;10;10M')
    screens.steady(s)
    equal(carried_out(watcher), commands, 'commands')


@scenario
def the_mouse_is_left_to_the_terminal_where_that_is_wished(stage):
    _, _, s = live(stage, '--no-mouse')
    check(not s.modes()['mouse'], '--no-mouse: %r' % s.modes())
    configuration = stage.write('mouse.conf', 'mouse = false\n')
    broker = stage.broker()
    stage.agent(broker)
    s = screens.tui(stage, broker, '-c', configuration)
    s.wait('◉ live')
    check(not s.modes()['mouse'], 'mouse = false: %r' % s.modes())
    s.press('q')
    equal(s.exited(), 'exit 0', 'end')
    equal(s.seen(b'\x1b[?1000'), 0, 'nothing is said about a mouse')


if __name__ == '__main__':
    harness.main()
