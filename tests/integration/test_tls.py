# SPDX-License-Identifier: MIT
"""Expectation: both programs reach a broker over TLS with a login, say in words why not where they cannot, and are back at
once when what was wrong is mended."""
import os
import re
import select
import shutil
import signal
import socket
import time

import harness
from harness import CHANNELS, PATIENCE, check, equal, program, scenario, wait_for
from pty_terminal import Terminal

AGAIN_S = 2.0
KEY_S, LONGEST_KEY_S = 0.05, 1.5  # the usual key, and one that met another program of a busy machine


def certificates(stage):
    folder = stage.path('certificates')
    os.mkdir(folder)
    done = stage.run(['sh', os.path.join(harness.SOURCE_DIR, 'tests/integration/certificates.sh'), folder])
    equal(done.code, 0, 'certificates: %s' % done.err)
    return folder


def tls_broker(stage, folder, certificate='server', port=None, more=''):
    """A mosquitto that wants TLS and the login robot, secret."""
    passwords = stage.path('passwords')
    if not os.path.exists(passwords):
        equal(stage.run([harness.tool('mosquitto_passwd'), '-b', '-c', passwords, 'robot', 'secret']).code, 0, 'mosquitto_passwd')
    return stage.broker(port=port, anonymous=False, config='user root\nset_tcp_nodelay true\npassword_file %s\n'
                        'certfile %s/%s.crt\nkeyfile %s/%s.key\n%s' % (passwords, folder, certificate, folder, certificate, more))


def login(stage, folder, broker, password='secret', cafile='ca', name='broker.example'):
    """The part of a configuration that reaches it."""
    with open(stage.path('password'), 'w', encoding='utf-8') as f:
        f.write(password + '\n')
    os.chmod(stage.path('password'), 0o600)
    shutil.copy('%s/%s.crt' % (folder, cafile), stage.path('trusted.crt'))
    return ('broker = {"127.0.0.1:%d"}\nlogin { user = "robot" password_file = "%s" }\ntls { cafile = "%s" name = "%s" }\n'
            % (broker.port, stage.path('password'), stage.path('trusted.crt'), name))


def said(process, pattern, what, deadline=10):
    return wait_for(lambda: re.search(pattern, process.err()), what + ' in ' + process.name, deadline)


@scenario(timeout=60)
def a_command_goes_from_one_program_to_the_other_over_tls_with_login(stage):
    folder = certificates(stage)
    broker = tls_broker(stage, folder)
    text = login(stage, folder, broker)
    agent = stage.agent(None, config=text)
    said(agent, r'connected to 127\.0\.0\.1:\d+ \(MQTT 5, TLS\)', 'it is connected')
    config = stage.write('pc.conf', text)
    sent = stage.send(None, '-c', config, 'tilt 20', 'led_on')
    equal(sent.code, 0, 'pc-tui send: %s' % sent)
    check('ok' in sent.out, 'the answer: %s' % sent.out)
    sent = stage.send(None, '-h', 'mqtts://localhost:%d' % broker.port, '--cafile', folder + '/ca.crt', '-u', 'robot',
                      '--password-file', stage.path('password'), 'led_off')
    equal(sent.code, 0, 'by the command line alone: %s' % sent)
    equal(agent.terminate(), 0, 'a clean end')


@scenario(timeout=60)
def what_is_refused_is_told_in_words_by_check_and_by_send(stage):
    folder = certificates(stage)
    for certificate, words in (('expired', 'expired on 2021-01-01'), ('early', 'is not valid before 2090-01-01'),
                               ('foreign', 'not trusted here (Other authority)'),
                               ('elsewhere', 'is not for broker.example but for elsewhere.example')):
        broker = tls_broker(stage, folder, certificate)
        text = login(stage, folder, broker)
        config = stage.write('agent.conf', text + CHANNELS)
        checked = stage.run([program('nano-agent'), 'check', '--sim', '-c', config])
        check(words in checked.out, 'check says %r: %s' % (words, checked))
        equal(checked.code, 1, 'check')
        sent = stage.send(None, '-c', stage.write('pc.conf', text), '--timeout', '1s', 'led_on')
        equal(sent.code, 4, 'send: %s' % sent)
        check(words in sent.err, 'send says %r: %s' % (words, sent))
        broker.kill()
    broker = tls_broker(stage, folder)
    sent = stage.send(None, '-c', stage.write('pc.conf', login(stage, folder, broker, password='wrong')), '--timeout', '1s', 'led_on')
    equal(sent.code, 4, 'a wrong password: %s' % sent)
    check('login refused' in sent.err, 'a wrong password: %s' % sent)


def reads(process):
    """How often it has called read(2)."""
    try:
        with open('/proc/%d/io' % process.pid, encoding='ascii') as f:
            return int(re.search(r'^syscr: (\d+)', f.read(), re.M).group(1))
    except OSError as error:
        raise harness.Skip('this kernel counts no reads: %s' % error) from None


@scenario(timeout=60, plain=True)
def a_command_over_tls_costs_one_read(stage):
    # OpenSSL by itself takes two for each record, and a third to find that there is none.
    folder = certificates(stage)
    broker = tls_broker(stage, folder)
    text = login(stage, folder, broker)
    agent = stage.agent(None, config=text)
    said(agent, 'connected to', 'the agent is there')
    before, commands = reads(agent), 300
    sent = stage.send(None, '-c', stage.write('pc.conf', text), *['led_toggle'] * commands)
    equal(sent.code, 0, 'each is answered before the next: %s' % sent)
    took = reads(agent) - before
    check(took < 1.6 * commands, '%d reads for %d commands' % (took, commands))


