# SPDX-License-Identifier: MIT
"""The real program in terminals that are tried by option only (tests/run --terminals): st, alacritty, kitty, and lxterminal,
which is a VTE; and in xterm with a Hangul input method. They cannot be asked what they show, so the device and the broker say what became of the keys."""
import time

import harness
import real_terminal
from harness import check, equal, wait_for
from real_terminal import SLOW, commands
from screen import scenario
from test_input import CHANNELS
from windows import HangulXTerm, Other


def live(stage, name, channels=CHANNELS):
    broker = stage.broker()
    stage.agent(broker, channels=channels)
    watcher = stage.watcher(broker)
    watcher.online()
    s = Other(stage, name, [harness.program('pc-tui')] + broker.options())
    wait_for(lambda: broker.err().count('Received SUBSCRIBE from') >= 3, 'pc-tui has subscribed', 20)
    mark = watcher.mark()
    for _ in range(2):  # the device has been seen live, and the terminal's answers have been waited for
        watcher.wait(lambda r: r.online, 'a heartbeat', mark)
        mark = watcher.mark()
    return s, watcher


def press(s, watcher, key, command, **fields):
    mark = watcher.mark()
    s.press(key)
    watcher.result('the key %r' % key, mark, cmd=command, **fields)


def keys(name):
    def run(stage):
        s, watcher = live(stage, name)
        press(s, watcher, 'Up', 'tilt_up', result='ok')
        press(s, watcher, 't', 'led_toggle', result='ok')
        s.press(':')
        time.sleep(0.2)
        s.press(*'tilt', ' ', *'-7')
        press(s, watcher, 'Return', 'tilt -7', result='ok')
        press(s, watcher, ' ', 'stop', result='ok')
        equal(commands(watcher), ['tilt_up', 'led_toggle', 'tilt -7', 'stop'], 'commands')

    return run


def wheel(name):
    def run(stage):
        s, watcher = live(stage, name)
        press(s, watcher, 'o', 'led_on', result='ok')
        press(s, watcher, 'Up', 'tilt_up', result='ok')
        s.wheel(-3)
        s.wheel(5)
        press(s, watcher, 'f', 'led_off', result='ok')  # behind all that the wheel has sent
        equal(commands(watcher), ['led_on', 'tilt_up', 'led_off'], 'commands')

    return run


def closing(name):
    def run(stage):
        s, watcher = live(stage, name, SLOW)
        s.press(':')
        time.sleep(0.2)
        s.press(*'tilt', ' ', *'80')
        press(s, watcher, 'Return', 'tilt 80')
        watcher.wait(lambda r: r.channel('tilt').get('moving'), 'it moves', watcher.mark())
        s.close_window()
        watcher.result('closed', cmd='stop', result='ok')
        s.ended()
        time.sleep(0.5)  # a second stop would follow the first one after 250 ms
        equal(commands(watcher), ['tilt 80', 'stop'], 'commands')
        check(watcher.since()[-1].channel('tilt')['deg'] < 70, 'it holds on its way')

    return run


for terminal in Other.COMMANDS:
    for make, promise in ((keys, 'a_key_acts_once_in_%s_and_space_stops'), (wheel, 'the_wheel_moves_nothing_in_%s'),
                          (closing, 'closing_%s_while_a_servo_moves_sends_one_stop')):
        function = make(terminal)
        function.__name__ = promise % terminal
        scenario(function)


@scenario
def space_stops_while_an_input_method_composes_hangul(stage):
    s, watcher = real_terminal.live(stage, HangulXTerm, channels=SLOW)
    s.press(':')
    s.wait('^ :')
    s.press(*'tilt', ' ', *'80', 'Return')
    s.wait('moving')
    s.hangul()
    s.press('r', 'k', ' ')  # the method holds a syllable, and commits it together with the SPACE
    watcher.result('SPACE', cmd='stop', result='ok')
    s.gone('moving')
    s.press('r', 'k', 'Return')
    s.wait('Hangul')
    equal(commands(watcher), ['tilt 80', 'stop'], 'commands')


if __name__ == '__main__':
    harness.main()
