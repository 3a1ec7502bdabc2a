# SPDX-License-Identifier: MIT
"""`nano-agent check` and `nano-agent pins` as programs: what they print, into a pipe, and how they end. What they find out
about hardware is tested on a real kernel (tests/nano/test_check.py) and with made-up machines (tests/unit)."""
import os
import re
import socket

import harness
from harness import check, equal, program, scenario, tool
from pty_terminal import Terminal


def run_check(stage, path, *args, env=None):
    """The outcome of a check, its findings, and what mends those that are not ok."""
    outcome = stage.run([program('nano-agent'), 'check', '-c', path] + list(args), env=env)
    findings, mends = [], []
    lines = outcome.out.splitlines()
    for index, line in enumerate(lines):
        if line.startswith('    mend: '):
            check(lines[index - 1].startswith('!!  '), 'a mend without a finding: %r' % line)
            mends.append(line)
        else:
            check(line[:4] in ('ok  ', '!!  '), 'each line begins with ok or !!: %r' % line)
            findings.append(line)
    equal(len(mends), sum(line.startswith('!!') for line in findings), 'a mend for each trouble: %s' % outcome.out)
    equal(outcome.code, 1 if mends else 0, 'the exit status: %s' % outcome.out)
    check('\x1b' not in outcome.out, 'plain text')
    return outcome, findings, mends


def finding(findings, words):
    found = [line for line in findings if words in line]
    equal(len(found), 1, 'findings with %r among %r' % (words, findings))
    return found[0]


@scenario
def all_in_order_is_ok_and_exit_0(stage):
    broker = stage.broker()
    path = stage.write('agent.conf', harness.CHANNELS)
    outcome, findings, _ = run_check(stage, path, '--sim', *broker.options())
    equal(outcome.code, 0, outcome.out)
    equal(finding(findings, 'broker 127'), 'ok  broker 127.0.0.1:%d: connected, MQTT 5, subscription allowed' % broker.port,
          'the broker')
    equal(finding(findings, 'commands: '), 'ok  commands: what is published on jetson/control arrives', 'commands')
    equal(finding(findings, 'reports: '), 'ok  reports: the broker takes them on jetson/status', 'reports')
    finding(findings, 'configuration: %s, 2 channels' % path)
    finding(findings, 'libgpiod: ')
    equal(finding(findings, 'servo tilt'), 'ok  servo tilt: simulated', 'the servo')


@scenario
def a_mistake_in_the_file_is_a_finding_and_the_rest_is_still_checked(stage):
    broker = stage.broker()
    path = stage.write('agent.conf', 'servo tilt {\n pwm = "pin 33"\n sped = 5\n}\n')
    outcome, findings, _ = run_check(stage, path, '--sim', *broker.options())
    equal(outcome.code, 1, outcome.out)
    line = finding(findings, 'configuration')
    check('%s:3: servo tilt: unknown key sped; did you mean speed?' % path in line, line)
    check(finding(findings, 'broker 127').startswith('ok'), 'the broker is still asked')
    _, findings, _ = run_check(stage, stage.path('none.conf'), '--sim', *broker.options())
    check('none.conf: No such file' in finding(findings, 'configuration'), findings)


@scenario
def each_broker_is_asked(stage):
    broker = stage.broker()
    path = stage.write('agent.conf', harness.CHANNELS)
    silent = socket.socket()
    silent.bind(('127.0.0.1', 0))
    silent.listen(5)
    number = silent.getsockname()[1]
    outcome, findings, mends = run_check(stage, path, '--sim', '-h', '127.0.0.1:1', '-h', '127.0.0.1:%d' % number,
                                         *broker.options())
    equal(outcome.code, 1, outcome.out)
    check('connection refused' in finding(findings, '127.0.0.1:1:'), findings)
    check(finding(findings, '127.0.0.1:%d:' % number).startswith('!!'), findings)
    check(finding(findings, '127.0.0.1:%d:' % broker.port).startswith('ok'), findings)
    check('listener 1883' in mends[0] and 'hangs' in mends[1], mends)
    silent.close()


@scenario
def a_login_that_is_refused_is_a_finding_without_the_password(stage):
    passwords = stage.path('passwords')
    made = stage.run([tool('mosquitto_passwd'), '-b', '-c', passwords, 'nano', 'secret'])
    equal(made.code, 0, made.err)
    os.chmod(passwords, 0o644)
    broker = stage.broker(anonymous=False, config='password_file %s\n' % passwords)
    path = stage.write('agent.conf', harness.CHANNELS)
    outcome, findings, mends = run_check(stage, path, '--sim', '-u', 'nano', '-P', 'sesame', *broker.options())
    check(finding(findings, 'broker 127').startswith('!!') and 'login {' in mends[0], outcome.out)
    check('sesame' not in outcome.out + outcome.err, 'a password is not shown')
    run_check(stage, path, '--sim', '-u', 'nano', '-P', 'secret', *broker.options())


