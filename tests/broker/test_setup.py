# SPDX-License-Identifier: MIT
"""setup and reset of pc-tui-broker: what it makes, that it can be done twice, and that nothing is half done."""
import glob
import os
import re
import signal
import socket
import time

import harness
from broker_rig import PROGRAM, Client, Kit, listens, mode, need_root, status_of
from harness import Skip, check, equal, scenario, tool, wait_for

FILES = ['acl', 'ca.crt', 'ca.key', 'mosquitto.conf', 'own.password', 'passwd', 'server.pem', 'settings']


def certificate(stage, path, *words):
    outcome = stage.run([tool('openssl'), 'x509', '-in', path, '-noout'] + list(words))
    equal(outcome.code, 0, 'openssl x509: %s' % outcome.err)
    return outcome.out


def years_until(stage, path):
    text = certificate(stage, path, '-enddate').strip().split('=')[1]
    return (time.mktime(time.strptime(text, '%b %d %H:%M:%S %Y %Z')) - time.time()) / 86400 / 365.25


def nothing_left(stage, kit):
    """No directory, nothing temporary beside it, and no broker of a trial."""
    check(not os.path.exists(kit.dir), 'a failed setup leaves no directory: %r' % glob.glob(kit.dir + '/*'))
    equal(glob.glob(stage.path('.pc-tui-broker.*')), [], 'temporary directories')
    wait_for(lambda: not listens(kit.tls_port), 'no broker of a trial is left')


@scenario
def setup_makes_a_broker_that_nobody_enters_without_a_login(stage):
    kit = Kit(stage)
    done = kit.setup()
    check(not listens(kit.tls_port), 'without a service nothing runs afterwards')
    kit.start(done)
    own = ('pc-tui-broker', kit.read('own.password').strip())
    for tls in (True, False):
        check(kit.enters(own, tls=tls), 'the own login comes in (tls %s)' % tls)
        check(not kit.enters(None, tls=tls), 'nobody without a login (tls %s)' % tls)
        check(not kit.enters((own[0], 'wrong'), tls=tls), 'nor with a wrong password (tls %s)' % tls)
    check(listens(kit.port, '::1') == (stage.run(['ip', 'address', 'show', 'dev', 'lo']).out.find('::1') >= 0), 'the plain port on ::1')
    # Plain MQTT on the TLS port, and TLS on the plain one.
    check(not kit.enters(own, tls=False, host='localhost') or kit.enters(own, tls=False), 'one answer for both')
    plain_on_tls = stage.run([tool('mosquitto_pub'), '-h', '127.0.0.1', '-p', str(kit.tls_port), '-u', own[0], '-P', own[1],
                              '-t', 'x', '-m', 'x'])
    check(plain_on_tls.code != 0, 'no login goes in clear over the TLS port: %r' % plain_on_tls)
    for old in ('tls1', 'tls1_1'):
        tried = stage.run([tool('openssl'), 's_client', '-connect', '127.0.0.1:%d' % kit.tls_port, '-' + old])
        check('Cipher is (NONE)' in tried.out or tried.code != 0, '%s is refused: %r' % (old, tried))


@scenario
def another_authority_and_another_name_are_refused(stage):
    kit, foreign = Kit(stage), Kit(stage, 'foreign')
    kit.start()
    foreign.setup()
    own = ('pc-tui-broker', kit.read('own.password').strip())
    check(kit.enters(own), 'with the right authority')
    outcome = kit.publish(own, 'x', 'x', ca=foreign.path('ca.crt'))
    check(outcome.code != 0 and 'TLS error' in outcome.err, 'with a foreign one: %r' % outcome)
    for name, right in (('pc-tui-broker', True), ('pc-tui-brokers', False), ('127.0.0.1', True), ('127.0.0.2', False)):
        check_name = ['-verify_ip' if name[0] == '1' else '-verify_hostname', name]
        outcome = stage.run([tool('openssl'), 's_client', '-connect', '127.0.0.1:%d' % kit.tls_port, '-CAfile', kit.path('ca.crt'),
                             '-purpose', 'sslserver', '-verify_return_error'] + check_name)
        equal(outcome.code == 0, right, 'as %s: %s' % (name, outcome.out[-300:]))


