# SPDX-License-Identifier: MIT
"""The real program in a real xterm, alone and inside tmux and GNU screen, with real keys and a real mouse."""
import os
import subprocess
import time

import harness
import real_terminal
from harness import check
from real_terminal import (SLOW, THREE, commands, is_whole, keys_act, keys_act_and_nothing_else, live, one_stop,
                           scrolling_moves_nothing)
from screen import scenario
from test_input import CHANNELS
from test_picture import CHANNELS as PICTURED
from windows import XTerm

# Modes that another program may leave behind: every key with its modifiers, the application's arrows and keypad, each move
# of the mouse.
LEFT_BEHIND = r'\033[>4;2m\033[?1h\033=\033[?1003h\033[?1015h'


class Tmux:
    """argv for a program inside tmux; its server ends with the scenario."""

    def __init__(self, stage):
        self.stage, self.program = stage, harness.tool('tmux')
        stage.env.update(TMUX_TMPDIR=stage.directory)
        self.configuration = stage.write('tmux.conf', 'set -g status off\nset -g mouse on\nset -g exit-empty on\n')
        stage.screens.append(self)

    def argv(self, argv):
        return [self.program, '-u', '-L', 'test', '-f', self.configuration, 'new-session'] + argv

    def kill(self):
        subprocess.run([self.program, '-L', 'test', 'kill-server'], env=self.stage.env, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=10, check=False)

    close = kill

    @staticmethod
    def err():
        return ''

    evidence = err


class GnuScreen(Tmux):
    """The same for GNU screen."""

    def __init__(self, stage):
        self.stage, self.program = stage, harness.tool('screen')
        self.sockets = stage.path('sockets')
        os.mkdir(self.sockets, 0o700)
        stage.env.update(SCREENDIR=self.sockets, SYSSCREENRC='/dev/null')
        stage.screens.append(self)

    def argv(self, argv):
        return [self.program, '-U', '-c', '/dev/null', '-S', 'test'] + argv

    def kill(self):
        subprocess.run([self.program, '-S', 'test', '-X', 'quit'], env=self.stage.env, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=10, check=False)

    close = kill


@scenario
def a_key_acts_once_in_xterm_and_space_stops(stage):
    keys_act(*live(stage, XTerm))


@scenario
def a_key_acts_once_in_xterm_in_modes_that_another_program_left(stage):
    keys_act_and_nothing_else(*live(stage, XTerm, before=LEFT_BEHIND))


@scenario
def letting_go_of_a_held_arrow_stops_within_two_steps_in_xterm(stage):
    s, watcher = live(stage, XTerm, channels=CHANNELS.replace('speed = 200', 'speed = 60', 1))
    s.hold('Up', 1)
    mark = len(commands(watcher))
    time.sleep(0.7)
    sent = commands(watcher)
    check(3 <= mark <= len(sent) <= mark + 2 and set(sent) == {'tilt_up'}, 'commands: %d while held, then %r' % (mark, sent[mark:]))


@scenario
def the_wheel_scrolls_the_events_in_xterm_and_moves_nothing(stage):
    s, watcher = live(stage, XTerm, rows=16)
    scrolling_moves_nothing(s, watcher, lambda: s.wheel(-3), lambda: s.wheel(5))


@scenario
def a_click_in_xterm_selects_and_one_on_a_gauge_asks(stage):
    real_terminal.a_click_selects_and_one_on_a_gauge_asks(*live(stage, XTerm))


@scenario
def the_picture_is_whole_in_xterm(stage):
    s, _ = live(stage, XTerm, channels=PICTURED, names=THREE)
    is_whole(s, 'three-80x24')


@scenario
def the_picture_is_whole_in_xterm_with_wide_ambiguous_characters(stage):
    s, _ = live(stage, XTerm, options=['-cjk_width'], channels=PICTURED, names=THREE)
    is_whole(s, 'wide-80x24')


@scenario
def closing_the_window_of_xterm_while_a_servo_moves_sends_one_stop(stage):
    s, watcher = live(stage, XTerm, channels=SLOW)
    one_stop(s, watcher, s.close_window)


def multiplexer(name, kind):
    """The same promises inside a multiplexer."""

    def keys(stage):
        keys_act(*live(stage, XTerm, inside=kind))

    def wheel(stage):
        s, watcher = live(stage, XTerm, inside=kind, rows=16)
        scrolling_moves_nothing(s, watcher, lambda: s.wheel(-3), lambda: s.wheel(5))

    def picture(stage):
        s, _ = live(stage, XTerm, inside=kind, channels=PICTURED, names=THREE)
        is_whole(s, 'three-80x24')

    def end(stage):
        s, watcher = live(stage, XTerm, inside=kind, channels=SLOW)
        one_stop(s, watcher, stage.screens[0].kill)

    for function, promise in ((keys, 'a_key_acts_once_inside_%s_and_space_stops'),
                              (wheel, 'the_wheel_moves_nothing_inside_%s'), (picture, 'the_picture_is_whole_inside_%s'),
                              (end, 'ending_%s_while_a_servo_moves_sends_one_stop')):
        function.__name__ = promise % name
        scenario(function)


multiplexer('tmux', Tmux)
multiplexer('gnu_screen', GnuScreen)

if __name__ == '__main__':
    harness.main()
