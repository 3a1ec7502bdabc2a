# SPDX-License-Identifier: MIT
"""pc-tui without its screen: send and watch, with real agents, foreign devices and none."""
import fcntl
import json
import os
import re
import subprocess
import time

import harness
from harness import answers, at_rest, check, equal, scenario, set_up, wait_for


# ---- send


@scenario
def send_prints_the_devices_own_echo_and_exits_0(stage):
    broker, watcher, agent = set_up(stage)
    outcome = stage.send(broker, 'tilt_up')
    equal(outcome.code, 0, 'exit status: %r' % outcome)
    check(re.search(r'tilt_up.*ok', outcome.out), 'the echo is printed: %r' % outcome)
    report = watcher.result('in the status', cmd='tilt_up')
    check(report.last.get('id'), 'it carried an id: %r' % report.last)
    at_rest(watcher, deg=5)
    check(agent.pulses(), 'the servo moved')


@scenario
def each_argument_of_send_is_one_command_in_order(stage):
    broker, watcher, _ = set_up(stage)
    outcome = stage.send(broker, 'tilt 20', 'led_on', 'status')
    equal(outcome.code, 0, 'exit status: %r' % outcome)
    answers(stage, broker, watcher)
    equal([r['cmd'] for r in watcher.results() if r['cmd'] in ('tilt 20', 'led_on')], ['tilt 20', 'led_on'], 'the order')
    equal(len(outcome.out.strip().splitlines()), 3, 'a line a command: %r' % outcome.out)


@scenario
def send_exits_0_at_a_limit_too_and_says_so(stage):
    broker, _, _ = set_up(stage)
    outcome = stage.send(broker, 'tilt 90')
    equal(outcome.code, 0, 'exit status: %r' % outcome)
    check('limit' in outcome.out, 'limit is printed: %r' % outcome)


@scenario
def send_exits_1_where_the_device_refuses_with_the_reason_on_stderr(stage):
    broker, _, _ = set_up(stage)
    outcome = stage.send(broker, 'tilt_uo')
    equal(outcome.code, 1, 'exit status: %r' % outcome)
    check('tilt_up' in outcome.err, 'why is on stderr: %r' % outcome)


@scenario
def send_exits_2_for_a_usage_mistake(stage):
    broker = stage.broker()
    for arguments in ([], ['--no-such-option', 'tilt_up'], ['-p', 'x', 'tilt_up'], ['-q', '7', 'tilt_up'],
                      ['--device', 'a/b', 'tilt_up'], ['--ttl', 'x', 'tilt_up']):
        outcome = stage.send(broker, *arguments)
        equal(outcome.code, 2, 'exit status of send %r: %r' % (arguments, outcome))
        check(outcome.err, 'something is said about %r' % arguments)


@scenario
def a_bare_number_is_refused_with_the_hint_to_quote(stage):
    broker, watcher, _ = set_up(stage)
    for number in ('20', '-20', '12.5'):
        outcome = stage.send(broker, 'tilt', number)
        equal(outcome.code, 2, 'exit status of send tilt %s: %r' % (number, outcome))
        check("'tilt %s'" % number in outcome.err or 'quote' in outcome.err, 'the hint to quote: %r' % outcome.err)
    equal(answers(stage, broker, watcher).last['n'], 1, 'nothing was sent')


@scenario
def send_exits_3_without_a_device(stage):
    broker = stage.broker()
    outcome = stage.send(broker, '--timeout', '2', 'tilt_up')
    equal(outcome.code, 3, 'exit status: %r' % outcome)
    check('jetson' in outcome.out + outcome.err, 'it says where it looked: %r' % outcome)


@scenario
def send_exits_3_where_the_device_does_not_answer(stage):
    broker, _, agent = set_up(stage)
    agent.signal(harness.signal.SIGSTOP)
    outcome = stage.send(broker, '--timeout', '2', 'led_on')
    equal(outcome.code, 3, 'exit status: %r' % outcome)


@scenario
def send_to_a_device_that_is_offline_is_refused(stage):
    broker, watcher, agent = set_up(stage)
    agent.kill()
    watcher.wait(lambda r: r.online is False, 'the will')
    outcome = stage.send(broker, '--timeout', '2', 'tilt_up')
    equal(outcome.code, 3, 'exit status: %r' % outcome)
    check('offline' in outcome.err, 'it says so: %r' % outcome.err)


