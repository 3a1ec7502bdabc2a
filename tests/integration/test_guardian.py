# SPDX-License-Identifier: MIT
"""The guardian: a second process that switches the outputs of motors off when its agent ends without a word."""
import glob
import os
import re
import signal

import harness
from harness import check, equal, program, scenario, wait_for
from pty_terminal import Terminal
from test_mistake import Manager

MOTOR = 'motor drive { forward = "pca9685 i2c-97 0x5e:0" backward = "pca9685 i2c-97 0x5e:1" hz = 200 }\n'
LED = 'switch led { gpio = "no-such-chip:1" }\n'


def descendants(parent):
    """The processes whose parent it is, by their names."""
    found = {}
    for path in glob.glob('/proc/[0-9]*/stat'):
        try:
            with open(path, encoding='ascii', errors='replace') as f:
                pid, name, rest = re.match(r'(\d+) \((.*)\) (.*)', f.read()).groups()
        except OSError:  # it has just ended
            continue
        if int(rest.split()[1]) == parent:
            found[name] = int(pid)
    return found


def children(process):
    return list(descendants(process.pid))


class Guarded:
    """nano-agent that drives real outputs, which are not there, so that the guardian says which it could not switch off."""

    def __init__(self, stage, broker, config, env=None, args=()):
        self.stage, self.broker = stage, broker
        self.path = stage.path('agent.conf')
        self.configure(config)
        os.makedirs(stage.path('run'), exist_ok=True)
        self.process = stage.start('nano-agent', [program('nano-agent'), '-c', self.path] + list(args),
                                   env=dict({'RUNTIME_DIRECTORY': stage.path('run')}, **(env or {})), own=True)

    def configure(self, config):
        text = config + 'broker = "127.0.0.1:%d"\n' % self.broker.port + ('memory_limit = 0\n' if harness.SANITIZED else '')
        with open(self.path + '.new', 'w', encoding='utf-8') as f:
            f.write(text)
        os.rename(self.path + '.new', self.path)

    def guardian_works(self):
        """kill -9: it says for each output what it could not do, and ends."""
        equal(children(self.process), ['nano-guard'], 'its children')
        self.process.kill()
        said = wait_for(lambda: re.findall(r'^nano-guard: .*$', self.process.err(), re.M)[2:3] and self.process.err(), 'its last words')
        lines = [line for line in said.splitlines() if line.startswith('nano-guard: ')]
        equal(lines, ['nano-guard: pca9685 i2c-97 0x5e %d: No such file or directory' % n for n in (0, 1)] +
              ['nano-guard: the agent ended without a word; a motor may still turn'], 'what the guardian says')


@scenario
def a_killed_agent_leaves_a_guardian_that_reaches_for_its_motors(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    agent = Guarded(stage, broker, MOTOR)
    watcher.online()
    agent.guardian_works()


@scenario
def a_guardian_is_there_for_real_motors_only_and_ends_with_a_clean_end(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    for config, args, wanted in ((MOTOR, (), ['nano-guard']), (MOTOR, ('--sim',), []), (LED, (), [])):
        mark = watcher.mark()
        agent = Guarded(stage, broker, config, args=args)
        watcher.online(mark)
        equal(children(agent.process), wanted, '%r %r' % (config, args))
        equal(agent.process.terminate(), 0, 'its exit status')
        check('nano-guard' not in agent.process.err(), 'nothing was left to do: %s' % agent.process.err())


@scenario
def a_configuration_that_is_mended_gets_a_guardian_for_its_motors_and_none_without(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    agent = Guarded(stage, broker, MOTOR.replace('motor', 'moter'), env=Manager(stage).env)
    watcher.wait(lambda r: r.online is False, 'the mistake')
    agent.configure(LED)
    mark = watcher.mark()
    watcher.online(mark)
    equal(children(agent.process), [], 'without a motor')
    equal(agent.process.terminate(), 0, 'its exit status')

    mark = watcher.mark()
    os.unlink(stage.path('notify'))
    agent = Guarded(stage, broker, MOTOR.replace('motor', 'moter'), env=Manager(stage).env)
    watcher.wait(lambda r: r.online is False and 'why' in r.status, 'the mistake', mark)
    agent.configure(MOTOR)
    watcher.online(mark)
    agent.guardian_works()


@scenario
def the_trial_of_motors_has_a_guardian_as_well(stage):
    path = stage.write('trial.conf', MOTOR + ('memory_limit = 0\n' if harness.SANITIZED else ''))
    argv = ['/bin/sh', '-c', '"$0" check --motors -c "$1"; read more', program('nano-agent'), path]
    terminal = Terminal(stage, argv, env={'RUNTIME_DIRECTORY': stage.path('')})
    terminal.wait('Are they', 'it asks first')
    # By its child, as an emulator has another name.
    trial = wait_for(lambda: [pid for pid in descendants(terminal.pid).values() if list(descendants(pid)) == ['nano-guard']],
                     'it runs, and has a guardian')[0]
    os.kill(trial, signal.SIGKILL)
    terminal.wait('nano-guard: pca9685 i2c-97 0x5e 0: No such file or directory', 'the guardian tries')
    terminal.wait('nano-guard: the agent ended without a word; a motor may still turn', 'the guardian ends')


if __name__ == '__main__':
    harness.main()
