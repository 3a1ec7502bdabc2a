# SPDX-License-Identifier: MIT
"""Switches and inputs on a real kernel's GPIO chip, through libgpiod 1 and 2, seen at the simulated chip."""
import functools
import re
import statistics
import sys
import time

import nano
from harness import check, equal, scenario, wait_for
from nano import LED, both, boot, cabled

BUTTON = 11
AWAY = ['-h', '127.0.0.1', '-p', '1']  # there is no broker
NOBODY = 65534


@both
def a_switch_follows_its_commands_and_its_level_ends_with_the_agent(stage, modern):
    config = nano.SWITCH + 'switch lamp { gpio = "tegra-gpio:255" active_low = true }\n'
    broker, watcher, guest, agent = cabled(stage, config, modern=modern)
    equal((guest.line(), guest.line(255)), (0, 1), 'both are off: high is off where active_low is')
    for word, levels in (('led_on', (1, 1)), ('lamp_on', (1, 0)), ('lamp_off', (1, 1)), ('lamp_toggle', (1, 0)),
                         ('led_toggle', (0, 0)), ('led_on', (1, 0))):
        equal(stage.say(broker, watcher, word).last['result'], 'ok', word)
        equal((guest.line(), guest.line(255)), levels, 'lines 216 and 255 after ' + word)
    listing = guest.run('gpioinfo tegra-gpio')
    for line in (LED, 255):
        check(re.search(r'line +%d:.*"nano-agent.*output' % line, listing), 'gpioinfo names the holder of line %d' % line)
    check('active-low' in re.search(r'line +255:.*', listing).group(), 'gpioinfo says active-low')
    equal(agent.terminate(), 0, 'the exit status')
    equal(guest.line(), 0, 'line 216 is the kernel\'s again')


def first_levels(stage, modern, active_low, start, pull):
    """The levels a line has while the agent starts, each system call for GPIO being followed by 20 ms of nothing."""
    guest = boot(stage, modern)
    guest.pull(LED, pull)
    equal(guest.line(), int(pull), 'line 216 before the agent')
    recorder = guest.record(8)
    slowly = ['strace', '-f', '-o', '/run/trace', '-e', 'trace=ioctl', '-e', 'inject=ioctl:delay_exit=20000']
    config = 'switch led { gpio = "tegra-gpio:216" active_low = %s start = %s }\n' % (active_low, start)
    agent = guest.agent(config, AWAY, through=slowly)
    agent.log('refused')
    recorder.wait(20)
    check(re.search(r'GPIO', guest.run('cat /run/trace')), 'the system calls were seen')
    return [look.lines[LED] for look in guest.recorded(recorder)]


@both
def an_output_that_starts_on_shows_nothing_else_from_the_first_instant(stage, modern):
    equal(first_levels(stage, modern, 'false', 'on', True), [1], 'levels')


@both
def an_active_low_output_that_starts_off_never_shows_on(stage, modern):
    equal(first_levels(stage, modern, 'true', 'off', True), [1], 'levels')


INPUT = nano.SWITCH + 'input button { gpio = "tegra-gpio:%d" %%s }\n' % BUTTON