@scenario
def send_exits_4_without_a_broker(stage):
    port = stage.port()
    outcome = stage.run([harness.program('pc-tui'), 'send', '-h', '127.0.0.1', '-p', str(port.number), '--timeout', '2',
                         'tilt_up'])
    equal(outcome.code, 4, 'exit status: %r' % outcome)
    check('refused' in outcome.err and str(port.number) in outcome.err, 'the reason and the place: %r' % outcome.err)


@scenario
def with_several_devices_send_wants_one_named(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    for name in ('one', 'two'):
        stage.agent(broker, args=['--device', name])
        watcher.online(topic='jetson/%s/status' % name)
    outcome = stage.send(broker, 'led_on')
    equal(outcome.code, 2, 'exit status: %r' % outcome)
    check('one' in outcome.err and 'two' in outcome.err, 'it names them: %r' % outcome.err)
    outcome = stage.send(broker, '--device', 'two', 'led_on')
    equal(outcome.code, 0, 'exit status with --device two: %r' % outcome)
    last = {r.topic: r for r in watcher.since()}
    watcher.wait(lambda r: r.topic == 'jetson/two/status' and r.channel('led')['on'], 'two has its led on')
    check(not last['jetson/one/status'].channel('led')['on'], 'one has not')


@scenario
def send_takes_the_only_device_whatever_its_name(stage):
    broker, watcher, _ = set_up(stage, args=['--device', 'roof'])
    outcome = stage.send(broker, 'tilt_up')
    equal(outcome.code, 0, 'exit status: %r' % outcome)
    equal(watcher.result('tilt_up', cmd='tilt_up').topic, 'jetson/roof/status', 'who did it')


@scenario
def send_prefers_the_unnamed_device(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    stage.agent(broker)
    stage.agent(broker, args=['--device', 'other'])
    watcher.online(topic='jetson/status')
    watcher.online(topic='jetson/other/status')
    outcome = stage.send(broker, 'tilt_up')
    equal(outcome.code, 0, 'exit status: %r' % outcome)
    watcher.wait(lambda r: r.topic == 'jetson/status' and r.last.get('cmd') == 'tilt_up', 'the unnamed one did it')
    check(not [r for r in watcher.since() if r.topic == 'jetson/other/status' and r.last.get('cmd') == 'tilt_up'],
          'the other one did not')


@scenario
def send_reads_lines_from_stdin_and_can_sleep(stage):
    broker, watcher, _ = set_up(stage)
    outcome = stage.send(broker, '-', stdin='led_on\n\n# a remark\nsleep 300ms\nled_off\n')
    equal(outcome.code, 0, 'exit status: %r' % outcome)
    on, off = (watcher.result(word, cmd=word).status['t'] for word in ('led_on', 'led_off'))
    check(off - on >= 290, 'slept %d ms' % (off - on))


@scenario
def send_ends_at_the_first_command_that_fails(stage):
    broker, watcher, _ = set_up(stage)
    outcome = stage.send(broker, 'led_on', 'nonsense_word', 'led_off')
    equal(outcome.code, 1, 'exit status: %r' % outcome)
    check(answers(stage, broker, watcher).channel('led')['on'], 'led_off was not sent')


@scenario
def send_stop_is_carried_out_and_leaves_motion_stopped(stage):
    broker, watcher, _ = set_up(stage, channels=harness.CHANNELS.replace('speed = 120', 'speed = 10'))
    stage.say(broker, watcher, 'tilt 45')
    watcher.wait(lambda r: r.channel('tilt').get('moving'), 'it moves')
    outcome = stage.send(broker, 'stop')
    equal(outcome.code, 0, 'exit status: %r' % outcome)
    equal(watcher.result('stop', cmd='stop').channel('tilt')['moving'], False, 'moving')


@scenario
def what_send_began_goes_on_after_it_has_left(stage):
    broker, watcher, _ = set_up(stage, channels=harness.CHANNELS.replace('speed = 120', 'speed = 30'))
    equal(stage.send(broker, 'tilt 30').code, 0, 'exit status')
    at_rest(watcher, deg=30)


@scenario
def motion_carries_a_deadline_of_the_devices_clock(stage):
    broker, watcher, _ = set_up(stage)
    control = stage.watcher(broker, topics=['jetson/control'], name='control')
    equal(stage.send(broker, 'tilt_up').code, 0, 'exit status')
    sent = control.wait(lambda r: r.status and r.status.get('cmd') == 'tilt_up', 'the envelope')
    report = watcher.result('tilt_up', cmd='tilt_up')
    equal(sent.status['boot'], report.boot, 'boot')
    # The controller knows the device's clock to half of the round trip by which it asked.
    check(0 < sent.status['by'] - report.status['t'] <= 1500 + 100, 'by is %r, the device carried it out at %r'
          % (sent.status['by'], report.status['t']))
    equal(sent.status['id'], report.last['id'], 'id')


@scenario
def a_root_with_levels_works(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker, root='lab2/jetson')
    stage.agent(broker, args=['--root', 'lab2/jetson'])
    watcher.online()
    equal(stage.send(broker, '--root', 'lab2/jetson', 'led_on').code, 0, 'exit status')


@scenario
def send_works_at_every_quality_of_service_and_both_protocol_versions(stage):
    broker, _, _ = set_up(stage)
    for qos in ('0', '1', '2'):
        for version in ('mqttv311', 'mqttv5'):
            outcome = stage.send(broker, '-q', qos, '-V', version, 'tilt_up', 'tilt_down')
            equal(outcome.code, 0, '-q %s -V %s: %r' % (qos, version, outcome))


@scenario
def send_read_only_refuses_all_but_stop(stage):
    broker, watcher, _ = set_up(stage)
    outcome = stage.send(broker, '--read-only', 'led_on')
    check(outcome.code in (1, 2) and 'read-only' in outcome.err, 'led_on: %r' % outcome)
    equal(stage.send(broker, '--read-only', 'stop').code, 0, 'stop')
    check(not answers(stage, broker, watcher).channel('led')['on'], 'the led is off')


@scenario
def a_password_on_the_command_line_is_warned_about(stage):
    broker, _, _ = set_up(stage)
    outcome = stage.send(broker, '-u', 'me', '-P', 'sesame', 'led_on')
    equal(outcome.code, 0, 'exit status: %r' % outcome)
    check('password' in outcome.err and 'sesame' not in outcome.err, 'the warning: %r' % outcome.err)


# ---- watch


@scenario
def watch_prints_one_line_a_status(stage):
    broker, watcher, _ = set_up(stage)
    watch = stage.tui(broker, 'watch')
    wait_for(lambda: watch.out().count('\n') >= 1, 'the first line')
    stage.say(broker, watcher, 'tilt_up')
    wait_for(lambda: re.search(r'tilt_up.*ok', watch.out()), 'the line of tilt_up')
    equal(watch.terminate(), 0, 'exit status')


@scenario
def watch_json_prints_each_status_as_it_came(stage):
    broker, watcher, agent = set_up(stage)
    watch = stage.tui(broker, 'watch', '--json')
    wait_for(lambda: watch.out().count('\n') >= 1, 'the first line')
    stage.say(broker, watcher, 'tilt 12.5')
    at_rest(watcher, deg=12.5)
    agent.kill()
    wait_for(lambda: '"online":false' in watch.out(), 'the will')
    watcher.wait(lambda r: r.online is False, 'the will at the other watcher')
    lines = [json.loads(line) for line in watch.out().splitlines()]
    ours = [r.status for r in watcher.since()]
    check(all(line in ours for line in lines), 'each line is a status that was published')
    equal(lines[-1]['online'], False, 'the last is the will')


@scenario
def watch_prints_changes_only_and_every_heartbeat_with_all(stage):
    broker = stage.broker()
    stage.agent(broker)
    watcher = stage.watcher(broker)
    quiet = stage.tui(broker, 'watch')
    loud = stage.tui(broker, 'watch', '--all')
    wait_for(lambda: quiet.out() and loud.out(), 'both have the first status')
    wait_for(lambda: loud.out().count('\n') >= 5, 'heartbeats')
    check(quiet.out().count('\n') <= 2, 'at rest nothing is said: %r' % quiet.out())
    mark = watcher.mark()
    stage.pub(broker, 'led_on')
    watcher.result('led_on', mark, cmd='led_on')
    wait_for(lambda: 'led on' in quiet.out(), 'a change is said')


@scenario
def watch_complains_once_about_a_status_that_is_none(stage):
    broker = stage.broker()
    watch = stage.tui(broker, 'watch')
    wait_for(lambda: 'jetson/+/status' in broker.err(), 'watch has subscribed')
    for _ in range(20):
        stage.pub(broker, 'no status at all', topic='jetson/status')
    stage.pub(broker, '{"v":1,"device":"","online":false}', topic='jetson/status')
    wait_for(lambda: 'offline' in watch.out(), 'the last message')
    equal(watch.err().count('jetson/status: '), 1, 'complaints: %r' % watch.err())


@scenario
def output_that_cannot_be_written_is_told_and_exits_1(stage):
    broker = stage.broker()
    stage.agent(broker)
    for run in (['send', 'led_on'], ['watch']):
        argv = [harness.program('pc-tui')] + run + broker.options()
        with open('/dev/full', 'wb') as full:
            outcome = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE,
                                     timeout=20 * harness.PATIENCE, env=stage.env, check=False)
        equal(outcome.returncode, 1, '%r' % run)
        check(b'standard output: No space left on device' in outcome.stderr, 'the reason: %r' % outcome.stderr)


@scenario
def a_reader_that_stops_reading_holds_nothing_up(stage):
    broker = stage.broker()
    stage.agent(broker)
    read_end, write_end = os.pipe()
    fcntl.fcntl(write_end, 1031, 4096)  # F_SETPIPE_SZ: full soon
    os.set_blocking(write_end, False)
    try:
        while True:
            os.write(write_end, b'x' * 512)
    except BlockingIOError:
        os.set_blocking(write_end, True)
    argv = [harness.program('pc-tui'), 'watch', '--all'] + broker.options()
    watch = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=write_end, stderr=subprocess.PIPE, env=stage.env)
    try:
        wait_for(lambda: 'jetson/+/status' in broker.err(), 'watch has subscribed')
        time.sleep(1.5)  # a heartbeat or two that nobody takes
        told = time.monotonic()
        watch.terminate()
        equal(watch.wait(10 * harness.PATIENCE), 0, 'exit status')
        check(time.monotonic() - told < 1 * harness.PATIENCE, 'SIGTERM to the end: %.2f s' % (time.monotonic() - told))
    finally:
        watch.kill()
        watch.wait()
        watch.stderr.close()
        os.close(read_end)
        os.close(write_end)


