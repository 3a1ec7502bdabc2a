# SPDX-License-Identifier: MIT
"""What nano-agent promises whoever stands next to the hardware (docs/agent.md), on simulated outputs."""
import os
import re
import signal

import harness
from harness import Skip, answers, at_rest, check, equal, scenario, set_up, tool, wait_for


def log_line(agent, pattern, deadline=harness.DEADLINE):
    return wait_for(lambda: re.search(pattern, agent.err(), re.I | re.M), 'the agent logs %r' % pattern, deadline)


# ---- start and end


@scenario
def nothing_is_powered_and_nothing_moves_at_start(stage):
    broker, watcher, agent = set_up(stage)
    tilt = watcher.online().channel('tilt')
    equal((tilt['deg'], tilt['target'], tilt['driven'], tilt['moving']), (None, None, False, False), 'tilt')
    answers(stage, broker, watcher)
    equal(agent.pulses(), [], 'pulses emitted')


@scenario
def the_first_command_starts_from_the_centre_and_is_marked_assumed(stage):
    broker, watcher, agent = set_up(stage)
    report = stage.say(broker, watcher, 'tilt_up')
    check(report.channel('tilt').get('assumed') is True, 'assumed: %r' % report.channel('tilt'))
    at_rest(watcher, deg=5)
    check(abs(agent.pulses()[0] - 1500) <= 20, 'the first pulse is near the centre: %r' % agent.changes('tilt')[:3])


@scenario
def start_center_powers_the_servo_at_once(stage):
    channels = harness.CHANNELS.replace('start = off safe = off lost = hold exit = hold', 'start = center')
    _, watcher, agent = set_up(stage, channels=channels)
    check(watcher.online().channel('tilt')['driven'], 'driven')
    wait_for(lambda: agent.pulses() and agent.pulses()[-1] == 1500, 'a pulse of 1500 us')


@scenario
def a_pwm_of_eight_bits_stays_inside_its_limits_and_moves_with_every_step(stage):
    """The rule for Tegra's PWM (256 steps a period: 78 us, 7 degrees), through the whole agent."""
    channels = harness.CHANNELS.replace('pwm = "pin 33"', 'pwm = "sim 256"').replace('step = 5 ', 'step = 1 ')
    broker, watcher, agent = set_up(stage, channels=channels)
    tilt = watcher.online().channel('tilt')
    check(abs(tilt['res'] - 7.031) < 0.001, 'res is one hardware step: %r' % tilt)
    log_line(agent, r'tilt.*7\.0 degrees.*step of 1')

    def run(word):
        n = stage.say(broker, watcher, word).last['n']
        return watcher.wait(lambda r: r.last.get('n') == n and r.channel('tilt')['moving'] is False, 'the end of ' + word)

    before = run('tilt_center').channel('tilt')['us']
    for word in ['tilt_up'] * 9 + ['tilt_down'] * 16 + ['tilt 90', 'tilt -90']:
        report = run(word)
        after = report.channel('tilt')['us']
        if ' ' in word:
            equal(report.last['result'], 'limit', '%s: result' % word)
            check((1000 <= after < 1079) if '-' in word else (1921 < after <= 2000), '%s: %d us' % (word, after))
        elif report.last['result'] == 'limit':
            equal(after, before, '%s: the pulse at the limit' % word)
        else:
            equal(report.last['result'], 'ok', '%s: result' % word)
            check(77 <= abs(after - before) <= 80, '%s: one hardware step from %d: %d us' % (word, before, after))
        before = after
    pulses = agent.pulses()
    check(all(1000 <= pulse <= 2000 for pulse in pulses), 'inside the limits: %r' % pulses)
    check(all(abs(pulse - round(pulse / 78.125) * 78.125) < 1 for pulse in pulses), 'whole steps: %r' % pulses)