def acl(stage, text):
    path = stage.write('acl', text)
    os.chmod(path, 0o644)
    return stage.broker(config='acl_file %s\n' % path)


@scenario
def what_the_broker_does_not_let_through_is_found_although_it_says_that_it_does(stage):
    path = stage.write('agent.conf', harness.CHANNELS)
    deaf = acl(stage, 'topic write jetson/control\ntopic readwrite jetson/status\n')
    outcome, findings, mends = run_check(stage, path, '--sim', *deaf.options())
    check(finding(findings, 'commands: ').startswith('!!') and 'let this user read that topic' in mends[0], outcome.out)
    check(finding(findings, 'reports: ').startswith('ok'), findings)
    dumb = acl(stage, 'topic readwrite jetson/control\ntopic read jetson/status\n')
    outcome, findings, mends = run_check(stage, path, '--sim', *dumb.options())
    check(finding(findings, 'commands: ').startswith('ok'), findings)
    line = finding(findings, 'reports: ')
    check(line.startswith('!!') and 'not authorized' in line and 'jetson/status' in line, findings)


@scenario
def what_cannot_be_proven_is_said(stage):
    path = stage.write('agent.conf', harness.CHANNELS)
    broker = acl(stage, 'topic read jetson/control\ntopic write jetson/status\n')  # the least that an agent needs
    for version in ('mqttv5', 'mqttv311'):
        outcome, findings, _ = run_check(stage, path, '--sim', '-V', version, *broker.options())
        equal(outcome.code, 0, outcome.out)
        check('cannot be proven' in finding(findings, 'reports: '), findings)
        check('cannot be proven' in finding(findings, 'commands: '), findings)


@scenario
def a_check_leaves_nothing_on_the_broker(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker, topics=['#'])
    path = stage.write('agent.conf', harness.CHANNELS)
    run_check(stage, path, '--sim', *broker.options())
    late = stage.watcher(broker, topics=['#'], name='late')
    stage.pub(broker, 'end', 'the/end')
    for each in (watcher, late):
        each.wait(lambda r: r.topic == 'the/end', 'the last message')
    equal([r.topic for r in late.since() if r.retained], [], 'retained messages')
    sent = [(r.topic, bool(r.payload)) for r in watcher.since()][:-1]
    equal(sent, [('jetson/control', False), ('jetson/status', True)], 'what it published; a will is not among it')