@scenario
def a_refused_login_ends_send_at_once(stage):
    broker = stage.broker(config='allow_anonymous false\n', anonymous=False)
    began = time.monotonic()
    outcome = stage.run([harness.program('pc-tui'), 'send', '--timeout', '20', 'led_on'] + broker.options())
    equal(outcome.code, 4, 'exit status: %r' % outcome)
    check(re.search('login|not authori[sz]ed', outcome.err), 'the reason: %r' % outcome)
    check(time.monotonic() - began < 5 * harness.PATIENCE, 'at once: %.1f s' % (time.monotonic() - began))


@scenario
def send_json_prints_each_result_as_an_object(stage):
    broker = stage.broker()
    stage.agent(broker)
    outcome = stage.run([harness.program('pc-tui'), 'send', '--json', 'tilt 20', 'led_on', 'pan 5'] + broker.options())
    equal(outcome.code, 1, 'exit status: %r' % outcome)
    results = [json.loads(line) for line in outcome.out.splitlines()]
    equal([r['cmd'] for r in results], ['tilt 20', 'led_on', 'pan 5'], 'commands')
    equal([r['result'] for r in results[:2]], ['ok', 'ok'], 'results')
    equal((results[0]['channel'], results[0]['deg']), ('tilt', 20.0), 'where it goes')
    equal((results[1]['channel'], results[1]['on']), ('led', True), 'what was switched')
    check(results[0]['ms'] > 0 and results[2]['why'], 'time and reason: %r' % results)


