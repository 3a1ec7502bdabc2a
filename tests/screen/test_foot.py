# SPDX-License-Identifier: MIT
"""The real program in a real foot: it has the kitty keyboard protocol, a wheel and a touchpad."""
import harness
import real_terminal
from foot import Foot
from real_terminal import SLOW, THREE, is_whole, keys_act, keys_act_and_nothing_else, live, one_stop, scrolling_moves_nothing
from screen import scenario
from test_picture import CHANNELS as PICTURED

# All that the kitty protocol can be asked for, on both screens, and xterm's other keys.
LEFT_BEHIND = r'\033[>31u\033[?1049h\033[>31u\033[?1049l\033[>4;2m\033[?1h\033=\033[?1003h'


@scenario
def a_key_acts_once_in_foot_and_space_stops(stage):
    keys_act(*live(stage, Foot))


@scenario
def a_key_acts_once_in_foot_in_modes_that_another_program_left(stage):
    keys_act_and_nothing_else(*live(stage, Foot, before=LEFT_BEHIND))


@scenario
def the_wheel_scrolls_the_events_in_foot_and_moves_nothing(stage):
    s, watcher = live(stage, Foot, rows=16)
    scrolling_moves_nothing(s, watcher, lambda: s.wheel(-3), lambda: s.wheel(5))


@scenario
def two_fingers_scroll_the_events_in_foot_and_move_nothing(stage):
    s, watcher = live(stage, Foot, rows=16)
    scrolling_moves_nothing(s, watcher, lambda: s.touchpad(-48), lambda: s.touchpad(96))


@scenario
def a_click_in_foot_selects_and_one_on_a_gauge_asks(stage):
    real_terminal.a_click_selects_and_one_on_a_gauge_asks(*live(stage, Foot))


@scenario
def the_picture_is_whole_in_foot(stage):
    s, _ = live(stage, Foot, channels=PICTURED, names=THREE)
    is_whole(s, 'three-80x24')


@scenario
def closing_the_window_of_foot_while_a_servo_moves_sends_one_stop(stage):
    s, watcher = live(stage, Foot, channels=SLOW)
    one_stop(s, watcher, s.close_window)


if __name__ == '__main__':
    harness.main()