@scenario
def certificates_hold_from_1970_for_3_and_20_years(stage):
    kit = Kit(stage)
    kit.setup('--name', 'robots.example', '--name', '203.0.113.5', '--name', 'fd00::5')
    for name, years, ca in (('ca.crt', 20, True), ('server.pem', 3, False)):
        path = kit.path(name)
        equal(certificate(stage, path, '-startdate').strip(), 'notBefore=Jan  1 00:00:00 1970 GMT', name)
        check(abs(years_until(stage, path) - years) < 0.02, '%s: %g years' % (name, years_until(stage, path)))
        text = certificate(stage, path, '-text')
        check('NIST CURVE: P-256' in text and 'ecdsa-with-SHA256' in text, '%s is ECDSA P-256: %s' % (name, text))
        check(('CA:TRUE, pathlen:0' if ca else 'CA:FALSE') in text, '%s: %s' % (name, text))
        if not ca:
            check('TLS Web Server Authentication' in text, text)
    names = [row.strip() for row in certificate(stage, kit.path('server.pem'), '-ext', 'subjectAltName').splitlines()[1].split(',')]
    equal(names[:3], ['DNS:robots.example', 'IP Address:203.0.113.5', 'IP Address:FD00:0:0:0:0:0:0:5'], 'names as given, first')
    for name in ('DNS:localhost', 'DNS:' + socket.gethostname().split('.')[0], 'IP Address:127.0.0.1', 'IP Address:0:0:0:0:0:0:0:1'):
        check(any(row.startswith(name) for row in names), '%s in %r' % (name, names))
    # A clock at 1970 accepts them, and one in 30 years does not.
    for when, right in ((86400, True), (int(time.time()), True), (int(time.time()) + 30 * 31557600, False)):
        done = stage.run([tool('openssl'), 'verify', '-attime', str(when), '-purpose', 'sslserver', '-CAfile', kit.path('ca.crt'),
                          kit.path('server.pem')])
        equal(done.code == 0, right, 'at %d: %r' % (when, done))
    equal(kit.device('arm').name, 'robots.example', 'the name in a bundle')


@scenario
def files_are_read_by_their_owner_alone(stage):
    os.umask(0)
    kit = Kit(stage)
    kit.setup()
    equal(sorted(os.listdir(kit.dir)), FILES, 'the files')
    equal({name: mode(kit.path(name)) for name in FILES}, {name: '600' for name in FILES}, 'their permissions')
    equal(mode(kit.dir), '700', 'the directory')
    config = stage.path('config/pc-tui')
    equal({name: mode(os.path.join(config, name)) for name in os.listdir(config)},
          {'broker.conf': '600', 'password': '600', 'ca.crt': '600'}, "the operator's files")
    kit.run('add-device', 'arm', '-o', stage.path('arm.join'))
    equal(mode(stage.path('arm.join')), '600', 'a bundle')
    equal({name: mode(kit.path(name)) for name in FILES}, {name: '600' for name in FILES}, 'after a change')


@scenario
def a_directory_of_another_user_works_with_a_broker_that_root_starts(stage):
    need_root()
    kit = Kit(stage)
    os.mkdir(kit.dir, 0o700)
    os.chown(kit.dir, 65534, 65534)
    kit.start(kit.setup())
    with open('/proc/%d/status' % kit.broker.pid, encoding='ascii') as f:
        equal(re.search(r'^Uid:\s*(\d+)', f.read(), re.M).group(1), '65534', 'whose process the broker is')
    check(kit.enters(kit.device('arm').login), 'a device comes in')
    equal({os.stat(kit.path(name)).st_uid for name in FILES}, {65534}, 'whose files they are')