@functools.partial(both, serial=True)
def an_edge_is_in_the_status_within_10_ms(stage, modern):
    _, watcher, guest, _ = cabled(stage, INPUT % 'debounce = 0', modern=modern)
    # Both times are taken inside: a client there sees the status after it went to the broker on the PC and back.
    guest.start('mosquitto_sub', ['mosquitto_sub', '-h', nano.PC, '-t', 'jetson/status', '-F', '%U %p'])
    wait_for(lambda: guest.guests[-1].out(), 'mosquitto_sub sees the status')
    pull = guest._line_file(BUTTON, 'pull')
    times = guest.run('''for i in {1..15}; do
        echo "$EPOCHREALTIME 1"; echo pull-up >%s; sleep 0.15
        echo "$EPOCHREALTIME 0"; echo pull-down >%s; sleep 0.15
    done''' % (pull, pull), 60)
    wait_for(lambda: len(re.findall('"button"', guest.guests[-1].out())) >= 30, 'the statuses of 30 edges')
    seen = [(float(at), '"on":true' in re.search('"button":{[^}]*}', status).group())
            for at, status in re.findall(r'^(\d+\.\d+) (.*)$', guest.guests[-1].out(), re.M)]
    delays = []
    for at, level in (line.split() for line in times.splitlines()):
        first = min((t for t, on in seen if t >= float(at) and on == (level == '1')), default=None)
        check(first is not None, 'a status for the edge at %s' % at)
        delays.append(1000 * (first - float(at)))
    text = ' '.join('%.1f' % delay for delay in delays)
    print('milliseconds from the edge to the status at a client: ' + text)
    # In these times are the cable, twice, the simulated chip, which tells of an edge at the next tick of 10 ms, and
    # whatever else this machine does. An agent that waits for anything is later each time.
    delays.sort()
    check(delays[len(delays) // 3] <= 10, 'two thirds over 10 ms: ' + text)
    check(statistics.median(delays) <= 40 and delays[-1] <= 500, 'late: ' + text)


# A port at which datagrams arrive and nobody reads them.
SILENT = 'import socket, time; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("127.0.0.1", 53)); print("there", flush=True); time.sleep(600)'


@scenario
def a_stop_button_acts_at_once_while_no_name_server_answers(stage):
    guest = nano.boot(stage)
    guest.run('ip link set lo up; echo nameserver 127.0.0.1 >/run/resolv.conf; mount --bind /run/resolv.conf /etc/resolv.conf')
    silent = guest.start('silent', [sys.executable, '-c', SILENT])
    wait_for(silent.out, 'the name server that says nothing')
    agent = guest.agent('broker = {"broker.lan"}\n' + nano.SERVO.replace('speed = 120', 'speed = 2') +
                        'input go { gpio = "tegra-gpio:11" press = "tilt 45" }\n'
                        'input halt { gpio = "tegra-gpio:12" press = "stop" }\n')
    silence = 'no answer from the name server within'
    agent.log(silence)
    asked = agent.err().count(silence)
    delays = []
    for turn in range(1, 6):
        guest.pull(11, True)
        wait_for(lambda: agent.err().count('go: tilt 45: ok') == turn, 'it moves')
        pressed = float(guest.run('echo $EPOCHREALTIME; echo pull-up >%s' % guest._line_file(12, 'pull')))
        wait_for(lambda: agent.err().count('halt: stop: ok') == turn, 'it was stopped')
        at, parts = re.findall(r'^([-\d]+ [:\d]+)(\.\d+) .*halt: stop: ok', agent.err(), re.M)[-1]
        delays.append(time.mktime(time.strptime(at, '%Y-%m-%d %H:%M:%S')) + float(parts) - pressed)
        for line in (11, 12):
            guest.pull(line, False)
        time.sleep(0.6)  # nothing moves in the half second behind a stop
    print('seconds from the press to the stop: ' + ' '.join('%.3f' % delay for delay in delays))
    # In these are the tick of 10 ms of the simulated chip and what else this machine does. One that waits for a name waits 5 s.
    wait_for(lambda: agent.err().count(silence) > asked, 'it went on asking', 20)
    check(min(delays) < 0.05 and max(delays) < 1, 'from the press to the stop: %r' % delays)


@both
def a_press_runs_its_command_also_while_the_broker_is_away(stage, modern):
    guest = boot(stage, modern)
    agent = guest.agent(INPUT % 'press = "led_on" release = "led_off"', AWAY)
    agent.log('refused')
    for _ in range(3):
        guest.pull(BUTTON, True)
        guest.line_becomes(1)
        guest.pull(BUTTON, False)
        guest.line_becomes(0)
    check(agent.log(r'button: led_on: ok'), 'the log says who ran it')


@both
def a_bouncing_contact_presses_once_and_its_last_level_counts(stage, modern):
    _, watcher, guest, agent = cabled(stage, INPUT % 'press = "led_toggle" debounce = 1000', modern=modern)
    file = guest._line_file(BUTTON, 'pull')
    # The simulated chip tells of its edges at the next tick of the kernel's clock, 10 ms: slower than that, each is an
    # event of its own.
    bounce = '''python3 -c "
import time
for level in '%s':
    open('{0}', 'w').write('pull-up' if level == '1' else 'pull-down')
    time.sleep(0.03)
"'''.format(file)
    mark = watcher.mark()
    guest.run(bounce % '101010101')
    watcher.wait(lambda r: r.channel('button').get('on') is True, 'pressed', mark)
    guest.line_becomes(1)
    stable = time.monotonic() + 1.2
    while time.monotonic() < stable:
        equal(guest.line(), 1, 'one press, one toggle')
    # A contact that is open again when the time is over is seen as released, without another edge.
    mark = watcher.mark()
    guest.run(bounce % '010')
    watcher.wait(lambda r: r.channel('button').get('on') is False, 'released', mark)
    equal(len(re.findall('button: led_toggle', agent.err())), 1, 'commands run')


@both
def bias_and_active_low_of_an_input_reach_the_line(stage, modern):
    config = '''
input a { gpio = "tegra-gpio:20" bias = up }
input b { gpio = "tegra-gpio:21" bias = up active_low = true }
input c { gpio = "tegra-gpio:22" bias = down }
input d { gpio = "tegra-gpio:23" bias = down active_low = true }
input e { gpio = "tegra-gpio:24" active_low = true }
'''
    _, watcher, guest, _ = cabled(stage, config, modern=modern)
    equal([guest.line(n) for n in range(20, 25)], [1, 1, 0, 0, 0], 'levels at the chip')
    report = watcher.online()
    equal([report.channel(name)['on'] for name in 'abcde'], [True, False, False, True, True], 'reported')
    mark = watcher.mark()
    guest.pull(24, True)
    watcher.wait(lambda r: r.channel('e').get('on') is False, 'the edge of the active-low input', mark)
    mark = watcher.mark()
    guest.pull(21, False)  # the button to ground that the pull-up waits for
    watcher.wait(lambda r: r.channel('b').get('on') is True, 'the button pulls the line down', mark)


@both
def gpio_that_cannot_be_opened_is_one_line_that_says_why(stage, modern):
    guest = boot(stage, modern)
    one = 'switch led { gpio = "%s" }\n'
    guest.refused(one % 'no-such-chip:3', r'switch led: gpiochip no-such-chip: not there; there is tegra-gpio')
    guest.refused(one % 'tegra-gpio:256', r'switch led: tegra-gpio has lines 0 to 255, no 256')
    guest.refused('input key { gpio = "tegra-gpio:999" }\n', r'input key: tegra-gpio has lines 0 to 255, no 999')

    holder = guest.start('gpioset', ['gpioset', '-m', 'signal', 'tegra-gpio', '216=1'])
    guest.line_becomes(1)
    guest.refused(nano.SWITCH, r'switch led: tegra-gpio:216 is held by gpioset; stop that, or use another pin')
    guest.refused('input key { gpio = "tegra-gpio:216" }\n', r'input key: tegra-gpio:216 is held by gpioset')
    equal(guest.line(), 1, 'the holder still has it')
    holder.terminate()
    first = guest.agent(nano.SWITCH, AWAY)
    first.log('refused at')
    guest.refused(nano.SWITCH, r'tegra-gpio:216 is held by nano-agent')
    first.terminate()

    # As udev leaves them: root's only. Then one chip open and the other not: the closed one is named, or not needed.
    denied = r'gpiochip tegra-gpio: not among those that open; /dev/gpiochip0: Permission denied.*group gpio'
    guest.refused(nano.SWITCH, denied, user=NOBODY)
    guest.run('chmod 666 /dev/gpiochip1')
    guest.refused(nano.SWITCH, denied, user=NOBODY)
    guest.run('chmod 600 /dev/gpiochip1; chmod 666 /dev/gpiochip0')
    agent = guest.agent(nano.SWITCH.replace('216"', '216" start = on'), AWAY, user=NOBODY)
    agent.log('refused at')
    equal(guest.line(), 1, 'line 216 of a plain user with access')


if __name__ == '__main__':
    nano.main()
