# SPDX-License-Identifier: MIT
"""nano-agent zero, which systemd runs when the agent has ended: it needs nothing but the list of what is to be switched off."""
import os

import harness
from harness import check, equal, program, scenario


def zero(stage, text=None, arguments=()):
    """Runs it on a list with this text, None = there is no list."""
    folder = stage.path('run')
    os.makedirs(folder, exist_ok=True)
    if text is not None:
        stage.write('run/motors', text)
    return stage.run([program('nano-agent')] + list(arguments) + ['zero'], env={'RUNTIME_DIRECTORY': folder})


@scenario
def zero_reads_no_configuration_and_reaches_for_no_network(stage):
    broken = stage.write('broken.conf', 'moter {\n')
    for arguments in ((), ('-c', broken), ('-c', '/nowhere/nano-agent.conf'), ('-h', '192.0.2.1')):
        done = zero(stage, '# nothing\n', arguments)
        equal((done.code, done.out, done.err), (0, '', ''), '%r' % (arguments,))


@scenario
def zero_without_a_list_has_nothing_to_do(stage):
    done = zero(stage)
    equal((done.code, done.out, done.err), (0, '', ''), 'zero')


@scenario
def zero_says_of_each_output_what_it_could_not_switch_off(stage):
    done = zero(stage, 'gpio high 4 no-such-chip\npca9685 i2c-97 0x5e 3\npwm 0 no-such.pwm\nservo\n')
    equal((done.code, done.out), (1, ''), 'zero: %r' % done)
    lines = done.err.splitlines()
    equal(len(lines), 4, 'lines: %r' % done)
    for line, output in zip(lines, ('gpio high 4 no-such-chip', 'pca9685 i2c-97 0x5e 3', 'pwm 0 no-such.pwm', 'servo')):
        check(line.startswith('nano-agent zero: %s: ' % output), '%r of %s' % (line, output))


if __name__ == '__main__':
    harness.main()