@scenario
def a_plain_user_needs_no_root(stage):
    need_root()
    home = stage.path('home')
    os.mkdir(home)
    os.chown(home, 65534, 65534)
    kit = Kit(stage, 'home/kit', ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'])
    env = {'HOME': home, 'XDG_CONFIG_HOME': home + '/config'}
    kit.start(kit.setup(env=env))
    kit.run('add-device', 'arm', '-o', home + '/arm.join')
    equal(os.stat(home + '/arm.join').st_uid, 65534, 'whose bundle it is')
    check('user = "operator-nobody"' in open(home + '/config/pc-tui/broker.conf', encoding='utf-8').read(), 'an operator')
    kit.run('status', env=env)


@scenario
def the_operator_of_this_computer_is_connected(stage):
    kit = Kit(stage)
    kit.start(kit.setup('--root', 'lab2/jetson'))
    with open(stage.path('config/pc-tui/broker.conf'), encoding='utf-8') as f:
        text = f.read()
    values = dict(re.findall(r'^\s*(\w+) = "?\{?"?([^"}]*)', text, re.M))
    equal(values['broker'], '127.0.0.1:%d' % kit.tls_port, text)
    equal((values['root'], values['name']), ('lab2/jetson', 'pc-tui-broker'), text)
    with open(values['password_file'], encoding='utf-8') as f:
        login = (values['user'], f.read().strip())
    check(kit.enters(login, ca=values['cafile']), 'with what stands there')
    client = Client(kit, login, ['lab2/jetson/status'])
    device = kit.device()
    kit.publish(device.login, 'lab2/jetson/status', status_of())
    client.hears('lab2/jetson/status', status_of())


@scenario
def without_a_plain_port_everything_goes_by_tls(stage):
    kit = Kit(stage)
    kit.port = 0
    kit.start()
    device = kit.device('arm')
    check(kit.enters(device.login), 'a device comes in')
    check('(plain)' not in kit.run('status').out, 'status knows of no plain port')
    kit.run('renew')
    kit.run('remove', 'arm')
    check(not kit.enters(device.login), 'and is out again')
    sockets = stage.run([tool('ss'), '-Hltnp']).out
    check(not re.search(r':1883 .*pid=%d\b' % kit.broker.pid, sockets), 'no other port is open: ' + sockets)


@scenario
def setup_twice_keeps_authority_and_logins(stage):
    kit = Kit(stage)
    kit.start(kit.setup('--root', 'lab', '--name', 'robots.example'))
    device = kit.device('arm')
    operator = stage.path('config/pc-tui/password')
    kept = {name: kit.read(name) for name in ('ca.crt', 'ca.key', 'server.pem')}
    with open(operator, encoding='utf-8') as f:
        password = f.read()
    client = Client(kit, device.login, ['lab/arm/control'])

    again = kit.run('setup')  # nothing is named: nothing changes
    equal({name: kit.read(name) for name in kept}, kept, 'authority and certificate')
    with open(operator, encoding='utf-8') as f:
        equal(f.read(), password, "the operator's password")
    check(kit.enters(device.login) and client.lost_at is None, 'a device stays connected')
    check('The broker runs' in again.out, again.out)
    check('user device-arm\ntopic read lab/control\n' in kit.read('acl'), kit.read('acl'))

    # Where the operator's file is gone, the login needs a new password; another computer may have the old one.
    os.rename(stage.path('config/pc-tui'), stage.path('config/away'))
    check('gets a new password' in kit.run('setup').out, 'a new password is not given in silence')

    # Another name comes first, the old one stays good; another root changes what each login may do.
    kit.run('setup', '--name', 'other.example', '--root', 'hall')
    for name in ('other.example', 'robots.example'):
        check('does match' in certificate(stage, kit.path('server.pem'), '-checkhost', name), name)
    check('topic read hall/control' in kit.read('acl') and 'lab' not in kit.read('acl'), kit.read('acl'))
    equal(kit.read('ca.crt'), kept['ca.crt'], 'the authority')
    equal(kit.device('leg').name, 'other.example', 'the name in a bundle')

    # A port cannot change under a running broker; it is said, and true after a restart.
    old_port, kit.tls_port = kit.tls_port, stage.port().number
    outcome = kit.setup()
    check('until it is started again' in outcome.out, outcome.out)
    check(listens(old_port) and not listens(kit.tls_port), 'the running broker has its old port')
    check('until it is started again' in kit.setup().out, 'a further setup says it too')
    said = kit.run('status', status=1).out
    check('!! the broker (process %d) has the old configuration' % kit.broker.pid in said, said)
    kit.broker.terminate()
    kit.start(outcome)
    kit.run('status')
    check(kit.enters(device.login), 'after its restart the device comes in by the new port')


@scenario
def setup_that_fails_changes_nothing(stage):
    kit = Kit(stage)
    with socket.socket() as other:  # somebody else has the port
        other.bind(('127.0.0.1', kit.tls_port))
        other.listen()
        outcome = kit.setup(status=1)
        check('Address already in use' in outcome.err, outcome.err)
    nothing_left(stage, kit)
    check(not os.path.exists(stage.path('config/pc-tui')), 'no file of the operator')
    for pattern, words in (('--root', ['--root', 'a b']), ('--root', ['--root', '+/x']), ('--root', ['--root', '/x']),
                           ('--listen', ['--listen', 'usb0']), ('--listen', ['--listen', '10.0.0.256']),
                           ('--name', ['--name', 'a_b']), ('--name', ['--name', '1.2.3.4.5']),
                           ('--firewall', ['--firewall', 'maybe']), ('--operator', ['--operator', 'no-such-user'])):
        kit.refused(pattern, 'setup', *words)
    kit.refused('--port', 'setup', '--port', '65536')
    kit.refused('--tls-port', 'setup', '--tls-port', '0')
    kit.refused('both', 'setup', '--port', '7000', '--tls-port', '7000')
    kit.refused('no such option', 'setup', '--ports', '1', status=2)
    kit.refused('does not take --yes', 'status', '--yes', status=2)
    kit.refused('nothing is set up', 'add-device', 'arm')
    nothing_left(stage, kit)

    # A second setup that fails leaves the first as it was.
    done = kit.setup()
    kit.start(done)
    device = kit.device('arm')
    before = {name: kit.read(name) for name in FILES}
    os.chmod(stage.path('config/pc-tui'), 0o500)
    if os.geteuid() != 0:
        kit.refused('cannot be written', 'setup', '--name', 'x.example')
    os.chmod(stage.path('config/pc-tui'), 0o700)
    os.rename(stage.path('config/pc-tui'), stage.path('away'))
    stage.write('config/pc-tui', 'a file where the directory should be')
    outcome = kit.run('setup', '--name', 'x.example', status=1)
    check('cannot be written' in outcome.err, outcome.err)
    equal({name: kit.read(name) for name in FILES}, before, 'the files')
    wait_for(lambda: kit.enters(device.login), 'the device comes in as before')


@scenario(timeout=240)
def setup_that_is_interrupted_leaves_all_or_nothing(stage):
    kit = Kit(stage)
    started = time.monotonic()
    kit.setup()
    whole = time.monotonic() - started
    outcomes = set()
    for again in (False, True):
        for step in range(5):
            if not again:
                kit.run('reset')
            process = stage.start('setup', [tool('dash'), PROGRAM, 'setup', '--port', str(kit.port), '--tls-port',
                                            str(kit.tls_port), '--dir', kit.dir, '--no-service'])
            time.sleep(whole * step / 5)
            process.signal(signal.SIGTERM)
            code = process.wait()
            outcomes.add(code)
            equal(glob.glob(stage.path('.pc-tui-broker.*')), [], 'temporary directories after step %d' % step)
            wait_for(lambda: not listens(kit.tls_port), 'no broker of a trial is left')
            # Interrupted at its very end, it has done all of it.
            if code == 0 or again or os.path.exists(kit.dir):
                equal(sorted(os.listdir(kit.dir)), FILES, 'all of it, after step %d (%d)' % (step, code))
                kit.start(kit.setup())
                kit.run('status')
                kit.broker.terminate()
            if not again and not os.path.exists(kit.dir):
                kit.setup()
    check(143 in outcomes, 'some of them were interrupted: %r' % outcomes)


@scenario
def what_is_missing_or_too_old_is_named_before_anything_changes(stage):
    kit = Kit(stage)
    tools = stage.path('bin')
    os.mkdir(tools)
    for name in os.listdir('/usr/bin'):
        if name not in ('openssl', 'mosquitto_pub', 'mosquitto_sub'):
            os.symlink(os.path.join('/usr/bin', name), os.path.join(tools, name))
    # The program adds /usr/sbin to its PATH, where mosquitto is; what is missing here is in /usr/bin.
    outcome = kit.refused('sudo apt install mosquitto-clients openssl', 'setup', env={'PATH': tools})
    check('missing here: mosquitto-clients openssl' in outcome.err, outcome.err)
    nothing_left(stage, kit)
    old = stage.path('old')
    os.mkdir(old)
    stage.write('old/mosquitto', '#!/bin/sh\necho "mosquitto version 1.4.15 (build date Tue, 18 Jun 2019 11:42:22 -0300)"\nexit 3\n')
    os.chmod(old + '/mosquitto', 0o755)
    kit.refused('1.4.15 is too old, 2.0 is needed.*ppa:mosquitto-dev', 'setup', env={'PATH': old + ':' + os.environ['PATH']})
    nothing_left(stage, kit)


@scenario
def reset_takes_everything_back(stage):
    kit = Kit(stage)
    os.makedirs(stage.path('config/pc-tui'))
    stage.write('config/pc-tui/broker.conf', 'broker = {"mine"}\n')
    stage.write('config/pc-tui/pc-tui.conf', 'ttl = "2s"\n')
    kit.start(kit.setup())
    with open(stage.path('config/pc-tui/broker.conf.saved'), encoding='utf-8') as f:
        equal(f.read(), 'broker = {"mine"}\n', 'the file of somebody else is kept')
    kit.device('arm')
    authority = kit.read('ca.crt')
    kit.run('setup')
    outcome = kit.run('reset')
    check('kill %d' % kit.broker.pid in outcome.out, 'which broker still runs: ' + outcome.out)
    kit.broker.terminate()
    check(not os.path.exists(kit.dir) or os.listdir(kit.dir) == [], 'nothing is left: %r' % outcome.out)
    equal(sorted(os.listdir(stage.path('config/pc-tui'))), ['broker.conf', 'pc-tui.conf'], "the operator's files")
    with open(stage.path('config/pc-tui/broker.conf'), encoding='utf-8') as f:
        equal(f.read(), 'broker = {"mine"}\n', 'the file of somebody else is back')
    kit.setup()
    check(kit.read('ca.crt') != authority, 'a new authority')
    equal(kit.read('passwd').count('\n'), 2, 'logins: the own one and the operator')


@scenario
def a_directory_with_foreign_files_is_left_alone(stage):
    kit = Kit(stage)
    os.mkdir(kit.dir)
    stage.write('kit/mosquitto.conf', 'listener 1883\n')
    kit.refused('did not make', 'setup')
    equal(kit.read('mosquitto.conf'), 'listener 1883\n', 'the foreign file')


@scenario
def no_password_becomes_an_argument_of_a_program(stage):
    strace = tool('strace')
    kit = Kit(stage)
    kit.start(kit.setup())
    log = stage.path('strace')
    done = stage.run([strace, '-f', '-s', '4096', '-e', 'trace=execve', '-o', log, tool('dash'), PROGRAM, 'add-device', 'arm', '-o',
                      stage.path('arm.join'), '--dir', kit.dir, '--no-service'], deadline=30)
    if done.code and 'ptrace' in done.err:
        raise Skip('strace may not look at processes here')
    equal(done.code, 0, 'add-device: %r' % done)
    with open(log, encoding='utf-8', errors='replace') as f:
        calls = f.read()
    check(calls.count('execve(') > 5, 'strace has seen programs')
    with open(stage.path('arm.join'), encoding='utf-8') as f:
        device = re.search(r'\[password\]\n(\w+)', f.read()).group(1)
    for secret in (device, kit.read('own.password').strip()):
        check(secret not in calls, 'a password in the arguments of a program')


if __name__ == '__main__':
    harness.main()