@scenario
def the_first_status_comes_right_after_the_connection(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    stage.agent(broker, config='report = 600.0\n')
    equal(watcher.online().status['report'], 600, 'report; the first heartbeat is far away')


@scenario
def kill_9_leaves_the_will(stage):
    _, watcher, agent = set_up(stage)
    boot = watcher.online().boot
    agent.kill()
    gone = watcher.wait(lambda r: r.online is False, 'the will')
    equal(gone.status, {'v': 1, 'device': '', 'online': False, 'boot': boot}, 'the will')
    late = stage.watcher(stage.processes[0], name='latecomer')
    late.wait(lambda r: r.retained and r.online is False, 'the will is retained')


@scenario
def a_clean_stop_says_so_and_exits_0(stage):
    for number in (signal.SIGTERM, signal.SIGINT):
        broker = stage.broker()
        watcher = stage.watcher(broker)
        agent = stage.agent(broker)
        boot = watcher.online().boot
        agent.signal(number)
        equal(agent.wait(), 0, 'the exit status after signal %d' % number)
        gone = watcher.wait(lambda r: r.online is False, 'the last status')
        equal(gone.status, {'v': 1, 'device': '', 'online': False, 'boot': boot, 'why': 'stopped'}, 'the last status')


@scenario
def a_clean_stop_freezes_motion(stage):
    broker, watcher, agent = set_up(stage, channels=harness.CHANNELS.replace('speed = 120', 'speed = 20'))
    stage.say(broker, watcher, 'tilt 45')
    watcher.wait(lambda r: (r.channel('tilt').get('deg') or 0) > 5, 'it is on its way')
    equal(agent.terminate(), 0, 'the exit status')
    check(max(agent.pulses()) < 1900, 'no run to the target: %r' % agent.changes('tilt')[-3:])


@scenario
def a_clean_stop_does_not_wait_for_a_broker_that_is_silent(stage):
    broker, _, agent = set_up(stage)
    broker.signal(signal.SIGSTOP)
    agent.signal(signal.SIGTERM)
    equal(agent.wait(3), 0, 'the exit status')


@scenario
def without_a_broker_it_keeps_trying_and_stops_cleanly(stage):
    port = stage.port()
    agent = stage.agent(None, args=['-h', '127.0.0.1', '-p', str(port.number)])
    log_line(agent, r'refused.*127\.0\.0\.1')
    check(agent.alive(), 'the agent is alive')
    broker = stage.broker(port=port)
    watcher = stage.watcher(broker)
    watcher.wait(lambda r: r.online, 'it connects as soon as there is a broker')
    equal(agent.terminate(), 0, 'the exit status')


@scenario
def it_starts_before_the_name_of_its_broker_is_known(stage):
    agent = stage.agent(None, args=['-h', 'no-such-host.invalid'])
    log_line(agent, r'no-such-host\.invalid', 30)
    check(agent.alive(), 'the agent is alive')
    equal(agent.terminate(15), 0, 'the exit status')


@scenario
def the_reason_of_a_failing_connection_is_logged_once_per_change(stage):
    port = stage.port()
    agent = stage.agent(None, args=['-h', '127.0.0.1', '-p', str(port.number)])
    log_line(agent, r'refused')
    broker = stage.broker(port=port)
    watcher = stage.watcher(broker)
    watcher.wait(lambda r: r.online, 'connected after some attempts')
    equal(len(re.findall('refused', agent.err())), 1, 'how often the same reason was logged')


@scenario
def the_brokers_are_tried_in_order(stage):
    dead = stage.port()
    broker = stage.broker()
    watcher = stage.watcher(broker)
    stage.agent(None, args=['-h', '127.0.0.1:%d,127.0.0.1:%d' % (dead.number, broker.port)])
    watcher.online()


@scenario
def a_login_that_is_refused_is_said_and_a_right_one_works(stage):
    passwords = stage.path('passwords')
    made = stage.run([tool('mosquitto_passwd'), '-b', '-c', passwords, 'nano', 'secret'])
    equal(made.code, 0, made.err)
    os.chmod(passwords, 0o644)
    broker = stage.broker(anonymous=False, config='password_file %s\n' % passwords)
    wrong = stage.agent(broker, args=['-u', 'nano', '-P', 'guess', '--device', 'wrong'], name='wrong-login')
    log_line(wrong, r'(login|authori[sz]ed|password|credentials)')
    check('guess' not in wrong.err(), 'a password must not be in the log')
    watcher = stage.watcher(broker, user=('nano', 'secret'))
    stage.agent(broker, args=['-u', 'nano', '-P', 'secret'])
    watcher.online()
    check(wrong.alive(), 'the refused one goes on trying')


@scenario
def the_shipped_configuration_is_the_tutorials(stage):
    shipped = os.path.join(harness.SOURCE_DIR, 'nano-agent', 'dist', 'nano-agent.conf')
    with open(shipped, encoding='utf-8') as f:
        text = f.read()
    if harness.SANITIZED:
        text = re.sub(r'^\s*memory_limit\s*=\s*\d+', 'memory_limit = 0', text, flags=re.M)
    broker = stage.broker()
    watcher = stage.watcher(broker)
    agent = stage.agent(broker, config=text, channels='')
    channels = watcher.online().status['channels']
    equal({name: c['kind'] for name, c in channels.items()}, {'tilt': 'servo', 'led': 'switch'}, 'the channels')
    for word in ('tilt_up', 'tilt_down', 'tilt 20', 'move 20', 'tilt_center', 'led_on', 'led_off', 'led_toggle',
                 'status', 'stop'):
        equal(stage.say(broker, watcher, word).last['result'], 'ok', word)
    check('192.168.55.100' in text, 'the default broker is the PC at the USB cable')
    check(agent.alive(), 'the agent is alive')


@scenario
def without_a_configuration_it_looks_for_the_pc_at_the_usb_cable(stage):
    if os.path.exists('/etc/nano-agent.conf'):
        raise Skip('this machine has an /etc/nano-agent.conf')
    agent = stage.start('nano-agent', [harness.program('nano-agent'), '--sim'], own=True)
    log_line(agent, r'192\.168\.55\.100', 30)


@scenario
def version_names_the_libraries_too(stage):
    outcome = stage.run([harness.program('nano-agent'), '--version'])
    equal(outcome.code, 0, 'the exit status')
    for name in ('nano-agent', 'mosquitto', 'libevent', 'jansson'):
        check(name in outcome.out, '%s is not in %r' % (name, outcome.out))


@scenario
def help_names_every_option(stage):
    outcome = stage.run([harness.program('nano-agent'), '--help'])
    equal(outcome.code, 0, 'the exit status')
    for option in ('-h', '-p', '-u', '-P', '-i', '-k', '-q', '-V', '-c', '--root', '--device', '--sim', '--board', '-v',
                   '--version'):
        check(re.search(r'(^|[\s,])%s\b' % re.escape(option), outcome.out), '%s is not in --help' % option)


# ---- motion and outputs


@scenario
def sim_prints_every_change_of_an_output(stage):
    broker, watcher, agent = set_up(stage)
    stage.say(broker, watcher, 'led_on')
    stage.say(broker, watcher, 'led_off')
    stage.say(broker, watcher, 'tilt 10')
    at_rest(watcher, deg=10)
    wait_for(lambda: len(agent.changes('led')) >= 2 and len(agent.pulses()) > 2, 'the lines of led and tilt')
    check(all(re.match(r'^\d+\.\d+ \w+ \S', ' '.join(row)) for row in agent.changes()),
          'each line is a time, a channel and its value: %r' % agent.changes()[:5])


@scenario(serial=True)
def a_servo_moves_no_faster_than_its_speed_and_arrives(stage):
    broker, watcher, agent = set_up(stage, channels=harness.CHANNELS.replace('speed = 120', 'speed = 30'))
    stage.say(broker, watcher, 'tilt_center')
    at_rest(watcher, deg=0)
    mark = watcher.mark()
    started = stage.say(broker, watcher, 'tilt 30').status['t']
    ended = at_rest(watcher, since=mark, deg=30).status['t']
    check(1000 <= ended - started <= 1600 * harness.PATIENCE, '30 degrees at 30 a second took %d ms' % (ended - started))
    pulses = agent.pulses()
    steps = [abs(b - a) for a, b in zip(pulses, pulses[1:])]
    # A frame of 20 ms at 30 degrees a second is 0.6 degrees, 6.7 us; a late frame covers two or more.
    check(sorted(steps)[len(steps) // 2] <= 8, 'pulse steps: %r' % steps)
    equal(pulses, sorted(pulses), 'the pulses go one way')


@scenario
def off_brings_every_output_to_its_safe_state(stage):
    channels = '''
servo tilt { pwm = "sim" start = off safe = off }
servo arm { pwm = "sim" start = off safe = center }
switch led { gpio = "sim" safe = off }
switch fan { gpio = "sim" safe = on }
switch door { gpio = "sim" safe = hold }
'''
    broker, watcher, _ = set_up(stage, channels=channels)
    for word in ('tilt 10', 'arm 20', 'led_on', 'door_on'):
        stage.say(broker, watcher, word)
    equal(stage.say(broker, watcher, 'off').last['result'], 'ok', 'off')
    report = watcher.wait(lambda r: r.last.get('cmd') == 'off' and r.channel('arm')['deg'] == 0 and
                          not r.channel('arm')['moving'], 'arm in the centre')
    equal(report.channel('tilt')['driven'], False, 'tilt is let go')
    equal([report.channel(name)['on'] for name in ('led', 'fan', 'door')], [False, True, True], 'led, fan, door')


@scenario
def a_servo_can_be_let_go(stage):
    broker, watcher, _ = set_up(stage)
    stage.say(broker, watcher, 'tilt 10')
    at_rest(watcher, deg=10)
    stage.say(broker, watcher, 'tilt_off')
    watcher.wait(lambda r: r.last.get('cmd') == 'tilt_off' and r.channel('tilt')['driven'] is False, 'not driven')


@scenario
def commands_are_logged_with_id_result_and_microseconds(stage):
    broker, watcher, agent = set_up(stage)
    stage.say(broker, watcher, '{"cmd":"led_on","id":"abc-1"}')
    log_line(agent, r'led_on.*abc-1.*ok.*\d+\s*(us|µs)|abc-1.*led_on.*ok.*\d+\s*(us|µs)')


@scenario
def text_from_the_network_cannot_write_control_characters_to_the_log(stage):
    broker, watcher, agent = set_up(stage)
    stage.say(broker, watcher, b'\x1b]0;owned\x07tilt_up')
    stage.say(broker, watcher, b'\xe2\x80\xaeesrever')
    wait_for(lambda: 'owned' in agent.err(), 'the log names the refused command')
    check(not re.search('[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202e]', agent.err()), 'control characters: %r' % agent.err())


# ---- floods and giants


@scenario(lock='calm', timeout=180)
def a_flood_of_20000_commands_keeps_memory_flat_and_it_answers_afterwards(stage):
    broker = stage.broker(verbose=False)
    watcher = stage.watcher(broker)
    agent = stage.agent(broker)
    watcher.online()
    answers(stage, broker, watcher)
    before = agent.rss_kib()
    for qos in ('0', '1'):
        flood = 'led_toggle\ntilt_up\ntilt_down\nnonsense\n' * 5000
        outcome = stage.run([tool('mosquitto_pub')] + broker.options() +
                            ['-t', 'jetson/control', '-l', '-q', qos], flood, 60)
        equal(outcome.code, 0, 'mosquitto_pub: %s' % outcome.err)
        # A stock broker drops what exceeds its queues, so the count is not asserted: the agent's health is.
        mark = watcher.mark()

        def answered():
            stage.pub(broker, '{"cmd":"status","id":"after-%s"}' % qos)
            try:
                return watcher.result('an answer', mark, 2, id='after-' + qos)
            except harness.Failure:
                return None

        wait_for(answered, 'the agent answers after the flood', 30)
        check(agent.alive(), 'the agent is alive')
    grown = agent.rss_kib() - before
    if not harness.SANITIZED:
        check(grown < 1024, 'memory grew by %d KiB (from %d)' % (grown, before))
    # By its id: results of the flood may still be on their way.
    stage.pub(broker, '{"cmd":"led_on","id":"at-last"}')
    equal(watcher.result('led_on', id='at-last').last['result'], 'ok', 'led_on')


@scenario(lock='calm', timeout=120)
def a_giant_message_does_not_end_the_agent(stage):
    if harness.SANITIZED:
        raise Skip('sanitizers need the address space that the memory limit takes')
    broker = stage.broker(verbose=False)
    watcher = stage.watcher(broker)
    # On a busy machine the broker is silent for seconds while it takes all of it.
    agent = stage.agent(broker, config='lost_after = 60.0\n')
    watcher.online()
    path = stage.write('giant', b'x' * (200 << 20))
    mark = watcher.mark()
    outcome = stage.run([tool('mosquitto_pub')] + broker.options() + ['-t', 'jetson/control', '-f', path], deadline=60)
    equal(outcome.code, 0, 'mosquitto_pub: %s' % outcome.err)
    log_line(agent, r'memory|large|big|oversized', 30)
    watcher.wait(lambda r: r.online is False, 'the will of the connection that ended', mark, 30)
    gone = [r.online for r in watcher.since()].index(False)
    watcher.wait(lambda r: r.online, 'a status after the reconnect', gone, 30)
    answers(stage, broker, watcher)
    check(agent.alive(), 'the agent is alive')
    check(agent.rss_kib() < 16 << 10, '%d KiB resident' % agent.rss_kib())


@scenario
def a_broker_that_does_not_take_the_reports_is_told_of_once_with_the_mend(stage):
    path = stage.write('acl', 'topic read jetson/control\n')
    os.chmod(path, 0o644)
    broker = stage.broker(config='acl_file %s\n' % path)
    agent = stage.agent(broker, config='report = 0.2\nlost_after = 1.0\n')
    wait_for(lambda: 'not authorized; its access control list must let this user write that topic' in agent.err(),
             'the log says it')
    beats = broker.err().count('PUBLISH from nano-agent')
    wait_for(lambda: broker.err().count('PUBLISH from nano-agent') > beats + 10, 'ten heartbeats more')
    equal(len(re.findall('not authorized', agent.err())), 1, 'how often it says so')
    check('on jetson/status' in agent.err() and 'lost' not in agent.err(), agent.err())


@scenario
def reports_that_are_too_large_for_the_broker_are_told_of_with_the_mend(stage):
    broker = stage.broker(config='max_packet_size 300\n')
    agent = stage.agent(broker)
    wait_for(lambda: re.search(r'bytes on jetson/status: too large for it; max_packet_size 32768', agent.err()),
             'the log says it')
    stage.pub(broker, 'led_on')
    wait_for(lambda: agent.changes('led')[-1:] and agent.changes('led')[-1][2] == 'on', 'commands are carried out all the same')


@scenario
def an_online_report_expires_on_the_broker_and_an_offline_one_stays(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker, version=5)
    expiries = []
    known = watcher.client.on_message

    def note(client, userdata, message):
        expiries.append((b'"online":true' in message.payload, getattr(message.properties, 'MessageExpiryInterval', None)))
        known(client, userdata, message)

    watcher.client.on_message = note
    agent = stage.agent(broker, config='report = 0.2\nlost_after = 3.0\n')
    watcher.online()
    check(expiries[-1][0] and 8 <= expiries[-1][1] <= 10, 'at least ten seconds: %r' % expiries[-1:])
    slow = stage.agent(broker, config='report = 7.5\nlost_after = 15.0\n', args=['--device', 'slow'], name='slow')
    watcher.online(topic='jetson/slow/status')
    check(any(online and expiry and 21 <= expiry <= 23 for online, expiry in expiries), 'three reports: %r' % expiries[-3:])
    for each in (agent, slow):
        mark = watcher.mark()
        equal(each.terminate(), 0, 'exit status')
        watcher.wait(lambda r: r.online is False, 'its goodbye', mark)
    equal([expiry for online, expiry in expiries if not online], [None, None], 'offline statuses')
    before = watcher.mark()
    third = stage.agent(broker, args=['--device', 'third'], name='third')
    watcher.online(before, 'jetson/third/status')
    third.kill()
    watcher.wait(lambda r: r.topic == 'jetson/third/status' and r.online is False, 'its will', before)
    equal(expiries[-1], (False, None), 'a will')


@scenario
def a_lost_terminal_ends_it_as_cleanly_as_sigterm(stage):
    broker, watcher, agent = harness.set_up(stage)
    mark = watcher.mark()
    for _ in range(2):  # one by the kernel, one by the shell
        agent.signal(signal.SIGHUP)
    equal(agent.wait(), 0, 'exit status')
    report = watcher.wait(lambda r: r.online is False, 'an offline status', mark)
    equal(report.status.get('why'), 'stopped', 'why it is offline')
    check('stopping (SIGHUP)' in agent.err(), agent.err())


@scenario
def under_nohup_a_lost_terminal_ends_nothing(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    path = stage.write('agent.conf', ('memory_limit = 0\n' if harness.SANITIZED else '') + harness.CHANNELS)
    agent = stage.start('nohup', [tool('nohup'), harness.program('nano-agent'), '-c', path, '--sim'] + broker.options(), own=True)
    watcher.online()
    agent.signal(signal.SIGHUP)
    harness.answers(stage, broker, watcher)
    check(agent.alive(), 'it runs')


@scenario
def signals_that_nobody_means_end_nothing(stage):
    broker, watcher, agent = harness.set_up(stage)
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGPIPE):
        agent.signal(number)
    harness.answers(stage, broker, watcher)
    check(agent.alive(), 'it runs')


@scenario
def closed_descriptors_are_dev_null_before_anything_opens(stage):
    broker = stage.broker()
    watcher = stage.watcher(broker)
    path = stage.write('agent.conf', ('memory_limit = 0\n' if harness.SANITIZED else '') + harness.CHANNELS)
    argv = [harness.program('nano-agent'), '-c', path, '--sim'] + broker.options()
    agent = stage.start('closed', ['sh', '-c', 'exec "$@" <&- >&- 2>&-', 'sh'] + argv, own=True)
    watcher.online()
    harness.answers(stage, broker, watcher)
    for number in range(3):
        equal(os.readlink('/proc/%d/fd/%d' % (agent.pid, number)), '/dev/null', 'descriptor %d' % number)
    equal(agent.terminate(), 0, 'exit status')


if __name__ == '__main__':
    harness.main()
