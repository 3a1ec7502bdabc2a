# SPDX-License-Identifier: MIT
"""Every mistake in nano-agent's configuration or command line is one line that says where it is and what would be right,
and exit status 2."""
import os

import harness
from harness import check, equal, scenario

TILT = 'servo tilt { pwm = "pin 33" }\n'
LED = 'switch led { gpio = "pin 7" }\n'

# What is written, the line that the message names, and what the message says (any case).
MISTAKES = {
    'unknown_key_names_the_nearest': ('\nreprot = 1.0\n', 2, ['reprot', 'report']),
    'unknown_key_in_a_section_names_the_nearest': ('servo tilt {\n pwm = "pin 33"\n sped = 5\n}\n', 3, ['sped', 'speed']),
    'unknown_section': ('motor tilt { pwm = "pin 33" }\n', 1, ['motor']),
    'key_given_twice': ('report = 1.0\nreport = 2.0\n', 2, ['report', 'twice']),
    'key_in_a_section_given_twice': ('servo tilt {\n pwm = "pin 33"\n step = 5\n step = 6\n}\n', 4, ['step', 'twice']),
    'section_given_twice': (TILT + LED + TILT, 3, ['tilt']),
    'two_kinds_with_one_name': (TILT + 'switch tilt { gpio = "pin 7" }\n', 2, ['tilt']),
    'two_channels_on_one_pin': (LED + 'switch lamp { gpio = "pin 7" }\n', 2, ['pin 7']),
    'gpio_on_the_pin_whose_pwm_is_in_use': (TILT + 'switch led { gpio = "pin 33" }\n', 2, ['pin 33']),
    'min_above_max': ('servo tilt {\n pwm = "pin 33"\n limit = {45, -45}\n}\n', 3, ['limit']),
    'angle_in_the_wrong_order': ('servo tilt {\n pwm = "pin 33"\n angle = {45, -45}\n}\n', 3, ['angle']),
    'limit_that_needs_an_impossible_pulse': ('servo tilt {\n pwm = "pin 33"\n limit = {-120, 45}\n}\n', 3,
                                             ['limit', '400', '2600']),
    'pulse_below_400': ('servo tilt {\n pwm = "pin 33"\n pulse = {300, 2000}\n}\n', 3, ['pulse', '400', '2600']),
    'pulse_above_2600': ('servo tilt {\n pwm = "pin 33"\n pulse = {1000, 2601}\n}\n', 3, ['pulse', '400', '2600']),
    'pulse_with_one_value': ('servo tilt {\n pwm = "pin 33"\n pulse = {1000}\n}\n', 3, ['pulse', 'two']),
    'two_commands_with_one_name': (
        'dimmer led { pwm = "pin 32" }\nswitch led_up { gpio = "pin 7" }\nservo led_up_x { pwm = "pin 33" }\n'
        'switch led_up_off { gpio = "pin 11" }\n', None, ['led_up']),
    'name_with_capitals': ('switch LED { gpio = "pin 7" }\n', 1, ['LED']),
    'reserved_name': ('switch stop { gpio = "pin 7" }\n', 1, ['stop']),
    'word_out_of_the_list': ('servo tilt {\n pwm = "pin 33"\n lost = panic\n}\n', 3, ['lost', 'panic', 'hold']),
    'number_that_is_none': ('report = soon\n', 1, ['report', 'soon']),
    'report_too_fast': ('report = 0.01\n', 1, ['report', '0.1']),
    'no_such_pin': ('switch led { gpio = "pin 41" }\n', 1, ['41']),
    'address_not_understood': ('switch led { gpio = "seven" }\n', 1, ['seven', 'pin']),
    'output_missing': ('servo tilt { step = 5 }\n', 1, ['pwm']),
    'bad_root': ('root = "jetson/#"\n', 1, ['root']),
    'bad_device': ('device = "control"\n', 1, ['device', 'control']),
    'bad_broker': ('broker = {"pc:99999"}\n', 1, ['pc:99999']),
    'bad_qos': ('qos = 3\n', 1, ['qos']),
    'press_that_is_no_command': (LED + 'input button { gpio = "pin 11" press = "led_onn" }\n', 2, ['led_onn', 'led_on']),
    'brace_missing': ('servo tilt { pwm = "pin 33"\n', None, ['}']),
    'equal_sign_missing': ('report 1.0\n', 1, ['=']),
    'utf_16': ('\ufeffreport = 1.0\n'.encode('utf-16-le'), None, ['utf-16', 'utf-8']),
    'no_break_space': ('\nreport\u00a0= 1.0\n', 2, ['u+00a0', 'column 7', 'no-break']),
    'zero_width_space': ('rep\u200bort = 1.0\n', 1, ['u+200b', 'column 4', 'zero-width']),
    'backslash_in_quotes': ('login { user = "DOM\\user" }\n', 1, ['\\u', 'single quotes']),
    'list_without_values': ('broker = { }\n', 1, ['broker', 'at least one']),
    'list_without_values_in_a_section': ('servo tilt {\n pwm = "pin 33"\n pulse = {}\n}\n', 3, ['pulse', 'at least one']),
    'not_text': (b'report = 1.0\n\xff\xfe\x00\n', None, ['NUL']),
}