@scenario
def an_agent_that_runs_is_not_disturbed(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    agent = stage.agent(broker)
    boot = watcher.online().boot
    stage.say(broker, watcher, 'led_on')
    mark = watcher.mark()
    outcome, findings, _ = run_check(stage, stage.write('agent.conf', harness.CHANNELS), '--sim', *broker.options())
    equal(outcome.code, 0, outcome.out)
    check(finding(findings, 'broker 127').startswith('ok'), findings)
    check('an agent reports on jetson/status' in finding(findings, 'reports: '), findings)
    after = watcher.wait(lambda r: True, 'a report after the check', since=mark)
    equal((after.boot, after.online), (boot, True), 'the same run of the agent')
    check(agent.alive() and 'lost' not in agent.err() and 'taken over' not in agent.err(), agent.err())
    equal([r for r in watcher.since(mark) if not r.online], [], 'it was never offline')
    check(after.channel('led')['on'], 'the lamp is as it was')


@scenario
def pins_draws_the_header_of_any_board_anywhere(stage):
    path = stage.write('agent.conf', harness.CHANNELS)
    nano = stage.run([program('nano-agent'), 'pins', '-c', path, '--board', 'JETSON_NANO'])
    equal((nano.code, nano.err), (0, ''), 'exit status and stderr')
    check('* servo tilt tegra-gpio:38 7000a000.pwm:2  33 | 34  GND' in nano.out, nano.out)
    check('* switch led tegra-gpio:216   7 | 8   UART TX' in nano.out, nano.out)
    rows = [line for line in nano.out.splitlines() if ' | ' in line]
    equal(len(rows), 20, 'rows')
    # This board has no PWM on pin 33: the header is drawn all the same, and the mistake named.
    thor = stage.run([program('nano-agent'), 'pins', '-c', path, '--board', 'JETSON_THOR_REFERENCE'])
    equal(thor.code, 2, 'exit status')
    check('tegra264-gpio-main:88 810c610000.pwm:0  13 | 14  GND' in thor.out and '*' not in thor.out.split('\n', 1)[1],
          thor.out)
    check('%s:2: servo tilt: ' % path in thor.err and 'these have PWM: 13, 15, 18' in thor.err, thor.err)
    equal(thor.err.count('\n'), 1, 'one line')


@scenario
def the_board_is_found_in_a_device_tree_that_may_be_elsewhere(stage):
    path = stage.write('agent.conf', 'switch led { gpio = "pin 7" }\n')
    os.mkdir(stage.path('tree'))
    stage.write('tree/compatible', b'nvidia,p3768-0000+p3767-0005\0nvidia,tegra234\0')
    outcome = stage.run([program('nano-agent'), 'pins', '-c', path], env={'NANO_AGENT_DEVICE_TREE': stage.path('tree')})
    equal(outcome.code, 0, outcome.err)
    check(outcome.out.startswith('JETSON_ORIN_NANO') and '* switch led tegra234-gpio:144   7 |' in outcome.out, outcome.out)
    nowhere = stage.run([program('nano-agent'), 'pins', '-c', path], env={'NANO_AGENT_DEVICE_TREE': '/nonexistent'})
    equal((nowhere.code, nowhere.out), (2, ''), 'no board')
    check('--board NAME' in nowhere.err, nowhere.err)


MOTORS = '''
motor left { forward = {"sim"}  backward = {"sim"}  enable = "sim" }
motor right { forward = {"sim"}  backward = {"sim"} }
'''
ASKED = r'THE WHEELS MUST BE OFF THE GROUND.*Are they\? y or n:'


def trial(stage, text=MOTORS):
    path = stage.write('agent.conf', text)
    return Terminal(stage, [program('nano-agent'), 'check', '--motors', '--sim', '-c', path])


def turns(terminal):
    """What the simulated motors did: ['left forward 20.0 %', 'left coast', …]."""
    return re.findall(r'[0-9.]+ ((?:left|right) (?:forward|backward|coast|enable)[^\r\n]*)', terminal.text())


@scenario
def check_motors_turns_each_side_alone_once_it_was_told_that_the_wheels_are_off_the_ground(stage):
    terminal = trial(stage)
    terminal.wait('(?s)' + ASKED, 'it asks first')
    check(not any('%' in line for line in turns(terminal)), 'nothing turned before the answer: %r' % turns(terminal))
    terminal.type(b'y\n')
    for count, word in enumerate(('forward', 'backward') * 2, 1):
        terminal.wait('(?s)(Did all its wheels turn.*){%d}' % count, 'question %d' % count)
        check(word in terminal.text().rsplit('Did all', 1)[1], 'it asks for %s' % word)
        terminal.type(b'y\n')
    equal(terminal.exit(), 0, 'every side turned')
    terminal.wait('ok  motor right: backward', 'each is told')
    equal([line for line in turns(terminal) if 'enable' not in line and 'coast' not in line],
          ['left forward 20.0 %', 'left backward 20.0 %', 'right forward 20.0 %', 'right backward 20.0 %'], 'each side alone')
    lines = [line for line in turns(terminal) if line.startswith('left')]
    check(lines.index('left enable high') < lines.index('left forward 20.0 %'), 'enable first: %r' % lines)
    for before, after in zip(turns(terminal), turns(terminal)[1:]):
        check('%' not in before or '%' not in after, 'off in between: %r' % turns(terminal))


@scenario
def a_side_that_turns_wrong_is_a_finding_and_what_mends_it(stage):
    terminal = trial(stage, 'motor left { forward = {"sim"}  backward = {"sim"} }\n')
    terminal.wait('(?s)' + ASKED, 'it asks first')
    terminal.type(b'y\n')
    for count in (1, 2):
        terminal.wait('(?s)(Did all its wheels turn.*){%d}' % count, 'question %d' % count)
        terminal.type(b'n\n')
    equal(terminal.exit(), 1, 'a finding')
    terminal.wait('!!  motor left: forward', 'it is told')
    check('swap forward and backward' in terminal.text(), 'with what mends it: %r' % terminal.text())


@scenario
def without_a_yes_no_motor_is_opened(stage):
    for answer in (b'n\n', b'\n', b'\x04'):
        terminal = trial(stage)
        terminal.wait('(?s)' + ASKED, 'it asks first')
        terminal.type(answer)
        equal(terminal.exit(), 1, 'the answer %r' % answer)
        equal(turns(terminal), [], 'nothing was opened')


@scenario
def check_motors_refuses_without_a_terminal(stage):
    path = stage.write('agent.conf', MOTORS)
    outcome = stage.run([program('nano-agent'), 'check', '--motors', '--sim', '-c', path], 'y\ny\ny\n')
    equal(outcome.code, 1, repr(outcome))
    check('asks on a terminal' in outcome.out and '%' not in outcome.out, repr(outcome))
    outcome = stage.run([program('nano-agent'), '--motors', '--sim', '-c', path])
    equal(outcome.code, 2, 'without check: %r' % outcome)


@scenario
def check_says_how_long_a_plain_word_runs_a_motor(stage):
    broker = stage.broker()
    path = stage.write('agent.conf', 'motor drive { forward = {"sim"}  backward = {"sim"}  run = 3.5 }\n')
    _, findings, _ = run_check(stage, path, '--sim', *broker.options())
    equal(finding(findings, 'a command runs it'),
          'ok  motor drive: a command runs it 3.5 s, a plain word or number without a deadline 1.0 s', 'the finding')


if __name__ == '__main__':
    harness.main()
