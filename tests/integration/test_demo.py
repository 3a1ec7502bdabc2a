# SPDX-License-Identifier: MIT
"""pc-tui/demo: the whole path in one command, with and without a terminal; nothing is left behind."""
import os
import re

import harness
from harness import check, equal, scenario, wait_for
from pty_terminal import Terminal

DEMO = os.path.join(harness.SOURCE_DIR, 'pc-tui', 'demo')
BUILD = 120  # seconds: it builds first


def children(pid):
    """The processes below pid, by /proc."""
    found = []
    for entry in os.listdir('/proc'):
        if entry.isdigit():
            try:
                with open('/proc/%s/stat' % entry, encoding='utf-8', errors='replace') as f:
                    parent = int(f.read().rsplit(')', 1)[1].split()[1])
            except OSError:
                continue
            if parent == pid:
                found += [int(entry)] + children(int(entry))
    return found


def gone(pids):
    return not [pid for pid in pids if os.path.exists('/proc/%d' % pid)]


def scratch(stage):
    """A directory for its temporary files, to see that none is left."""
    path = stage.path('tmp')
    os.makedirs(path, exist_ok=True)
    os.chmod(path, 0o755)
    return path


@scenario(lock='demo', timeout=180)
def demo_without_a_terminal_prints_every_echo(stage):
    temporary = scratch(stage)
    outcome = stage.run([DEMO], deadline=BUILD, env={'TMPDIR': temporary})
    equal(outcome.code, 0, 'exit status: %r' % outcome)
    for word in ('tilt_up', 'tilt_down', 'led_on', 'led_off'):
        check(re.search(r'^\$ pc-tui send %s\n.*\b%s\b.*\bok\b' % (word, word), outcome.out, re.M),
              'the echo of %s by pc-tui send: %r' % (word, outcome))
        check(re.search(r'^\$ mosquitto_pub .* -m %s\n"last":.*"cmd":"%s","result":"ok"' % (word, word), outcome.out, re.M),
              'the echo of %s by mosquitto_pub: %r' % (word, outcome))
    equal(os.listdir(temporary), [], 'temporary files left')


@scenario(lock='demo', timeout=180)
def demo_uses_a_real_broker_and_device_where_one_is_named(stage):
    broker, watcher, agent = harness.set_up(stage)
    outcome = stage.run([DEMO, '--broker', '127.0.0.1:%d' % broker.port], deadline=BUILD,
                        env={'TMPDIR': scratch(stage)})
    equal(outcome.code, 0, 'exit status: %r' % outcome)
    harness.answers(stage, broker, watcher)
    equal([r['cmd'] for r in watcher.results() if r['cmd'] != 'status'],
          ['tilt_up', 'tilt_down', 'led_on', 'led_off'] * 2, 'what the device was told')
    check(agent.alive() and broker.alive(), 'both go on running')


@scenario(lock='demo', timeout=180)
def demo_fails_where_no_device_answers(stage):
    broker = stage.broker()
    outcome = stage.run([DEMO, '--broker', '127.0.0.1:%d' % broker.port], deadline=BUILD,
                        env={'TMPDIR': scratch(stage)})
    equal(outcome.code, 1, 'exit status: %r' % outcome)
    check('No device' in outcome.err, 'it says why: %r' % outcome)


@scenario
def demo_refuses_what_it_does_not_know_and_has_help(stage):
    equal(stage.run([DEMO, '--frobnicate']).code, 2, 'exit status')
    outcome = stage.run([DEMO, '--help'])
    equal(outcome.code, 0, 'exit status of --help')
    check('--broker' in outcome.out, 'help: %r' % outcome.out)


@scenario(lock='demo', timeout=180)
def demo_in_a_terminal_shows_the_screen_obeys_a_key_and_leaves_nothing_running(stage):
    temporary = scratch(stage)
    terminal = Terminal(stage, [DEMO], env={'TMPDIR': temporary})
    try:
        terminal.wait(r'connected', 'the screen shows the connection', BUILD)
        terminal.wait(r'led', 'the screen shows the channels')
        started = children(terminal.pid)
        check(len(started) >= 3, 'mosquitto, nano-agent and pc-tui run: %r' % started)
        terminal.type(b'\x1b[A')
        terminal.wait(r'tilt_up.*\bok\b', 'the echo of the arrow key')
        terminal.type(b'q')
        equal(terminal.exit(), 0, 'exit status')
        terminal.wait(r'simulated outputs did[\s\S]*tilt 1\d\d\d us', 'what the simulated outputs did, after leaving')
    finally:
        terminal.close()
    wait_for(lambda: gone(started), 'all its processes are gone')
    equal(os.listdir(temporary), [], 'temporary files left')


@scenario(lock='demo', timeout=180)
def demo_leaves_nothing_running_when_its_terminal_is_closed(stage):
    temporary = scratch(stage)
    terminal = Terminal(stage, [DEMO], env={'TMPDIR': temporary})
    try:
        terminal.wait(r'connected', 'the screen shows the connection', BUILD)
        started = children(terminal.pid)
        os.close(terminal.fd)
        terminal.fd = os.open('/dev/null', os.O_RDWR)
        wait_for(lambda: os.waitpid(terminal.pid, os.WNOHANG)[0], 'the demo ends')
    finally:
        terminal.close()
    wait_for(lambda: gone(started), 'all its processes are gone')
    equal(os.listdir(temporary), [], 'temporary files left')


def installing(stage, *names):
    """install_packages of tests/dependencies.sh with a dpkg and an apt-get of our own: `there` is installed, and apt-get refuses
    every line that has `broken` in it. Returns the outcome and the lines of names that were given to apt-get."""
    tools = stage.path('tools')
    os.mkdir(tools)
    stage.write('tools/installed-there', '')
    for name, script in (('dpkg-query', 'for n; do :; done; if [ -e %s/installed-$n ]; then printf "installed "; '
                                        'else printf "not-installed "; fi' % tools),
                         ('apt-get', 'echo "apt-get $*"; case "$*" in *broken*) exit 100;; esac; '
                                     'for n; do : >%s/installed-${n##*/}; done' % tools),
                         ('sudo', 'shift; exec "$@"')):
        stage.write('tools/' + name, '#!/bin/sh\n%s\n' % script)
        os.chmod(os.path.join(tools, name), 0o755)
    done = stage.run(['bash', '-c', '. "$0"; install_packages "$@"',
                      os.path.join(harness.SOURCE_DIR, 'tests', 'dependencies.sh')] + list(names),
                     env={'PATH': tools + ':' + os.environ['PATH']})
    installed = [line for line in done.out.splitlines() if line.startswith('apt-get ') and ' install ' in line]
    return done, [line.split(' install ')[1] for line in installed]


@scenario
def demo_installs_what_dpkg_only_knows_by_name(stage):
    """dpkg calls a package "not-installed" that others only mention."""
    done, asked = installing(stage, 'there', 'mentioned')
    equal(done.code, 0, 'exit status')
    equal(asked, ['mentioned'], 'installed')


@scenario
def a_package_that_cannot_be_installed_does_not_keep_the_others_from_it(stage):
    done, asked = installing(stage, 'first', 'broken', 'there', 'last')
    equal(asked, ['first broken last', 'first', 'broken', 'last'], 'together, then each by itself')
    check('Could not install: broken\n' in done.err, 'which one is missing in the end: %r' % done)
    equal(done.code, 1, 'exit status')


if __name__ == '__main__':
    harness.main()