def one_line(stage, outcome, what):
    """The refusal as one line, with exit status 2."""
    equal(outcome.code, 2, '%s: exit status (%s)' % (what, outcome.err))
    lines = outcome.err.strip('\n').split('\n')
    equal(len(lines), 1, '%s: lines on stderr: %r' % (what, lines))
    equal(outcome.out, '', '%s: stdout' % what)
    return lines[0]


@scenario(timeout=120)
def each_mistake_in_the_file_is_one_line_with_file_and_line_and_exit_2(stage):
    wrong = []
    for name, (text, number, words) in MISTAKES.items():
        path = stage.write(name + '.conf', text)
        outcome = stage.run([harness.program('nano-agent'), '-c', path, '--sim', '-h', '127.0.0.1', '-p', '1'])
        try:
            line = one_line(stage, outcome, name)
            place = '%s:%d: ' % (path, number) if number else path
            check(place in line, 'no %r in %r' % (place, line))
            said = line.split(name + '.conf', 1)[1].lower()
            for word in words:
                check(word.lower() in said, '%s: %r is not in %r' % (name, word, line))
        except harness.Failure as failure:
            wrong.append(str(failure))
    check(not wrong, '%d of %d:\n  %s' % (len(wrong), len(MISTAKES), '\n  '.join(wrong)))


@scenario
def a_file_that_is_not_there_is_said(stage):
    outcome = stage.run([harness.program('nano-agent'), '-c', stage.path('none.conf'), '--sim'])
    line = one_line(stage, outcome, 'no file')
    check('none.conf' in line and 'No such file' in line, line)


@scenario(timeout=120)
def each_mistake_on_the_command_line_is_exit_2(stage):
    path = stage.write('agent.conf', harness.CHANNELS)
    mistakes = [['--no-such-option'], ['-p', '0'], ['-p', '65536'], ['-p', 'x'], ['-q', '3'], ['-k', '4'],
                ['-V', 'mqttv4'], ['--root', ''], ['--root', 'a/#'], ['--device', 'a b'], ['--device', 'status'],
                ['--board', 'ABACUS'], ['-h', ''], ['stray'], ['-c'], ['-c', ''], ['-P', 'x'],
                ['-i', 'a\nb'], ['-i', '\x1b[31m'], ['-u', '\uffff'], ['--password-file', '']]
    for options in mistakes:
        outcome = stage.run([harness.program('nano-agent'), '-c', path, '--sim'] + options)
        equal(outcome.code, 2, 'exit status of %r (%s)' % (options, outcome.err))
        check(outcome.err.strip() and outcome.out == '', '%r: %r' % (options, outcome))


@scenario
def a_byte_order_mark_at_the_start_of_a_file_is_passed_over(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker, root='lab')
    stage.agent(broker, config='\ufeffmemory_limit = 0\nroot = "lab"\n')
    equal(watcher.online().topic, 'lab/status', 'the first key of the file counts')


@scenario
def a_password_file_that_everybody_can_read_is_warned_of(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    path = stage.write('password', '\ufeffsecret\n')
    os.chmod(path, 0o644)
    agent = stage.agent(broker, args=['-u', 'nano', '--password-file', path])
    watcher.online()
    check('%s: every user of this machine can read it' % path in agent.err(), agent.err())
    check('secret' not in agent.err(), 'a password must not be in the log')


@scenario
def options_win_over_the_file(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker, root='other')
    stage.agent(broker, config='broker = {"192.0.2.1"}\nroot = "jetson"\ndevice = "file"\n',
                args=['--root', 'other', '--device', 'line'])
    equal(watcher.online().topic, 'other/line/status', 'the status topic')


@scenario
def without_sim_on_a_machine_without_pins_the_missing_hardware_is_reported(stage):
    if os.path.exists('/proc/device-tree/compatible'):
        raise harness.Skip('this machine has a device tree: it may have the pins')
    broker = stage.broker()
    watcher = stage.watcher(broker)
    agent = stage.agent(broker, channels='servo tilt { pwm = "no-such.pwm:2" }\n', args=['--state', ''], sim=False)
    fault = watcher.online().channel('tilt')['fault']
    check('no-such.pwm' in fault, 'the device is named: %s' % fault)
    last = stage.say(broker, watcher, 'tilt 20').last
    equal((last['result'], last['why']), ('fault', fault), 'a command for it')
    check('servo tilt: ' + fault in agent.err(), agent.err())
    equal(agent.terminate(), 0, 'exit status')


@scenario
def every_kind_of_address_and_calibration_is_taken(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    text = '''
root = "jetson"   device = ""   qos = 1   report = 1.0   lost_after = 3.0
servo mirrored { pwm = "pwmchip0:2" pulse = {2000, 1000} angle = {-45, 45} limit = {-30, 30} }
servo arm { pwm = "7000a000.pwm:0" hz = 100 }
switch led { gpio = "tegra-gpio:216" active_low = true }
input button { gpio = "pin 11" press = "led_toggle" debounce = 20 }
'''
    stage.agent(broker, channels=text)
    watcher.online()
    report = stage.say(broker, watcher, 'mirrored 90')
    equal(report.last['result'], 'limit', 'limit only limits')
    report = watcher.wait(lambda r: r.channel('mirrored').get('deg') == 30, 'the mirrored servo at its limit')
    check(abs(report.channel('mirrored')['us'] - 1167) <= 1, 'a mirrored pulse: %r' % report.channel('mirrored'))


if __name__ == '__main__':
    harness.main()