@scenario()
def a_login_without_tls_is_a_mistake_with_its_line(stage):
    text = 'root = "jetson"\nbroker = {"mqtts://a.example", "10.0.0.5"}\nlogin { user = "robot" }\n'
    config = stage.write('agent.conf', text + CHANNELS)
    ran = stage.run([program('nano-agent'), '--sim', '-c', config])
    equal(ran.code, 2, 'nano-agent: %s' % ran)
    check('%s:2: broker: 10.0.0.5: the login would go there without TLS' % config in ran.err, ran.err)
    sent = stage.send(None, '-c', stage.write('pc.conf', text), 'led_on')
    equal(sent.code, 2, 'pc-tui: %s' % sent)
    check('pc.conf:2: broker: 10.0.0.5: the login would go there without TLS' in sent.err, sent.err)


def mended(stage, folder, broker, begin, words, mend):
    """An agent and a watching pc-tui that are refused in these words; the seconds until both are back after mend()."""
    text = begin()
    agent = stage.agent(None, config=text)
    said(agent, words, 'the refusal')
    watcher = stage.tui(None, 'watch', '-c', stage.write('pc.conf', text))
    time.sleep(0.5)  # both wait by now; whoever comes late is told by the next line
    check('connected to' not in agent.err(), 'it is refused: %s' % agent.err())
    before = time.monotonic()
    mend()
    said(agent, r'connected to 127', 'it is back', 10)
    took = time.monotonic() - before
    wait_for(lambda: 'tilt' in watcher.out(), 'pc-tui sees it', 10)
    both = time.monotonic() - before
    check(took < AGAIN_S * PATIENCE, 'the agent was back after %.2f s' % took)
    check(both < (AGAIN_S + 1) * PATIENCE, 'pc-tui saw it after %.2f s' % both)


@scenario(timeout=60)
def a_password_that_is_mended_is_tried_at_once(stage):
    folder = certificates(stage)
    broker = tls_broker(stage, folder)
    mended(stage, folder, broker, lambda: login(stage, folder, broker, password='wrong'), 'login refused',
           lambda: login(stage, folder, broker))


@scenario(timeout=60)
def a_certificate_that_is_mended_is_tried_at_once(stage):
    folder = certificates(stage)
    broker = tls_broker(stage, folder)
    mended(stage, folder, broker, lambda: login(stage, folder, broker, cafile='other'), 'not trusted here',
           lambda: login(stage, folder, broker))


@scenario(timeout=60)
def a_configuration_that_is_mended_is_tried_at_once(stage):
    folder = certificates(stage)
    broker = tls_broker(stage, folder)

    def mend():
        for path in [stage.path(name) for name in os.listdir(stage.directory) if re.match('(pc|nano-agent-.*)[.]conf$', name)]:
            with open(path, encoding='utf-8') as f:
                text = f.read()
            with open(path + '.new', 'w', encoding='utf-8') as f:
                f.write(text.replace('other.example', 'broker.example'))
            os.rename(path + '.new', path)

    mended(stage, folder, broker, lambda: login(stage, folder, broker, name='other.example'), 'is not for other.example', mend)


def times_of_keys(terminal, keys=10):
    """Opens and closes help; the seconds that each key took until something was drawn."""
    took = []
    for turn in range(keys):
        terminal.read()
        mark = len(terminal.seen)
        before = time.monotonic()
        terminal.type(b'?' if turn % 2 == 0 else b'\x1b')
        while len(terminal.seen) == mark and time.monotonic() - before < 5:
            select.select([terminal.fd], [], [], 0.001)
            terminal.read()
        took.append(time.monotonic() - before)
        time.sleep(0.15)  # a lone Esc is told from a sequence by the time that follows
    return took


def keys_were_quick(took):
    """Whatever a key waits for, each one would, and for seconds."""
    check(sorted(took)[len(took) // 2] < KEY_S * PATIENCE and max(took) < LONGEST_KEY_S * PATIENCE,
          'keys took %s s' % ' '.join('%.3f' % t for t in took))


@scenario(timeout=60)
def keys_do_not_wait_for_a_handshake_that_stalls(stage):
    silent = socket.socket()
    silent.bind(('127.0.0.1', 0))
    silent.listen(64)  # the kernel accepts, and nobody answers
    folder = certificates(stage)
    terminal = Terminal(stage, [program('pc-tui'), '-h', 'mqtts://127.0.0.1:%d' % silent.getsockname()[1],
                                '--cafile', folder + '/ca.crt'])
    terminal.wait('connecting', 'the screen')
    took = times_of_keys(terminal, 20)
    terminal.wait('accepted', 'the trouble in words')
    keys_were_quick(took)
    silent.close()


@scenario(timeout=60)
def keys_do_not_wait_for_a_broker_that_stops_reading(stage):
    folder = certificates(stage)
    broker = tls_broker(stage, folder)
    text = login(stage, folder, broker)
    agent = stage.agent(None, config=text)
    said(agent, 'connected to', 'the agent is there')
    terminal = Terminal(stage, [program('pc-tui'), '-c', stage.write('pc.conf', text)])
    terminal.wait('tilt', 'the device')
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        took = times_of_keys(terminal, 8)
    finally:
        os.kill(broker.pid, signal.SIGCONT)
    keys_were_quick(took)


if __name__ == '__main__':
    harness.main()