@scenario
def watch_ends_quietly_where_its_reader_leaves(stage):
    broker, _, _ = set_up(stage, config='report = 0.1\n')
    read_end, write_end = harness.os.pipe()
    argv = [harness.program('pc-tui'), 'watch'] + broker.options()
    watch = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=write_end, stderr=subprocess.PIPE, env=stage.env)
    harness.os.close(write_end)
    try:
        check(harness.os.read(read_end, 10), 'something is printed')
        harness.os.close(read_end)
        code = watch.wait(harness.DEADLINE * harness.PATIENCE)
        check(code in (0, -harness.signal.SIGPIPE), 'exit status %r' % code)
        complaint = [line for line in watch.stderr.read().splitlines() if b'connected to' not in line]
        equal(complaint, [], 'stderr')
    finally:
        watch.kill()
        watch.wait()
        watch.stderr.close()


@scenario
def text_of_a_hostile_device_reaches_no_terminal_raw(stage):
    broker = stage.broker()
    watch = stage.tui(broker, 'watch')
    evil = {'v': 1, 'device': '', 'online': True, 'boot': '00', 'seq': 1, 't': 1, 'report': 1.0, 'channels': {},
            'last': {'n': 1, 'cmd': '\u001b]0;owned\u0007', 'result': 'invalid', 'why': 'a\u202eb\u009b31mc'}}
    sane = {'v': 1, 'device': '', 'online': True, 'boot': '00', 'seq': 2, 't': 2, 'report': 1.0, 'channels': {}}
    wait_for(lambda: 'jetson/+/status' in broker.err(), 'watch has subscribed')
    stage.pub(broker, json.dumps(evil), topic='jetson/status')
    stage.pub(broker, b'\x1b[2J not json', topic='jetson/status')
    stage.pub(broker, json.dumps(sane), topic='jetson/status', args=['-r'])
    wait_for(lambda: 'owned' in watch.out(), 'the line of the hostile status')
    text = watch.out() + watch.err()
    check(not re.search('[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e]', text), 'control characters: %r' % text)


