# SPDX-License-Identifier: MIT
"""renew and status: a certificate that changes under everybody's feet, and what is said of a broker that is not well."""
import os
import re

import harness
from broker_rig import Client, Kit, mode, short_certificate
from harness import Failure, check, equal, scenario, tool, wait_for


def fingerprint(stage, path):
    done = stage.run([tool('openssl'), 'x509', '-in', path, '-noout', '-fingerprint', '-sha256'])
    equal(done.code, 0, 'openssl x509: %r' % done)
    return done.out


def served(stage, kit):
    done = stage.run([tool('openssl'), 's_client', '-connect', '127.0.0.1:%d' % kit.tls_port, '-CAfile', kit.path('ca.crt')])
    match = re.search('-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n', done.out, re.S)
    if not match:
        raise Failure('no certificate is served: %r' % done)
    return fingerprint(stage, stage.write('served.pem', match.group()))


def findings(kit, status):
    """The lines of status that say what is wrong, each with what mends it."""
    lines = kit.run('status', status=status).out.splitlines()
    wrong = []
    for number, line in enumerate(lines):
        if line.startswith('!! '):
            check(lines[number + 1].startswith('    mend: '), 'a finding says what mends it: %r' % lines)
            wrong.append(line[3:])
        else:
            check(line.startswith(('ok ', '    mend: ')), 'a line of status: %r' % line)
    return wrong


@scenario
def renew_changes_the_certificate_and_nobody_notices(stage):
    kit = Kit(stage)
    kit.start()
    device, bob = kit.device('arm'), kit.add('add-operator', 'bob')
    client = Client(kit, device.login, ['jetson/arm/control'])
    authority, old = kit.read('ca.crt'), served(stage, kit)
    kit.run('renew')
    new = served(stage, kit)
    check(new != old and new == fingerprint(stage, kit.path('server.pem')), 'the broker shows the new certificate')
    equal(kit.read('ca.crt'), authority, 'the authority')
    equal(mode(kit.path('server.pem')), '600', 'its permissions')
    kit.publish(bob.login, 'jetson/arm/control', 'still here')
    client.hears('jetson/arm/control', 'still here')
    check(client.lost_at is None, 'who is connected stays connected')
    check(kit.enters(device.login), 'who comes anew comes in')


@scenario
def renew_if_needed_knows_when(stage):
    kit = Kit(stage)
    kit.start()
    old = served(stage, kit)
    check('nothing to do' in kit.run('renew', '--if-needed').out, 'a fresh certificate stays')
    equal(served(stage, kit), old, 'the certificate')
    short_certificate(stage, kit, 89)
    kit.run('renew', '--if-needed')
    check(served(stage, kit) not in (old, fingerprint(stage, stage.path('short.crt'))), 'one of 89 days is renewed')
    kit.broker.terminate()
    short_certificate(stage, kit, 100)  # and lacks the names of this computer
    kit.run('renew', '--if-needed')
    check(fingerprint(stage, kit.path('server.pem')) != fingerprint(stage, stage.path('short.crt')), 'one without an address is renewed')
    kit.start(kit.run('setup'))
    check(kit.enters(kit.device('arm').login), 'and a broker that starts with it works')


@scenario
def a_client_with_an_expired_certificate_before_it_stays_out(stage):
    kit = Kit(stage)
    kit.setup()
    short_certificate(stage, kit, -1)
    broker = stage.start('mosquitto', [tool('mosquitto'), '-c', kit.path('mosquitto.conf')])
    wait_for(lambda: 'running' in broker.err(), 'mosquitto starts')
    own = ('pc-tui-broker', kit.read('own.password').strip())
    check(not kit.enters(own) and kit.enters(own, tls=False), 'by TLS nobody comes in, and without it is only this computer')
    wrong = findings(kit, 1)
    check(any('ended on' in line for line in wrong) and any('(tls' in line for line in wrong), 'status: %r' % wrong)
    kit.run('renew')
    check(kit.enters(own), 'renew mends it')
    equal(findings(kit, 0), [], 'what is wrong afterwards')


@scenario
def status_says_what_is_wrong(stage):
    kit = Kit(stage)
    kit.refused('nothing is set up', 'status')
    kit.start()
    kit.device('arm')
    outcome = kit.run('status')
    check('device-arm' in outcome.out and re.search(r'holds until 20\d\d-\d\d-\d\d \(109\d days\)', outcome.out), outcome.out)
    short_certificate(stage, kit, 29)
    check(any('only: 2' in line for line in findings(kit, 1)), 'a certificate that ends soon')
    short_certificate(stage, kit, 40)
    equal(findings(kit, 0), [], 'one that ends later')
    os.chmod(kit.path('ca.key'), 0o644)
    os.chmod(kit.path('passwd'), 0o644)
    check([line.split('/')[-1] for line in findings(kit, 1)] == ['ca.key', 'passwd'], 'files that others may read')
    os.chmod(kit.path('ca.key'), 0o600)
    os.chmod(kit.path('passwd'), 0o600)
    kit.broker.terminate()
    equal(findings(kit, 1), ['the broker does not run'], 'no broker')
    os.remove(kit.path('acl'))
    check(any('acl is missing' in line for line in findings(kit, 1)), 'a missing file')


@scenario
def a_broker_that_lets_everybody_in_is_found_out(stage):
    kit = Kit(stage)
    kit.setup()
    with open(kit.path('mosquitto.conf'), encoding='utf-8') as f:
        text = f.read().replace('allow_anonymous false', 'allow_anonymous true')
    broker = stage.start('mosquitto', [tool('mosquitto'), '-c', stage.write('open.conf', text)])
    os.chmod(stage.path('open.conf'), 0o644)
    wait_for(lambda: 'running' in broker.err(), 'mosquitto starts')
    equal(findings(kit, 1), ['the broker lets in who has no login'], 'status')


if __name__ == '__main__':
    harness.main()
