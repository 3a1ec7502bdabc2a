# SPDX-License-Identifier: MIT
"""The demonstration with the virtual Nano, after pc-tui/demo has installed and built what it needs.

In a terminal: the screen, and below it what the chips say of themselves. Without one: the same by script; exit status 0
where line 216 and the PWM registers were after each command what the device reported.
"""
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'integration'))

import harness  # noqa: E402  (it lives with the integration tests)
import nano  # noqa: E402

CONFIG = nano.SERVO + nano.SWITCH
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def picture(look):
    """What the chips say of themselves, in three lines."""
    on, off = look.leds[0]
    steps = look.steps()
    pulse = '%.0f us' % (steps * (look.prescale + 1) / 25.0) if steps else 'no pulse'
    return ('GPIO chip tegra-gpio   line 216 (pin 7)   %s\n'
            'PWM chip PCA9685       PRE_SCALE 0x%02x (%.1f Hz)   LED0_ON 0x%04x   LED0_OFF 0x%04x\n'
            '                       channel 0           %4d of 4096 steps = %s\n'
            % ('HIGH' if look.lines[nano.LED] else 'low', look.prescale, 25e6 / 4096 / (look.prescale + 1), on, off,
               steps, pulse))


def view(path):
    """In a pane of its own: shows the picture whenever it has changed."""
    before = None
    while True:
        try:
            with open(path, encoding='ascii') as f:
                text = f.read()
        except OSError:
            text = ''
        if text and text != before:
            sys.stdout.write('\033[H\033[2J\033[?25l' + text.rstrip('\n'))
            sys.stdout.flush()
            before = text
        time.sleep(0.05)


def paint(guest, path, stop):
    while not stop.wait(0.1):
        with open(path + '.new', 'w', encoding='ascii') as f:
            f.write(picture(guest.look()))
        os.replace(path + '.new', path)


def on_the_screen(stage, guest):
    screen = [harness.program('pc-tui'), '-h', nano.PC]
    tmux = shutil.which('tmux')
    environment = dict(os.environ, TMUX_TMPDIR=stage.directory, HOME=stage.directory)
    environment.pop('TMUX', None)
    if not tmux:
        status = os.spawnve(os.P_WAIT, screen[0], screen, environment)
        print('The chips at the end:\n' + picture(guest.look()), end='')
        return status
    path, stop = stage.path('picture'), threading.Event()
    painter = threading.Thread(target=paint, args=(guest, path, stop))
    painter.start()
    # Keys go through at once (a lone Escape too), and nothing of the user's own configuration is in the way.
    settings = stage.write('tmux.conf', 'set -g status off\nset -sg escape-time 0\nset -g default-terminal screen-256color\n'
                           'set -g prefix None\nset -g remain-on-exit off\n')
    below = '%s -B %s view %s' % tuple(shlex.quote(word) for word in (sys.executable, __file__, path))
    ended = stage.path('screen-ended-with')
    above = '%s; echo $? >%s; tmux kill-pane -a' % (' '.join(map(shlex.quote, screen)), shlex.quote(ended))
    try:
        os.spawnve(os.P_WAIT, tmux, ['tmux', '-u', '-f', settings, 'new-session', above, ';',
                                     'split-window', '-d', '-v', '-l', '3', below], environment)
        with open(ended, encoding='ascii') as f:
            return int(f.read())
    except (OSError, ValueError):
        return 1
    finally:
        subprocess.run([tmux, 'kill-server'], env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       check=False)
        stop.set()
        painter.join()
        print('The chips at the end:\n' + picture(guest.look()), end='')


def matches(look, report):
    tilt, led = report.channel('tilt'), report.channel('led')
    steps = nano.nearest_step(tilt['us']) if tilt['driven'] else 0
    return look.steps() == steps and look.lines[nano.LED] == int(led['on'])


def by_script(stage, broker, guest):
    watcher = stage.watcher(broker)
    tui = harness.program('pc-tui')
    failed, words = 0, ('tilt_center', 'tilt_up', 'tilt_up', 'tilt_up', 'tilt_down', 'tilt 90', 'led_on', 'led_off', 'off')
    for number, word in enumerate(words):
        argv = [tui, 'send', '-h', nano.PC, word] if number % 2 else [
            harness.tool('mosquitto_pub'), '-h', nano.PC, '-t', 'jetson/control', '-m', word]
        before = max((r.last['n'] for r in watcher.since() if r.last), default=0)
        done = stage.run(argv, deadline=30)
        print('\n$ %s\n%s' % (' '.join([os.path.basename(argv[0])] + argv[1:]), done.out), end='')
        # pc-tui asks for the device's clock first, with a command of its own.
        report = watcher.wait(lambda r: r.last.get('n', 0) > before and r.last['cmd'] == word and
                              not r.channel('tilt')['moving'], 'rest after ' + word)
        look = guest.look()
        good = done.code == 0 and report.last['result'] in ('ok', 'limit') and matches(look, report)
        failed += not good
        print(picture(look) + 'reported: tilt %s us, led %s: %s' % (
            report.channel('tilt')['us'], 'on' if report.channel('led')['on'] else 'off',
            'the same' if good else 'NOT THE SAME'))
    print()
    if failed:
        print('%d of %d commands were not found at the chips.' % (failed, len(words)))
        return 1
    print('All %d commands were found at the chips as the device reported them.' % len(words))
    return 0


def leave(number, _frame):
    sys.exit(128 + number)


def main():
    if sys.argv[1:2] == ['view']:
        view(sys.argv[2])
    for number in ENDS:
        signal.signal(number, leave)
    sys.stdout.reconfigure(encoding='utf-8', errors='replace', line_buffering=True)
    stage = harness.Stage()
    try:
        cable = nano.Cable(stage)
        broker = cable.broker(verbose=False)
        print('Booting the virtual Nano … ', end='', flush=True)
        guest = nano.VirtualNano(stage, cable)
        guest.open_eyes()
        print('done')
        agent = guest.agent(CONFIG)
        agent.log('connected to')
        print('PC: mosquitto at %s. Virtual Nano: nano-agent at %s, servo tilt, switch led.' % (nano.PC, nano.NANO))
        if sys.stdin.isatty() and sys.stdout.isatty():
            return on_the_screen(stage, guest)
        return by_script(stage, broker, guest)
    except harness.Skip as reason:
        print('The virtual Nano cannot run here: %s' % reason, file=sys.stderr)
        return 77
    except harness.Failure as failure:
        print('%s\n%s' % (failure, stage.evidence()), file=sys.stderr)
        return 1
    finally:
        for number in ENDS:  # a second one must not leave half of it running
            signal.signal(number, signal.SIG_IGN)
        stage.close()


sys.exit(main())