@scenario
def a_status_of_a_newer_version_is_refused_with_a_clear_message(stage):
    broker = stage.broker()
    watch = stage.tui(broker, 'watch')
    wait_for(lambda: 'jetson/+/status' in broker.err(), 'watch has subscribed')
    stage.pub(broker, '{"v":2,"device":"","online":true,"boot":"00","seq":1}', topic='jetson/status')
    wait_for(lambda: re.search('version|newer', watch.out() + watch.err()), 'a message about the version')


@scenario
def an_unknown_result_counts_as_a_failure(stage):
    from harness import paho_client
    broker = stage.broker()
    client = paho_client()
    status = {'v': 1, 'device': '', 'online': True, 'boot': '00', 'seq': 1, 't': 1, 'report': 1.0, 'future': {},
              'channels': {'led': {'kind': 'switch', 'on': False}, 'horn': {'kind': 'siren', 'loud': 3}}}

    def answer(_client, _userdata, message):
        text = message.payload.decode()
        command = json.loads(text) if text.startswith('{') else {'cmd': text}
        status['seq'] += 1
        status['t'] += 1
        status['last'] = {'n': status['seq'], 'cmd': command['cmd'], 'result': 'ok' if command['cmd'] == 'status'
                          else 'postponed', 'why': 'tomorrow'}
        if 'id' in command:
            status['last']['id'] = command['id']
        client.publish('jetson/status', json.dumps(status))

    ready = []
    client.on_connect = lambda c, *_: c.subscribe('jetson/control')
    client.on_subscribe = lambda *_: ready.append(True)
    client.on_message = answer
    client.connect('127.0.0.1', broker.port, 60)
    client.loop_start()
    try:
        wait_for(lambda: ready, 'the device of the future has subscribed')
        client.publish('jetson/status', json.dumps(status), retain=True)
        outcome = stage.send(broker, 'led_on')
        equal(outcome.code, 1, 'exit status: %r' % outcome)
        check('postponed' in outcome.out + outcome.err, 'the unknown result is shown: %r' % outcome)
    finally:
        client.disconnect()
        client.loop_stop()


# ---- both programs


@scenario
def a_locale_with_a_decimal_comma_changes_no_number(stage):
    made = stage.run([harness.tool('localedef'), '-i', 'de_DE', '-f', 'UTF-8', stage.path('de_DE.UTF-8')], deadline=60)
    if not harness.os.path.exists(stage.path('de_DE.UTF-8')):
        raise harness.Skip('localedef cannot make de_DE.UTF-8: %s' % made.err)
    german = {'LOCPATH': stage.directory, 'LC_ALL': 'de_DE.UTF-8', 'LANG': 'de_DE.UTF-8'}
    broker, watcher, _ = set_up(stage, config='report = 0.5\n', env=german)
    outcome = stage.send(broker, 'tilt 2.5', env=german)
    equal(outcome.code, 0, 'exit status: %r' % outcome)
    check('2.5' in outcome.out and '2,5' not in outcome.out, 'the echo: %r' % outcome.out)
    report = at_rest(watcher, deg=2.5)
    equal((report.last['cmd'], report.status['report']), ('tilt 2.5', 0.5), 'in the status')


@scenario
def version_and_help_exit_0(stage):
    for arguments in (['--version'], ['--help'], ['--usage']):
        outcome = stage.run([harness.program('pc-tui')] + arguments)
        equal(outcome.code, 0, '%r: %r' % (arguments, outcome))
        check(outcome.out and not outcome.err, '%r: %r' % (arguments, outcome))


@scenario
def the_screen_without_a_terminal_says_so_and_exits_2(stage):
    broker = stage.broker()
    outcome = stage.run([harness.program('pc-tui')] + broker.options())
    equal(outcome.code, 2, 'exit status: %r' % outcome)
    check('terminal' in outcome.err, 'it says what is missing: %r' % outcome.err)


if __name__ == '__main__':
    harness.main()
